r"""Notebooks (`.ipynb`), read as a text made of their cells: code and prose, never what it put out.

In that text a line of its own stands before each cell, a mark that begins with U+001E and tells
the cell's number and language; no cell holds that character. So everything that is known of a
notebook by lines of its text can be told by cells (`cells_in`), as editors show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ownstack.files.notebook.magics import inner_language
from ownstack.languages import language_of

SUFFIX = ".ipynb"
MAX_FILE_BYTES = 16 * 1024 * 1024
"""With its outputs; a larger one is left out. Reading that much takes some tenths of a second."""
MAX_TEXT_CHARS = 2 * 1024 * 1024
"""Of all cells together."""
MAX_LINE_CHARS = 10_000
"""A longer line of a cell is data, such as a picture in prose; it counts as an empty one."""
MARK = "\x1e"
MARKDOWN = "markdown"
RAW = "raw"
"""What editors call cells that are for another program, to which they are handed as they are."""

_MARK_LINE = re.compile(rf"^{MARK}(\d+) (\S*)$", re.M)
_UNFIT = re.compile(f"[{MARK}\0\ud800-\udfff]")
_NO_NAME = re.compile(r"[^\w+#.-]")
_ALIASES = {
    **dict.fromkeys(("ipython", "ipython3", "sage"), "python"),
    **dict.fromkeys(("bash", "sh", "zsh"), "shellscript"),
    "c++": "cpp",
    "c#": "csharp",
}


class NotebookError(ValueError):
    """It is no notebook that can be read; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that holds code or prose."""

    number: int
    """Its place among all cells of the notebook, as an editor counts: the first is 1."""
    language: str
    """An id of `languages.toml`, else what the notebook calls it; "markdown" for prose."""
    source: str
    first_row: int = 0
    """Where its first line is in the notebook's text, 0-based."""
    places: tuple[tuple[int, int], ...] = ()
    """(its line, character of the file): where the pieces begin that the file holds of it."""

    @property
    def n_rows(self) -> int:
        return self.source.count("\n") + 1


def is_notebook(path: str) -> bool:
    """Say whether a file of this name is read cell by cell."""
    return path[-len(SUFFIX) :].lower() == SUFFIX


def code_path(path: str, language: str) -> str:
    """Return the path that a file of a notebook's code would have: a model is shown no JSON."""
    if not is_notebook(path):
        return path
    known = language_of(language, "")
    extension = known.extensions[0] if known is not None and known.extensions else "py"
    return f"{path[: -len(SUFFIX)]}.{extension}"


def max_file_bytes(path: str, limit: int) -> int:
    """Return how large a file may be, if `limit` is what a file of text alone may have."""
    return max(limit, MAX_FILE_BYTES) if is_notebook(path) else limit


def rendered(cells: Iterable[Cell]) -> str:
    """Return cells as one text, each behind its mark.

    Raises:
        NotebookError: it is too long.
    """
    lines, left = list[str](), MAX_TEXT_CHARS
    for cell in cells:
        left -= len(cell.source)
        if left < 0:
            raise too_long()
        lines += (f"{MARK}{cell.number} {cell.language}", fit(cell.source))
    return "\n".join(lines)


def too_long() -> NotebookError:
    """Return what is raised of a notebook whose cells hold too much text."""
    limit = f"{MAX_TEXT_CHARS / 1e6:,.1f} million characters"
    return NotebookError(f"The cells of this notebook hold too much text (more than {limit}).")


def fit(source: str) -> str:
    """Return a cell's source as it may stand in a text; its lines stay as many."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    source = _UNFIT.sub("\ufffd", source)
    if len(source) <= MAX_LINE_CHARS:
        return source
    lines = source.split("\n")
    return "\n".join("" if len(line) > MAX_LINE_CHARS else line for line in lines)


def cells_in(text: str) -> list[Cell]:
    """Return the cells that a notebook's text is made of."""
    marks = list(_MARK_LINE.finditer(text))
    cells, row, at = list[Cell](), 0, 0
    for mark, end in zip(
        marks, [*(mark.start() - 1 for mark in marks[1:]), len(text)], strict=True
    ):
        source = text[mark.end() + 1 : end]
        row, at = row + text.count("\n", at, mark.start()), mark.start()
        cells.append(Cell(int(mark[1]), mark[2], source, row + 1))
    return cells


def without_marks(text: str) -> str:
    """Return a notebook's text with empty lines where the marks were."""
    return _MARK_LINE.sub("", text)


def language_name(*names: Any) -> str:
    """Return how a language is called here, by the first of some names that says something."""
    for name in names:
        if not isinstance(name, str) or not name.strip():
            continue
        plain = _NO_NAME.sub("", name.lower())[:40]
        known = language_of(_ALIASES.get(plain, plain), f"a.{plain.lstrip('.')}")
        return known.id if known is not None else plain
    return ""


def language_in_cell(language: str, source: str) -> str:
    """Return the language of a cell: what its first line says in it counts (`%%bash`)."""
    inner = "" if language == MARKDOWN else inner_language(source)
    return language_name(inner) or language
