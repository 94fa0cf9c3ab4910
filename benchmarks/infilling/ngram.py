"""The baseline: what follows the last three lexemes elsewhere in the same file.

Three lexemes, else two, else one; the rest of the line that follows most often, the nearest of
several. Thirty lines that need no training: what anything else has to be better than.
"""

from __future__ import annotations

import re
from collections import Counter

_LEXEME = re.compile(r"\w+|[^\w\s]|[ \t]+|\n")
_TAIL_CHARS = 300
_BREAK = "\0"
"""Stands where the rest of the line was taken out."""


def follows(before: str, after: str) -> tuple[str, float]:
    """Return the rest of the line and a confidence in [0, 1): match length, then agreement."""
    lexemes = _LEXEME.findall(before[-_TAIL_CHARS:])
    hay = before + _BREAK + after
    for length in (3, 2, 1):
        key = "".join(lexemes[-length:])
        if len(key.strip()) < (2 if length == 1 else 1):
            continue
        counts: Counter[str] = Counter()
        distance: dict[str, int] = {}
        at = hay.find(key)
        while at >= 0:
            end = at + len(key)
            rest = _rest(hay, end)
            if end != len(before) and rest:
                counts[rest] += 1
                distance[rest] = abs(end - len(before))
            at = hay.find(key, at + 1)
        if counts:
            best = max(counts, key=lambda rest: (counts[rest], -distance[rest]))
            agreement = counts[best] / counts.total()
            return best, (length - 1) / 3 + agreement / 3 * 0.99
    return "", 0.0


def _rest(hay: str, start: int) -> str:
    end = hay.find("\n", start)
    return hay[start : end if end >= 0 else None].split(_BREAK)[0].rstrip()
