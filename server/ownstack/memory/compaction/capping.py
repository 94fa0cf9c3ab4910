"""What a tool says, cut before it enters history: both ends of it, and where the rest is."""

from __future__ import annotations

from collections.abc import Callable


def capped(text: str, budget: int, count: Callable[[str], int], *, handle: str) -> str:
    """Return a text of at most `budget` tokens: all, or two thirds from the top and the end.

    Done once, when the result comes: history is never rewritten for it. Costs the tokenising of a
    few times the budget, whatever the text's length.
    """
    # A token has a character or more in all but exotic vocabularies; so this much is enough to see
    # that a text is too long.
    sample = text[: 8 * budget]
    if len(sample) == len(text) and count(text) <= budget:
        return text
    chars = len(sample)
    while chars:
        shown = _ends(text, chars, handle)
        tokens = count(shown)
        if tokens <= budget:
            return shown
        chars = min(chars - 1, int(chars * 0.95 * budget / tokens))
    return ""


def _ends(text: str, chars: int, handle: str) -> str:
    head = text[: chars * 2 // 3]
    tail = text[len(text) - chars // 3 :] if chars >= 3 else ""
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n[… {left_out:,} characters left out; all of it: {handle} …]\n{tail}"
