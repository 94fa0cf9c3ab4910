"""`if` and `else` change places in languages with braces."""

from __future__ import annotations

import re

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.found import Found, found_in, line_around
from ownstack.syntax.matches import Places
from ownstack.text import Edit, Span

_HEAD = re.compile(r"\b(?:if|else)\b")
_OPPOSITE = {"===": "!==", "!==": "===", "==": "!=", "!=": "=="}
"""`a < b` is not among them: of NaN neither it nor its opposite is true."""


def invert_if(target: Target, selected: Span) -> Change | None:
    """Invert the statement of which a head, or the line of the `else`, is at the cursor."""
    line = line_around(target.text, selected)
    if not _HEAD.search(target.text, line.start, line.end):
        return None
    found = found_in(target)
    if found is None:
        return None
    inner_first = sorted(found.of("if"), key=lambda places: len(places["if"]))
    for places in inner_first:
        if _is_at(found, places, line):
            return _inverted(found, places)
    return None


def _is_at(found: Found, places: Places, line: Span) -> bool:
    if not places["if"].start <= line.end or not line.start <= places["if"].end:
        return False
    head = Span(places["if"].start, places["body"].start + 1)
    middle = Span(places["body"].end - 1, places["orelse"].start + 1)
    return any(part.start <= line.end and line.start <= part.end for part in (head, middle))


def _inverted(found: Found, places: Places) -> Change | None:
    test, body, orelse = places["test"], places["body"], places["orelse"]
    if any(test.start <= comment.start < test.end for comment in found.spans("comment")):
        return None
    return change_of(
        found.text,
        [
            Edit(test, _opposite(found, test)),
            Edit(body, found.code(orelse)),
            Edit(orelse, found.code(body)),
        ],
    )


def _opposite(found: Found, test: Span) -> str:
    code = found.code(test)
    binary = found.binary.get(test)
    if binary is not None and (opposite := _OPPOSITE.get(found.operator(binary))):
        between = Span(binary["left"].end, binary["right"].start)
        changed = found.code(between).replace(found.operator(binary), opposite)
        return (
            found.text[test.start : between.start] + changed + (found.text[between.end : test.end])
        )
    for places in found.of("unary"):
        if places["unary"] == test and code.startswith("!"):
            return found.code(found.bare(places["operand"]))
    return f"!{code}" if test in found.spans("simple") else f"!({code})"
