"""`ownstack learn data`: exactly what would be learned from, and what is left out and why."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from ownstack.learning.data.passages import Dataset


def run(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import choosing
    from ownstack.learning.data import jsonl
    from ownstack.learning.run_parts import collect
    from ownstack.paths import Home

    root = choosing.project(arguments.folder, force=arguments.force)
    dataset = collect(root, Home.default())
    if arguments.export is not None:
        _write(dataset, arguments.export)
    if arguments.json:
        exported = None if arguments.export is None else str(arguments.export)
        print_json({**jsonl.summary(dataset), "exported": exported})
        return 0
    _print(dataset)
    if arguments.export is not None:
        say()
        say(f"It is in {arguments.export}: what is learned from, and what is judged by.")
    return 0


def _write(dataset: Dataset, file: Path) -> None:
    from ownstack.errors import FileError, in_words
    from ownstack.learning.data import jsonl

    hint = "Give another name, such as data.jsonl."
    if file.exists() and not file.is_file():
        raise FileError(f"{file} is no regular file.", hint)
    try:
        jsonl.write(dataset, file)
    except OSError as error:
        raise FileError(f"{file} cannot be written: {in_words(error)}.", hint) from error


def _print(dataset: Dataset) -> None:
    say(f"Of {dataset.project} would be learned:")
    say()
    if dataset.passages:
        print_table(("LANGUAGE", "FILES", "LINES", "OF THESE FILLED IN"), _languages(dataset))
    else:
        say("  no file")
    kinds = Counter(exchange.origin for exchange in dataset.exchanges)
    for origin, count in sorted(kinds.items()):
        say(f"{count:,} of the kind {origin}, accepted or decided")
    lines = sum(len(held.lines) for held in dataset.held_out)
    say()
    say(f"It would be judged by {lines:,} lines of {len(dataset.held_out):,} files.")
    if dataset.left:
        say()
        say("Left out:")
        rows = [
            (f"{left.files:,}", f"{left.lines:,}", f"{left.characters:,}", reason)
            for reason, left in sorted(dataset.left.items(), key=lambda each: -each[1].characters)
        ]
        print_table(("FILES", "LINES", "CHARACTERS", "WHY"), rows)


def _languages(dataset: Dataset) -> list[tuple[str, ...]]:
    files, lines, counted = Counter[str](), Counter[str](), Counter[str]()
    for passage in dataset.passages:
        files[passage.language] += 1
        lines[passage.language] += len(passage.weights)
        counted[passage.language] += sum(weight > 0 for weight in passage.weights)
    rows: list[tuple[Any, ...]] = [
        (language, files[language], n, counted[language]) for language, n in lines.most_common()
    ]
    return [(language, *(f"{n:,}" for n in numbers)) for language, *numbers in rows]
