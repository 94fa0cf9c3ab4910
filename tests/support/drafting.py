"""Targets and drafts for tests, from texts with a `$0` where the cursor is."""

from __future__ import annotations

from typing import Any

from ownstack.actions.checks.check import Draft
from ownstack.actions.target import Target, target_of
from ownstack.actions.wish import Wish
from ownstack.languages import language_of
from ownstack.text import Span


def target_in(marked: str, path: str = "shop.py") -> Target:
    """Return the target at `$0`; with a second `$0`, that of the selection between."""
    start = marked.index("$0")
    text = marked.replace("$0", "", 1)
    end = text.find("$0")
    text = text.replace("$0", "")
    return target_of(text, path, language_of("", path, text), Span(start, max(start, end)))


def draft_of(target: Target, replacement: str, **wished: Any) -> Draft:
    """Return a draft of a wish for a target."""
    instruction = wished.pop("instruction", "Mend it.")
    return Draft(Wish(target, instruction, **wished), replacement)


def draft_in(marked: str, old: str, new: str, path: str = "shop.py", **wished: Any) -> Draft:
    """Return a draft in which a piece of the target is another."""
    target = target_in(marked, path)
    assert old in target.code
    return draft_of(target, target.code.replace(old, new, 1), **wished)
