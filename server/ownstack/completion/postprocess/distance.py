"""How far two pieces of code are from each other, counted in words and marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LEXEME = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")


def lexemes(text: str) -> list[str]:
    """Return words and single marks, without white space."""
    return _LEXEME.findall(text)


def distance(a: Sequence[str], b: Sequence[str], limit: int) -> int:
    """Return the Levenshtein distance of two sequences, or `limit` + 1 if it is larger.

    Cost: O(len(a) · limit).
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    far = limit + 1
    row = [min(j, far) for j in range(len(b) + 1)]
    for i, left in enumerate(a, 1):
        low, high = max(1, i - limit), min(len(b), i + limit)
        new = [far] * (len(b) + 1)
        new[0] = min(i, far)
        for j in range(low, high + 1):
            cost = row[j - 1] + (left != b[j - 1])
            new[j] = min(cost, row[j] + 1, new[j - 1] + 1, far)
        row = new
        if min(row) >= far:
            return far
    return row[-1]


def distance_within(needle: Sequence[str], hay: Sequence[str]) -> int:
    """Return the fewest edits that turn `needle` into some run of `hay` (Sellers' algorithm).

    Cost: O(len(needle) · len(hay)).
    """
    row = [0] * (len(hay) + 1)
    for i, left in enumerate(needle, 1):
        new = [i] + [0] * len(hay)
        for j, right in enumerate(hay, 1):
            new[j] = min(row[j - 1] + (left != right), row[j] + 1, new[j - 1] + 1)
        row = new
    return min(row)


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the Dice coefficient of two sets of words, 0 to 1."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def words(text: str) -> frozenset[str]:
    """Return the different words of `text`."""
    return frozenset(_WORD.findall(text))
