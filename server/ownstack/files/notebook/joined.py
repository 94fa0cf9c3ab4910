"""The cells of an open notebook as one document a language: what stands before and after a cursor.

An editor opens each cell as a text of its own. Whoever writes in one goes on from the cells above,
so all cells of a language are one document, in their order, and each place in a cell is a place in
it. What is in other languages, prose too, stands in comments where the language has some. Lines
are those of the notebook's text (`files/notebook/text.py`), by which the index knows them; there is
an empty one before each cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ownstack.document import CellSpan
from ownstack.files.notebook.magics import inner_language
from ownstack.files.notebook.text import RAW, Cell, language_in_cell, language_name
from ownstack.languages import language_of
from ownstack.text import LineIndex, Span


@dataclass(frozen=True)
class OpenCell:
    """One version of one cell of an open notebook."""

    uri: str
    """Of its text, as the editor names it."""
    language: str
    """The editor's language id."""
    version: int
    text: str

    @cached_property
    def index(self) -> LineIndex:
        return LineIndex(self.text)

    @cached_property
    def spoken(self) -> str:
        """The language that its text is in, as an editor names it: `%%bash` counts."""
        inner = "" if self.language == RAW else inner_language(self.text)
        if not inner:
            return self.language
        known = language_of(inner, f"a.{inner}")
        return known.editor_ids[0] if known is not None and known.editor_ids else inner

    @cached_property
    def known(self) -> str:
        """The language that its text is in, as the index names it."""
        return language_in_cell(language_name(self.language), self.text)

    def commented(self, mark: str) -> str:
        """Return its text as comments; made once, since a key changes one cell only."""
        kept: dict[str, str] = self.__dict__.setdefault("_commented", {})
        if mark not in kept:
            lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            kept[mark] = "\n".join(f"{mark} {line}".rstrip() for line in lines)
        return kept[mark]


def stored(cells: Sequence[OpenCell]) -> list[Cell]:
    """Return the cells as a file of them is read."""
    return [
        Cell(number, cell.known, cell.text)
        for number, cell in enumerate(cells, 1)
        if cell.language != RAW
    ]


def joined(cells: Sequence[OpenCell], language: str) -> tuple[str, tuple[CellSpan, ...]]:
    """Return the document of a language, and where its cells are in it."""
    known = language_of(language, "")
    mark = known.line[0] if known is not None and known.line else ""
    pieces, spans, length = list[str](), list[CellSpan](), 0
    for cell in cells:
        if cell.language == RAW:
            continue
        is_own = cell.spoken == language
        if not is_own and not mark:
            continue
        text = cell.text if is_own else cell.commented(mark)
        # The line that is empty, and from the second cell on the end of the line before.
        before = "\n\n" if pieces else "\n"
        length += len(before)
        if is_own:
            spans.append(CellSpan(cell.uri, Span(length, length + len(text))))
        length += len(text)
        pieces += (before, text)
    return "".join(pieces), tuple(spans)
