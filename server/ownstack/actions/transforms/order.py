"""The order of names."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")
_MAX_DIGITS = 18


def natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Return what names are sorted by: capitals do not matter, and 10 comes after 9."""
    parts = _DIGITS.split(name.lower())
    return tuple(
        (not part.isdecimal(), int(part[:_MAX_DIGITS]) if part.isdecimal() else 0, part)
        for part in parts
        if part
    )


def by_kind(name: str) -> tuple[object, ...]:
    """Order as isort has it: constants, classes, then all else."""
    kind = 2
    if name.isupper() and len(name) > 1:
        kind = 0
    elif name[:1].isupper():
        kind = 1
    return (kind, natural(name), name)
