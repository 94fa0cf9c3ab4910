"""What `rewrites.scm` finds in a text: expressions by their places."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ownstack.actions.target import Target
from ownstack.syntax.matches import Places, matches_in
from ownstack.text import Span

QUERIES = "rewrites.scm"


class Found:
    """The matches in one text."""

    def __init__(self, text: str, places: tuple[Places, ...]) -> None:
        self.text = text
        self._places = places

    def code(self, span: Span) -> str:
        """Return the characters of a place."""
        return self.text[span.start : span.end]

    def of(self, name: str) -> Iterator[Places]:
        """Yield the matches that captured something by a name."""
        return (places for places in self._places if name in places)

    def spans(self, name: str) -> list[Span]:
        """Return what was captured by a name."""
        return [places[name] for places in self.of(name)]

    @cached_property
    def binary(self) -> dict[Span, Places]:
        """Expressions of two operands, by their places."""
        return {places["binary"]: places for places in self.of("binary")}

    def operator(self, places: Places) -> str:
        """Return what stands between two operands."""
        return self.text[places["left"].end : places["right"].start].strip()

    def bare(self, span: Span) -> Span:
        """Return a place without the brackets around it."""
        while span in self._in_brackets:
            span = self._in_brackets[span]
        return span

    @cached_property
    def _in_brackets(self) -> dict[Span, Span]:
        return {places["parenthesized"]: places["inner"] for places in self.of("inner")}


def found_in(target: Target) -> Found | None:
    """Return what the queries of a target's language find; None if it has errors."""
    if target.language is None:
        return None
    places = matches_in(target.text, target.language, QUERIES)
    return None if places is None else Found(target.text, places)


def line_around(text: str, selected: Span) -> Span:
    """Return the whole lines that a selection touches."""
    start = max(text.rfind(end, 0, selected.start) for end in "\r\n") + 1
    ends = [at for at in (text.find(end, selected.end) for end in "\r\n") if at >= 0]
    return Span(start, min(ends, default=len(text)))
