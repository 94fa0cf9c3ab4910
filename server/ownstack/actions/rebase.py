"""Edits of a text that has changed meanwhile."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from ownstack.chat.proposals import TextEdit
from ownstack.errors import EditError
from ownstack.text import difference

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_MAX_COMPARED = 2_000
"""Lines that are compared one by one; of a longer change, all of it has changed."""


def rebased(edits: Sequence[TextEdit], before: str, now: str) -> tuple[TextEdit, ...]:
    """Return edits of the text `before` as edits of the text `now`.

    Raises:
        EditError: lines that they change have changed meanwhile, or something was put into the
            very place where they put something.
    """
    if before == now:
        return tuple(edits)
    changes = _changes(before, now)
    moved: list[TextEdit] = []
    for edit in edits:
        shift = 0
        for start, end, size in changes:
            is_same_place = start == end == edit.start == edit.end
            if end <= edit.start and not is_same_place:
                shift += size - (end - start)
            elif start < edit.end or is_same_place:
                raise EditError(
                    "The lines have changed since the edit was made.",
                    "Ask for it again.",
                )
        moved.append(TextEdit(edit.start + shift, edit.end + shift, edit.text))
    return tuple(moved)


def _changes(before: str, now: str) -> list[tuple[int, int, int]]:
    """Return what has changed, by whole lines: where it was, and how long it is now."""
    edit = difference(before, now)
    first = max(before.rfind("\n", 0, edit.span.start), before.rfind("\r", 0, edit.span.start)) + 1
    last = _line_end(before, edit.span.end)
    old = before[first:last]
    new = now[first : len(now) - (len(before) - last)]
    a, b = _lines(old), _lines(new)
    if max(len(a), len(b)) > _MAX_COMPARED:
        return [(first, last, len(new))]
    starts = [first]
    for line in a:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return [
        (starts[i], starts[j], sum(map(len, b[k:m])))
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    ]


def _line_end(text: str, offset: int) -> int:
    """Return where the line that holds an offset ends, with its line end."""
    match = _LINE.match(text, offset)
    return len(text) if match is None else match.end()


def _lines(text: str) -> list[str]:
    return [line for line in _LINE.findall(text) if line]
