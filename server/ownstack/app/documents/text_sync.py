"""Edits as an editor sends them (lines and UTF-16 columns), made into edits of a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.text import Edit, LineIndex, Span, apply_edits

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Replace what lies between two positions (line, UTF-16 column) by `text`."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str

    @property
    def ends(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return self.start, self.end


def whole(text: str) -> str:
    """Return `text` with lone surrogates replaced, which no encoder accepts. Lengths stay."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def edits(index: LineIndex, changes: Sequence[Replacement | str]) -> list[Edit]:
    """Convert `changes`, each meant for the text that the one before it left.

    A plain string replaces the whole text. Editors send several changes from the end of the text
    to its beginning; those are converted with one line index, any other order with one each.
    """
    result: list[Edit] = []
    n_pending = 0
    lowest: tuple[int, int] | None = None
    for change in changes:
        if lowest is not None and (isinstance(change, str) or not _below(change, lowest)):
            index = LineIndex(apply_edits(index.text, result[-n_pending:]))
            n_pending, lowest = 0, None
        if isinstance(change, str):
            result.append(Edit(Span(0, len(index.text)), whole(change)))
            lowest = (-1, 0)
        else:
            offsets = sorted(index.offset(*position) for position in change.ends)
            result.append(Edit(Span(*offsets), whole(change.text)))
            lowest = index.position(offsets[0])
        n_pending += 1
    return result


def _below(change: Replacement, lowest: tuple[int, int]) -> bool:
    """Tell whether positions of `change` mean the same before and after an edit from `lowest` on.

    At the start of a line they may not: a line feed after a carriage return moves that line.
    """
    highest = max(change.ends)
    return highest < lowest or (highest == lowest and lowest[1] > 0)
