"""Which definitions a target has, and what became of them in a draft."""

from __future__ import annotations

from collections.abc import Iterator

from ownstack.actions.checks.check import Draft
from ownstack.extract.kinds import FUNCTIONS
from ownstack.extract.rows import Extracted, Symbol


def of_target(draft: Draft) -> tuple[Symbol, ...]:
    """Return what the target's lines define, but for what only a function of them sees."""
    first, last = draft.wish.target.lines
    return tuple(visible(draft.wish.target.extracted, first, last))


def of_draft(draft: Draft) -> tuple[Symbol, ...]:
    """Return what the whole file would define, but for what only a function sees."""
    known = draft.extracted
    return tuple(visible(known, 1, max((symbol.end_line for symbol in known.symbols), default=0)))


def visible(known: Extracted, first: int, last: int) -> Iterator[Symbol]:
    """Give the definitions in some lines that are seen from outside of functions.

    What methods assign (`self.x = …`) is not among them.
    """
    functions = [symbol for symbol in known.symbols if symbol.kind in FUNCTIONS]
    inner = {
        line
        for symbol in functions
        if first <= symbol.end_line and symbol.start_line <= last
        for line in range(symbol.start_line + 1, symbol.end_line + 1)
    }
    for symbol in known.symbols:
        if first <= symbol.start_line and symbol.end_line <= last:
            is_value = symbol.kind not in FUNCTIONS and symbol.name_line in inner
            if not is_value and not _is_in_function(symbol, known):
                yield symbol


def _is_in_function(symbol: Symbol, known: Extracted) -> bool:
    at = symbol.parent
    while at is not None:
        if known.symbols[at].kind in FUNCTIONS:
            return True
        at = known.symbols[at].parent
    return False
