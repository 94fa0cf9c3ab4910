"""Blocks that are private keys: where in a text they begin, and how far they go."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PRIVATE = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?(?:-----)?|PuTTY-User-Key-File"
)
_END_OF_KEY = "-----END"
_KEY_RUN = re.compile(r"[A-Za-z0-9+/=]{16}")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]*|[A-Z][\w-]{1,40}: .*")
"""In letters that stand for bytes, or a header of the block."""
_AROUND_KEY_LINE = " \t\r\"'`+,;()\\#*>|."
_MAX_KEY_LINE_CHARS = 300
_MAX_LINE_CHARS = 2_000
"""Of a longer line its beginning is looked at."""


def is_private_key(line: str) -> bool:
    """Say whether a line begins a block that is a key."""
    return bool(_PRIVATE.search(line[:_MAX_LINE_CHARS]))


def is_open_key(line: str) -> bool:
    """Say whether a block that is a key begins in a line, and goes on in the next one."""
    at = max((found.end() for found in _PRIVATE.finditer(line[:_MAX_LINE_CHARS])), default=-1)
    return at >= 0 and _END_OF_KEY not in line[at:]


def is_line_of_key(line: str) -> bool:
    """Say whether a line below the first one of a key belongs to it; an empty one may."""
    if len(line) > _MAX_KEY_LINE_CHARS or _END_OF_KEY in line:
        return False
    # In code each line may be a string of its own.
    inner = line.replace("\\n", "").replace("\\r", "").strip(_AROUND_KEY_LINE)
    return bool(_KEY_LINE.fullmatch(inner))


def keys_in(line: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of private keys that stand in the line in which they begin, as in JSON."""
    at = 0
    while found := _PRIVATE.search(line, at):
        end = line.find(_END_OF_KEY, found.end())
        at = end if end >= 0 else len(line)
        body = line[found.end() : at]
        is_whole = end >= 0 and body and not re.search(r"[\s\"'`]", body)
        if is_whole or _KEY_RUN.search(body):
            yield found.end(), at
