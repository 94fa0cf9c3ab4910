"""Server-sent events out of bytes, in linear time and bounded memory.

After the WHATWG's HTML standard, "Server-sent events": fields `event` and `data`, comments, lines
that end in LF, CR or both. Only what fits `MAX_EVENT_BYTES` is an event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_EVENT_BYTES = 2_000_000
"""A token is some hundred bytes; a whole answer in one event is still less than this."""

_LINE_END = re.compile(rb"\r\n|\r|\n")


class EventTooLargeError(ValueError):
    """A line or an event goes on and on."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event."""

    name: str
    """"" unless the server gave one."""
    data: str


class EventParser:
    """Takes bytes as they come."""

    def __init__(self) -> None:
        self._line = bytearray()
        """The beginning of a line that has not ended."""
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._begun = False

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """Return the events that end in `chunk`.

        Raises:
            EventTooLargeError: one is larger than `MAX_EVENT_BYTES`.
        """
        events: list[ServerEvent] = []
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        start = 0
        for end in _LINE_END.finditer(chunk):
            self._line += chunk[start : end.start()]
            start = end.end()
            self._check()
            if event := self._take(bytes(self._line)):
                events.append(event)
            self._line.clear()
        self._line += chunk[start:]
        self._check()
        return events

    def close(self) -> list[ServerEvent]:
        """Return what the last event would be, had the server ended it with an empty line."""
        if self._line:
            self._take(bytes(self._line))
        self._line.clear()
        last = self._dispatch()
        return [] if last is None else [last]

    def _take(self, line: bytes) -> ServerEvent | None:
        if not self._begun:
            line, self._begun = line.removeprefix(b"\xef\xbb\xbf"), True
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._size += len(value)
        elif field == b"event":
            self._name = value[:100].decode("utf-8", "replace")
        return None

    def _dispatch(self) -> ServerEvent | None:
        name, data = self._name, self._data
        self._name, self._data, self._size = "", [], 0
        if not data:
            return None
        return ServerEvent(name, b"\n".join(data).decode("utf-8", "replace"))

    def _check(self) -> None:
        if len(self._line) + self._size > MAX_EVENT_BYTES:
            raise EventTooLargeError(f"an event has more than {MAX_EVENT_BYTES:,} bytes")
