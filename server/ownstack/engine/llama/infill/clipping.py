"""Text shortened to a number of tokens by whole lines, in steps that keep KV caches alive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Tokenize = Callable[[str], Sequence[int]]

STEP_LINES = 16
"""The start of a clipped text moves by this many lines at a time, not with every line typed."""
STEP_TOKENS = 64
"""Shares are computed from lengths rounded up to this, so that typing rarely moves them."""
_CHARS_PER_TOKEN = 24
"""More than any tokeniser gets from code on average: longer texts are cut before tokenising."""


def tail(text: str, limit_tokens: int, tokenize: Tokenize) -> tuple[list[int], bool]:
    """Return the tokens of the last lines of `text` that fit, and whether any were cut off.

    When lines must go, they go in steps of `STEP_LINES`, counted from the text's beginning, as long
    as half of what fits is left. A last line that is too long alone is cut in the middle.
    """
    if _fits(text, limit_tokens, tokenize):
        return list(tokenize(text)), False
    if limit_tokens <= 0:
        return [], True
    starts = _line_starts(text)
    low, high = 0, len(starts) - 1  # the fewest lines to drop lies between them
    while low < high:
        middle = (low + high) // 2
        if _fits(text[starts[middle] :], limit_tokens, tokenize):
            high = middle
        else:
            low = middle + 1
    rest = text[starts[_stepped(low, len(starts))] :]
    return list(tokenize(rest[-limit_tokens * _CHARS_PER_TOKEN :]))[-limit_tokens:], True


def _stepped(drop: int, lines: int) -> int:
    """Round lines to drop up, by the largest step that leaves half of what there could be."""
    step = STEP_LINES
    while step > 1 and lines - _rounded_up(drop, step) < (lines - drop) / 2:
        step //= 2
    return min(_rounded_up(drop, step), lines - 1)


def _rounded_up(number: int, step: int) -> int:
    return -(-number // step) * step


def head(text: str, limit_tokens: int, tokenize: Tokenize) -> tuple[list[int], bool]:
    """Return the tokens of the first lines of `text` that fit, and whether any were cut off.

    A first line that is too long alone is cut in the middle.
    """
    if _fits(text, limit_tokens, tokenize):
        return list(tokenize(text)), False
    ends = [*_line_starts(text)[1:], len(text)]
    low, high = 0, len(ends) - 1  # the most lines to keep, of which the first is kept in part
    while low < high:
        middle = (low + high) // 2
        if _fits(text[: ends[middle + 1]], limit_tokens, tokenize):
            low = middle + 1
        else:
            high = middle
    line = text[: ends[low]]
    return list(tokenize(line[: limit_tokens * _CHARS_PER_TOKEN]))[:limit_tokens], True


def whole(parts: Sequence[Sequence[int]], limit_tokens: int) -> list[Sequence[int]]:
    """Return the parts from the first that fit together, each of them whole."""
    kept: list[Sequence[int]] = []
    for part in parts:
        limit_tokens -= len(part)
        if limit_tokens < 0:
            break
        kept.append(part)
    return kept


def shares(
    room_tokens: int, prefix_tokens: int, suffix_tokens: int, context_tokens: int
) -> tuple[int, int]:
    """Return how many tokens context and suffix may take.

    Each may have what it needs while everything fits. If it does not, a quarter is each one's
    right, and the prefix, which matters most, gets what they leave.
    """
    if prefix_tokens + suffix_tokens + context_tokens <= room_tokens:
        return context_tokens, suffix_tokens
    prefix_tokens = _rounded_up(prefix_tokens, STEP_TOKENS)
    quarter = room_tokens // 4
    suffix = min(suffix_tokens, max(quarter, room_tokens - prefix_tokens - context_tokens))
    context = min(context_tokens, max(quarter, room_tokens - prefix_tokens - suffix))
    return context, suffix


def _fits(text: str, limit_tokens: int, tokenize: Tokenize) -> bool:
    if len(text) > limit_tokens * _CHARS_PER_TOKEN:
        return False
    return len(tokenize(text)) <= limit_tokens


def _line_starts(text: str) -> list[int]:
    starts, at = [0], text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts
