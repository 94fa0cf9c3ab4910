"""What of an event can be found by what it says, in pieces that are about one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ownstack.memory.events import Event
from ownstack.text import Span

MAX_CHARS = 1_200
"""Of a piece: some paragraphs of prose, or a function."""
MAX_PASSAGES = 4_000
"""Of an event. A paste of megabytes is found by all of it."""
_BREAK = re.compile(r"\n\s*\n")


def searchable(event: Event) -> str:
    """Return what an event says, "" if it is nothing that somebody would look for."""
    data = event.data
    if event.kind in ("user", "assistant", "tool_result"):
        return event.text
    fields = {
        "tool_call": ("name", "arguments"),
        "edit": ("path", "summary"),
        "decision": ("name", "text", "rationale"),
        "thread": ("name", "text", "outcome"),
    }.get(event.kind, ())
    return "\n".join(str(data[field]) for field in fields if data.get(field))


def split(text: str) -> Iterator[Span]:
    """Cut a text between paragraphs, else between lines, else where a piece is full."""
    start, count = 0, 0
    while start < len(text) and count < MAX_PASSAGES:
        end = _end(text, start)
        if text[start:end].strip():
            yield Span(start, end)
            count += 1
        start = end


def _end(text: str, start: int) -> int:
    limit = start + MAX_CHARS
    if limit >= len(text):
        return len(text)
    breaks = [found.end() for found in _BREAK.finditer(text, start + MAX_CHARS // 4, limit)]
    if breaks:
        return breaks[-1]
    line = text.rfind("\n", start + 1, limit)
    return line + 1 if line > 0 else limit
