"""What an action works on: whole lines of a text, that of one symbol where there is one."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from ownstack.extract.file import extract
from ownstack.extract.kinds import FUNCTIONS, VALUES
from ownstack.extract.rows import Extracted, Symbol
from ownstack.files.reading import plain_lines
from ownstack.languages import Language
from ownstack.text import Span

MAX_TARGET_CHARS = 60_000
"""A longer one is more than a model would write again as a whole."""
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Target:
    """Lines that an edit replaces as a whole, and the text in which they stand."""

    path: str
    """In the project, with slashes."""
    language: Language | None
    text: str
    """The whole file, as an editor or the disk has it."""
    span: Span
    """What is replaced: from the beginning of a line to the end of one, without its line end."""
    selected: Span
    """What the user selected; empty for a cursor."""
    symbol: Symbol | None = None
    """The innermost symbol that holds all that is selected."""
    lead: str = ""
    """Put before what is written: the empty lines above something new."""
    trail: str = ""
    """Put behind it: the line end of something new."""
    known: Extracted | None = field(default=None, repr=False, compare=False)
    """What was found in the text before, if it was."""

    @property
    def code(self) -> str:
        """What is replaced."""
        return self.text[self.span.start : self.span.end]

    @cached_property
    def extracted(self) -> Extracted:
        """What the whole file defines and uses, before the edit."""
        return self.known or found_in(self.text, self.path, self.language)

    @cached_property
    def lines(self) -> tuple[int, int]:
        """The first and the last line of what is replaced, 1-based, inclusive."""
        first = len(_LINE_END.findall(self.text, 0, self.span.start)) + 1
        return first, first + len(_LINE_END.findall(self.code))

    def with_replacement(self, new: str) -> str:
        """Return the whole text with `new` in the place of what is replaced."""
        return "".join(
            (self.text[: self.span.start], self.lead, new, self.trail, self.text[self.span.end :])
        )


def found_in(text: str, path: str, language: Language | None) -> Extracted:
    """Return what a text defines and uses, whatever its line ends are. Slow for a long one."""
    return extract(plain_lines(text), path, language)


def target_of(
    text: str,
    path: str,
    language: Language | None,
    selected: Span,
    known: Extracted | None = None,
) -> Target:
    """Return what an edit of a selection replaces.

    Whole lines: those of the innermost function or other definition that holds all that is
    selected; without one, or if a selection reaches beyond, those that are selected. The comments,
    decorators and attributes directly above a definition are part of it. `known` is what was found
    in the text, if it was.
    """
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    ends = [*(match.start() for match in _LINE_END.finditer(text)), len(text)]
    first, last = _line_of(starts, selected.start), _line_of(starts, selected.end)
    if last > first and selected.end == starts[last]:
        last -= 1  # The selection ends in front of the line's first letter.
    known = known or found_in(text, path, language)
    symbol = _innermost(known, first + 1, last + 1)
    if symbol is not None:
        first, last = symbol.start_line - 1, min(symbol.end_line, len(starts)) - 1
    first -= max((each.above for each in known.symbols if each.start_line == first + 1), default=0)
    span = Span(starts[first], ends[last])
    return Target(path, language, text, span, selected, symbol, known=known)


def _innermost(known: Extracted, first: int, last: int) -> Symbol | None:
    holding = [
        symbol
        for symbol in known.symbols
        if symbol.start_line - symbol.above <= first and last <= symbol.end_line
    ]
    # What a method assigns, `self.x = 1`, is a part of it.
    is_in_function = any(symbol.kind in FUNCTIONS for symbol in holding)
    return min(
        (symbol for symbol in holding if not (is_in_function and symbol.kind in VALUES)),
        key=lambda symbol: symbol.end_line - symbol.start_line,
        default=None,
    )


def _line_of(starts: list[int], offset: int) -> int:
    return bisect_right(starts, offset) - 1
