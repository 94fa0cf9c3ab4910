"""A dataset as a file: exactly what a trainer reads, one JSON object a line, for people too."""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from ownstack.files.writing import write_whole
from ownstack.learning.data.passages import (
    Dataset,
    Exchange,
    HeldOut,
    HoldOut,
    Left,
    Origin,
    Passage,
)

VERSION = 1
MAX_BYTES = 512 * 1024 * 1024
MAX_WEIGHT = 1e6


def write(dataset: Dataset, file: Path) -> None:
    """Write a dataset, whole or not at all, so that only this user can read it.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(file, b"".join(map(_line, _records(dataset))), is_private=True, is_lasting=True)


def read(file: Path) -> Dataset:
    """Read what `write` wrote.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no dataset; what is wrong with it.
    """
    passages, exchanges, held_out = list[Passage](), list[Exchange](), list[HeldOut]()
    with open(file, "rb") as stream:
        if os.fstat(stream.fileno()).st_size > MAX_BYTES:
            raise ValueError("it is larger than any dataset")
        lines = iter(stream)
        head = _object(next(lines, b""), 1)
        if head.get("kind") != "dataset" or head.get("version") != VERSION:
            raise ValueError("it is no dataset, or one of another version")
        for number, line in enumerate(lines, 2):
            record = _object(line, number)
            try:
                match record.get("kind"):
                    case "passage":
                        passages.append(_passage(record))
                    case "exchange":
                        exchanges.append(_exchange(record))
                    case "held_out":
                        held_out.append(_held_out(record))
                    case _:
                        raise ValueError("its kind is unknown")
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"line {number} is damaged: {error}") from error
    counts = (len(passages), len(exchanges), len(held_out))
    try:
        expected = tuple(head[name] for name in ("passages", "exchanges", "held_out"))
        left = {str(reason): Left(**found) for reason, found in head["left"].items()}
        project, newest = str(head["project"]), float(head["newest"])
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ValueError(f"its first line is damaged: {error}") from error
    if counts != expected:
        raise ValueError(f"it holds {counts} of {expected} records: it was cut off")
    return Dataset(project, tuple(passages), tuple(exchanges), tuple(held_out), left, newest)


def summary(dataset: Dataset) -> dict[str, Any]:
    """Return what there is of each kind, and what was left out: the first line of the file."""
    by_language = Counter[str]()
    for passage in dataset.passages:
        by_language[passage.language] += len(passage.weights)
    return {
        "kind": "dataset",
        "version": VERSION,
        "project": dataset.project,
        "newest": dataset.newest,
        "passages": len(dataset.passages),
        "exchanges": len(dataset.exchanges),
        "held_out": len(dataset.held_out),
        "lines": sum(by_language.values()),
        "characters": sum(len(passage.text) for passage in dataset.passages),
        "languages": dict(by_language.most_common()),
        "left": {reason: asdict(left) for reason, left in dataset.left.items()},
    }


def _records(dataset: Dataset) -> Iterator[Mapping[str, Any]]:
    yield summary(dataset)
    for passage in dataset.passages:
        runs = itertools.groupby(passage.weights)
        weights = [[len(list(run)), weight] for weight, run in runs]
        yield {"kind": "passage", **asdict(passage), "weights": weights}
    for exchange in dataset.exchanges:
        yield {"kind": "exchange", **asdict(exchange)}
    for held in dataset.held_out:
        yield {"kind": "held_out", **asdict(held)}


def _line(record: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except UnicodeEncodeError:  # A name that is no text on this system.
        return json.dumps(record, allow_nan=False).encode() + b"\n"


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number} is no JSON: {error}") from error
    if not isinstance(record, dict):
        raise ValueError(f"line {number} is no object")
    return record


def _passage(record: Mapping[str, Any]) -> Passage:
    text = _text(record, "text")
    n_lines, weights = text.count("\n") + 1, list[float]()
    for count, weight in record["weights"]:
        if type(count) is not int or not 0 < count <= n_lines - len(weights):
            raise ValueError("it has more weights than lines")
        weights += [_number(weight)] * count
    if len(weights) != n_lines:
        raise ValueError("it has fewer weights than lines")
    return Passage(_text(record, "path"), _text(record, "language"), text, tuple(weights))


def _exchange(record: Mapping[str, Any]) -> Exchange:
    request, answer, source = (_text(record, name) for name in ("request", "answer", "source"))
    origin: Origin = record["origin"]
    if origin not in get_args(Origin):
        raise ValueError("its origin is unknown")
    return Exchange(request, answer, origin, source, _number(record["weight"]))


def _held_out(record: Mapping[str, Any]) -> HeldOut:
    path, language, text = (_text(record, name) for name in ("path", "language", "text"))
    by: HoldOut = record["by"]
    if by not in get_args(HoldOut):
        raise ValueError("by what it is held out is unknown")
    lines = tuple(record["lines"])
    if not all(type(line) is int and 0 <= line <= text.count("\n") for line in lines):
        raise ValueError("a line of it is none")
    return HeldOut(path, language, text, lines, by)


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= MAX_WEIGHT:
        raise ValueError("a weight is no number")
    return float(value)
