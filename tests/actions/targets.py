"""Targets as tests write them: a text in which the cursor or the selection is marked by `|`."""

from __future__ import annotations

from ownstack.actions.target import Target, target_of
from ownstack.languages import language_of
from ownstack.text import Span


def target(marked: str, path: str = "shop.py") -> Target:
    """Return the target at a cursor, or of what stands between two marks."""
    before, *rest = marked.split("|")
    text = before + "".join(rest)
    start = len(before) if rest else 0
    end = start + len(rest[0]) if len(rest) > 1 else start
    if not rest:
        end = len(text)
    return target_of(text, path, language_of("", path, text), Span(start, end))


def count(text: str) -> int:
    """Return the number of words."""
    return len(text.split())
