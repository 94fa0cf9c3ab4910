"""How commands print: JSON for programs, tables and lines for people.

Nothing else in `cli/` prints: here, what files and models are called and hold is made visible
before a terminal obeys it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ownstack.settings import camel
from ownstack.terminal import safe_json, visible, visible_lines

_COLOURS = {"+": "32", "-": "31", "@": "36"}
"""Of a diff's lines, by the first letter."""


def print_json(value: Any) -> None:
    """Print a value of ours as JSON, with the names it has on the wire."""
    print(safe_json(json.dumps(_plain(value), indent=2, ensure_ascii=False)))


def say(line: str = "") -> None:
    """Print one line."""
    print(visible(line))


def say_lines(text: str) -> None:
    """Print a text of several lines."""
    print(visible_lines(text))


def print_diff(diff: str) -> None:
    """Print a diff; on a terminal with what is new in green and what is gone in red."""
    lines = visible_lines(diff.rstrip("\n")).split("\n")
    if sys.stdout is None or not sys.stdout.isatty():
        print("\n".join(lines))
        return
    for line in lines:
        colour = _COLOURS.get(line[:1], "")
        print(f"\x1b[{colour}m{line}\x1b[0m" if colour else line)


class Stream:
    """A text that is printed while it comes. What is said aside is dim, and on terminals only."""

    def __init__(self) -> None:
        self._terminal = sys.stdout is not None and sys.stdout.isatty()
        self._aside = False
        self._half = ""
        self._at_start = True

    def write(self, text: str, *, aside: bool = False) -> None:
        """Print a piece."""
        if aside and not self._terminal:
            return
        if aside != self._aside and not self._at_start:
            self._print("\n\n")
        self._aside = aside
        # The other half of a line's end may be in the next piece.
        text = self._half + text
        self._half = "\r" if text.endswith("\r") else ""
        self._print(visible_lines(text.removesuffix("\r")))

    def note(self, line: str) -> None:
        """Print one dim line of its own beside the text; where it is no terminal, on stderr."""
        if not self._terminal:
            say_meanwhile(line)
            return
        self._print(visible(self._half))
        start = "" if self._at_start else "\n"
        print(f"{start}\x1b[2m{visible(line)}\x1b[0m", flush=True)
        self._half, self._at_start = "", True

    def end(self) -> None:
        """Print the end of the last line."""
        self._print(visible(self._half))
        if not self._at_start:
            print()

    def _print(self, text: str) -> None:
        if not text:
            return
        self._at_start = False
        if self._aside:
            text = f"\x1b[2m{text}\x1b[0m"
        print(text, end="", flush=True)


def warn(line: str) -> None:
    """Print what is wrong, as one line on stderr."""
    print(f"ownstack: {visible(line)}", file=sys.stderr)


def say_meanwhile(line: str) -> None:
    """Print how far something is, as one line on stderr."""
    print(visible(line), file=sys.stderr)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as wide as their widest cell; the last one runs on."""
    table = [[visible(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings) - 1)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]).rstrip())


def place_in(path: str, cell: int | None, lines: object) -> str:
    """Return where something is, as it is shown; `cell`: of a notebook, else None."""
    return f"{path}:{lines}" if cell is None else f"{path}:cell {cell}:{lines}"


def in_cell(cell: int | None) -> dict[str, int]:
    """Return what JSON for programs says of a notebook's cell; nothing of other files."""
    return {} if cell is None else {"cell": cell}


def human_bytes(size: int) -> str:
    """Return a size such as "4.1 GB"."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == "B" else f"{value:.1f} {units[0]}"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            camel(item.name): _plain(getattr(value, item.name))
            for item in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
