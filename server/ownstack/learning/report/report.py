"""What is told of one adapter: its record, how it was trained, and what it learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ownstack.files.opening import read_regular
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.data.passages import Left
from ownstack.learning.report.progress import Step, read_progress
from ownstack.learning.training.plan import DATASET, PROGRESS

MAX_HEAD_BYTES = 1_048_576
MAX_ROWS = 100
"""Of a table."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there was to learn from, and what was left out (reason → how much)."""

    files: int
    lines: int
    characters: int
    exchanges: int
    held_out: int
    """Files that it is judged by."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language → lines."""
    left: Mapping[str, Left] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """One adapter, and what is still known of how it came about."""

    record: AdapterRecord
    steps: tuple[Step, ...] = ()
    counts: Counts | None = None


def gather(record: AdapterRecord, run: Path | None = None) -> Report:
    """Return what is known of an adapter.

    `run`: the folder in which it was trained, or the adapter's own, where the curve and the
    counts are left. What is missing or damaged in it is left out of the report.
    """
    if run is None:
        return Report(record)
    return Report(record, read_progress(run / PROGRESS), read_counts(run / DATASET))


def read_counts(dataset: Path) -> Counts | None:
    """Return what the first line of a dataset's file says; None if it says nothing."""
    try:
        head = json.loads(read_regular(dataset, MAX_HEAD_BYTES)[0].partition(b"\n")[0])
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(head, dict) or head.get("kind") != "dataset":
        return None
    languages, left = head.get("languages"), head.get("left")
    return Counts(
        files=_count(head.get("passages")),
        lines=_count(head.get("lines")),
        characters=_count(head.get("characters")),
        exchanges=_count(head.get("exchanges")),
        held_out=_count(head.get("held_out")),
        languages={name: _count(lines) for name, lines in _first(languages)},
        left={reason: _left(found) for reason, found in _first(left)},
    )


def _first(raw: Any) -> list[tuple[str, Any]]:
    return list(raw.items())[:MAX_ROWS] if isinstance(raw, dict) else []


def _left(found: Any) -> Left:
    told = found if isinstance(found, dict) else {}
    files, lines, characters = (_count(told.get(n)) for n in ("files", "lines", "characters"))
    return Left(files, lines, characters)


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 10**15 else 0
