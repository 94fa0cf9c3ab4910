"""Texts put together with `+` as template literals.

As ESLint's `prefer-template` and TypeScript do it: an object that is no text is asked for one
(`toString`), where `+` would ask for its value first (`valueOf`).
"""

from __future__ import annotations

import re
from itertools import pairwise

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.found import Found, found_in
from ownstack.text import Edit, Span

_SUM = re.compile(r"['\"`)]\s{0,200}\+|\+\s{0,200}['\"`(]")
_NEAR_CHARS = 1_000
_MAX_OPERANDS = 200
_ESCAPED = re.compile(r"\\(?P<sign>.)|`|\$(?=\{)", re.DOTALL)


def to_template(target: Target, selected: Span) -> Change | None:
    """Convert the expression at the cursor, or around the selection."""
    near = target.text[max(0, selected.start - _NEAR_CHARS) : selected.end + _NEAR_CHARS]
    if not _SUM.search(near):
        return None
    found = found_in(target)
    if found is None:
        return None
    sums = {span: places for span, places in found.binary.items() if found.operator(places) == "+"}
    operands = {places["left"] for places in sums.values()}
    inner_first = sorted((span for span in sums if span not in operands), key=len)
    for span in inner_first:
        if span.start <= selected.start and selected.end <= span.end:
            edit = _edit(found, span)
            if edit is not None:
                return change_of(target.text, [edit])
    return None


def _edit(found: Found, span: Span) -> Edit | None:
    for name in ("comment", "enum"):
        for other in found.spans(name):
            is_inside = span.start <= other.start and other.end <= span.end
            if is_inside or (other.start <= span.start and span.end <= other.end):
                return None
    operands = _operands(found, span)
    strings, templates = set(found.spans("string")), set(found.spans("template"))
    first = next((at for at, each in enumerate(operands) if each in strings | templates), None)
    if first is None or len(operands) > _MAX_OPERANDS or all(one in strings for one in operands):
        return None
    if first > 1:  # What stands before the first text is added up as numbers may be.
        operands = [Span(operands[0].start, operands[first - 1].end), *operands[first:]]
    parts = []
    for operand in operands:
        code = found.code(operand)
        if operand in templates:
            parts.append(code[1:-1])
        elif operand in strings:
            if re.search(r"(?<!\\)\\(?:\\\\)*[0-9]", code):
                return None
            parts.append(_ESCAPED.sub(_as_in_template, code[1:-1]))
        else:
            parts.append("${" + found.code(found.bare(operand)) + "}")
    if any(_meets_brace(left, right) for left, right in pairwise(parts)):
        return None
    return Edit(span, "`" + "".join(parts) + "`")


def _meets_brace(left: str, right: str) -> bool:
    """Say whether a dollar sign of one text would come to stand before the brace of another."""
    return left.endswith("$") and right.startswith("{")


def _operands(found: Found, span: Span) -> list[Span]:
    """Return what is added up from left to right."""
    operands: list[Span] = []
    while span in found.binary and found.operator(found.binary[span]) == "+":
        places = found.binary[span]
        operands.append(places["right"])
        span = places["left"]
    return [span, *reversed(operands)]


def _as_in_template(found: re.Match[str]) -> str:
    if found["sign"] in ("'", '"'):
        return found["sign"]
    return found[0] if found["sign"] else "\\" + found[0]
