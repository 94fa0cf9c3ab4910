"""Where in a file something is, as editors number its lines: a notebook's by cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ownstack.files.notebook.text import is_notebook
from ownstack.index.snapshot.answers import StoredSymbol
from ownstack.index.snapshot.snapshot import Snapshot


def shown(snapshot: Snapshot, path: str, line: int) -> tuple[int | None, int] | None:
    """Return a line as editors number it: a notebook's by the cell that it stands in.

    Both are 1-based, the first is None of other files. None of a notebook that has changed.
    """
    if not is_notebook(path):
        return None, line
    cells = snapshot.cells(path)
    return None if cells is None else cells.place(line)


@dataclass(frozen=True, slots=True)
class Located:
    """A symbol, with its lines as editors number them."""

    symbol: StoredSymbol
    cell: int | None
    """Of a notebook: the cell that the lines are counted in, 1-based."""
    start_line: int
    end_line: int
    name_line: int


def located(snapshot: Snapshot, symbols: Iterable[StoredSymbol]) -> list[Located]:
    """Return symbols with their places; those of notebooks that have changed are left out."""
    found = list[Located]()
    for symbol in symbols:
        place = shown(snapshot, symbol.path, symbol.start_line)
        if place is not None:
            cell, start = place
            down = start - symbol.start_line
            found.append(
                Located(symbol, cell, start, symbol.end_line + down, symbol.name_line + down)
            )
    return found
