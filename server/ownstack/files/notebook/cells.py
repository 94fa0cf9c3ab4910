"""What the file of a notebook holds: cells with their languages, and where they stand in it.

The file is walked, not loaded: the outputs of a cell, which are nearly all of it, are forgotten
before the next one is read. Both formats that are in use (`nbformat` 3 and 4) are read.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ownstack.files.notebook.json_walk import JsonWalk, TooMuchError
from ownstack.files.notebook.text import (
    MARKDOWN,
    MAX_FILE_BYTES,
    MAX_TEXT_CHARS,
    RAW,
    Cell,
    NotebookError,
    language_in_cell,
    language_name,
    rendered,
    too_long,
)
from ownstack.files.opening import read_regular

log = logging.getLogger(__name__)

MAX_CELLS = 10_000
MAX_PIECES = 200_000
"""Of a cell's source; a piece is mostly a line."""
_NO_CELLS = "It is no notebook: it holds no cells."
_OF_NOTEBOOK = (
    ("language_info", "name"),
    ("kernelspec", "language"),
    ("language_info", "file_extension"),
)
"""What of the metadata may say the language; the first that says something counts."""
_OF_CELL = (
    ("vscode", "languageId"),
    ("polyglot_notebook", "kernelName"),
    ("dotnet_interactive", "language"),
)


def notebook_text(file: str) -> str:
    """Return what a notebook's file says, as a text made of its cells.

    Raises:
        NotebookError: it is none.
    """
    return rendered(cells_of_file(file))


def lines_in_file(
    folder: Path | str, path: str, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """Return the lines of a notebook's file in which lines of its cells stand.

    Of cells and lines that it does not hold (any more) nothing is told. Never raises. All numbers
    are 1-based.
    """
    try:
        data, _ = read_regular(os.path.join(folder, path), MAX_FILE_BYTES)
        file = data.decode("utf-8-sig", "replace")
        cells = {cell.number: cell for cell in cells_of_file(file)}
    except (OSError, ValueError) as error:
        log.debug("no lines of %s: %s", path, error)
        return {}
    found: dict[tuple[int, int], int] = {}
    for number, line in places:
        pieces = cells[number].places if number in cells else ()
        begun = [at for row, at in pieces if row < line]
        if begun:
            found[number, line] = file.count("\n", 0, begun[-1]) + 1
    return found


def cells_of_file(file: str) -> list[Cell]:
    """Return the cells of code and prose that a notebook's file holds.

    Raises:
        NotebookError: it is none.
    """
    try:
        return _cells(JsonWalk(file))
    except NotebookError:
        raise
    except TooMuchError as error:
        raise NotebookError("This notebook holds too much to be read.") from error
    except ValueError as error:
        raise NotebookError("It is no notebook: it is not JSON.") from error


Metadata = dict[tuple[str, str], str]
"""What is known of a notebook, or of a cell, by two names: `("language_info", "name")`, say."""


@dataclass(slots=True)
class _Raw:
    """A cell as its file has it."""

    kind: str | None = None
    metadata: Metadata = field(default_factory=dict)
    language: str | None = None
    source: str = ""
    places: tuple[tuple[int, int], ...] = ()


def _cells(walk: JsonWalk) -> list[Cell]:
    raw: list[_Raw] | None = None
    metadata: Metadata = {}
    if walk.peek() != "{":
        raise NotebookError(_NO_CELLS)
    for key in walk.members():
        if key == "metadata":
            metadata = _metadata(walk, _OF_NOTEBOOK)
        elif key == "cells" and walk.peek() == "[":
            raw = list(_raw_cells(walk))
        elif key == "worksheets" and walk.peek() == "[":
            raw = list(_worksheets(walk))
        else:
            walk.skip()
    walk.end()
    if raw is None:
        raise NotebookError(_NO_CELLS)
    # A notebook that was never run says nothing; editors take it for Python.
    usual = language_name(*map(metadata.get, _OF_NOTEBOOK)) or "python"
    numbered = ((number, cell, _language(cell, usual)) for number, cell in enumerate(raw, 1))
    return [
        Cell(number, name, cell.source, 0, cell.places) for number, cell, name in numbered if name
    ]


def _language(raw: _Raw, usual: str) -> str:
    """Return the language of a cell, "" if it is neither code nor prose."""
    if raw.kind in ("markdown", "heading"):
        return MARKDOWN
    if raw.kind != "code":
        return ""
    own = (*map(raw.metadata.get, _OF_CELL), raw.language)
    language = language_name(*own) or usual
    return "" if language == RAW else language_in_cell(language, raw.source)


def _metadata(walk: JsonWalk, wanted: Sequence[tuple[str, str]]) -> Metadata:
    """Read what is wanted; the rest may be large (the state of widgets, say)."""
    found: Metadata = {}
    outer = {name for name, _ in wanted}
    if walk.peek() != "{":
        walk.skip()
        return found
    for name in walk.members():
        if name not in outer or walk.peek() != "{":
            walk.skip()
            continue
        for inner in walk.members():
            if (name, inner) in wanted and (value := walk.string()) is not None:
                found[name, inner] = value
            elif (name, inner) not in wanted:
                walk.skip()
    return found


def _worksheets(walk: JsonWalk) -> Iterator[_Raw]:
    """Yield the cells of an older notebook (`nbformat` 3)."""
    for _ in walk.items():
        if walk.peek() != "{":
            walk.skip()
            continue
        for key in walk.members():
            if key == "cells" and walk.peek() == "[":
                yield from _raw_cells(walk)
            else:
                walk.skip()


def _raw_cells(walk: JsonWalk) -> Iterator[_Raw]:
    left = MAX_TEXT_CHARS
    for number, _ in enumerate(walk.items()):
        if number >= MAX_CELLS:
            raise NotebookError(f"This notebook holds more than {MAX_CELLS:,} cells.")
        raw = _Raw()
        if walk.peek() != "{":
            walk.skip()
            yield raw
            continue
        for key in walk.members():
            if key in ("source", "input"):
                raw.source, raw.places = _source(walk, left)
            elif key == "cell_type":
                raw.kind = walk.string()
            elif key == "metadata":
                raw.metadata = _metadata(walk, _OF_CELL)
            elif key == "language":
                raw.language = walk.string()
            else:
                walk.skip()
        left -= len(raw.source)
        yield raw


def _source(walk: JsonWalk, max_chars: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Read a cell's source, one string or a list of them, and where its pieces begin."""
    if walk.peek() != "[":
        place, value = walk.at, walk.string()
        return ("", ()) if value is None else (value, ((0, place),))
    pieces, places, n_lines = list[str](), list[tuple[int, int]](), 0
    for _ in walk.items():
        walk.peek()
        place, value = walk.at, walk.string()
        if value is None:
            continue
        pieces.append(value)
        places.append((n_lines, place))
        n_lines += value.count("\n")
        max_chars -= len(value)
        if max_chars < 0 or len(pieces) > MAX_PIECES:
            raise too_long()
    return "".join(pieces), tuple(places)
