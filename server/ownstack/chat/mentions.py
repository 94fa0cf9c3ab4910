"""What a question names on purpose: `@path`, `@path:10-40` and `@symbol`."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_MENTIONS = 8
_MAX_CHARS = 20_000
"""Read of one question: mentions stand in what is written by hand, not in what is pasted."""
_MENTION = re.compile(r"(?<![\w@./])@([\w./\\-][\w./\\:-]{0,239})")
_LINES = re.compile(r":(\d{1,7})(?:-(\d{1,7}))?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name after an @, and the lines that are meant of it."""

    name: str
    start: int | None = None
    """1-based; None: all of it."""
    end: int | None = None


def mentions(question: str) -> tuple[Mention, ...]:
    """Return what is mentioned, each once, in its order."""
    found: dict[Mention, None] = {}
    for match in _MENTION.finditer(question[:_MAX_CHARS]):
        name = match[1].rstrip(".:-")
        lines = _LINES.search(name)
        if lines is None:
            found[Mention(name)] = None
        else:
            start = int(lines[1])
            end = int(lines[2] or start)
            found[Mention(name[: lines.start()], min(start, end), max(start, end))] = None
    return tuple(mention for mention in found if mention.name.strip("./\\"))[:MAX_MENTIONS]
