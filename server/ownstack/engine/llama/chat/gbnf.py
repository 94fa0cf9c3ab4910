"""Pieces of llama.cpp's grammars (GBNF): texts, repetitions, and JSON as models write it."""

from __future__ import annotations

import json
import re

MAX_TIMES = 1000
"""llama.cpp writes a repetition out, and refuses more than 2,000 at once."""
_SPECIAL = re.compile(r'[\\"$\x00-\x1f\x7f]')
_SURROGATE = re.compile("[\ud800-\udfff]")


def literal(text: str) -> str:
    """Return a text as a grammar writes it, whatever it holds; without `$`, which marks names."""

    def escaped(match: re.Match[str]) -> str:
        char = match.group()
        return f"\\{char}" if char in '\\"' else f"\\x{ord(char):02X}"

    return f'"{_SPECIAL.sub(escaped, text)}"'


def json_text(value: object) -> str:
    """Return JSON as models write it: letters as they are, half a pair of UTF-16 escaped.

    Raises:
        ValueError: it holds a number that JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def times(least: int, most: int | None) -> str:
    """Return how often something is there; beyond `MAX_TIMES` it is not counted any more."""
    least = min(least, MAX_TIMES)
    if most is None or most > MAX_TIMES:
        return f"{{{least},}}" if least else "*"
    return f"{{{least},{most}}}"
