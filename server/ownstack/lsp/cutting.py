"""Large messages, made small as they arrive: nobody keeps a text of more than so many characters.

Decoding JSON holds up everything else in the process for as long as it takes, in whatever thread.
So of a text in a message that is longer than `MAX_FOLLOWED_CHARS` only the beginning is kept,
which is more than that: it is refused for its size as the whole text would be.
"""

from __future__ import annotations

import re

from ownstack.app.documents.large_documents import MAX_FOLLOWED_CHARS

KEEP_BYTES = 16 * 1024 * 1024
"""A message of which more is left is not decoded at all."""
HEAD_BYTES = 64 * 1024
_CONTINUED = bytes(range(0x80, 0xC0))
_BACKSLASH = 0x5C
_TRIED = 64
"""Quotes that are looked at one by one; where more are escaped, all are hidden at once."""
_METHOD = re.compile(rb'"method"\s*:\s*"([^"\\]*)"')
_ID = re.compile(rb'"id"\s*:\s*(-?\d+|"[^"\\]*")')
_URI = re.compile(rb'"uri"\s*:\s*"([^"\\]*)"')


class Cutter:
    """One message; `feed` it the parts as they come, each costs time in proportion to its size."""

    def __init__(self, keep_chars: int = MAX_FOLLOWED_CHARS, keep_bytes: int = KEEP_BYTES) -> None:
        self._keep_chars = keep_chars
        self._keep_bytes = keep_bytes
        self._kept = bytearray()
        self._left = b""
        """The beginning of a character that goes on in the next part."""
        self._in_text = False
        self._n_chars = 0.0
        """At least so many of the present text have been kept."""
        self.n_bytes = 0
        self.is_too_much = False
        """There is too much left of it to be decoded."""

    def feed(self, part: bytes) -> None:
        """Take the next part of the message."""
        self.n_bytes += len(part)
        data, self._left = self._left + part, b""
        at = 0
        while at < len(data):
            if not self._in_text:
                start = data.find(b'"', at)
                self._keep(data[at:] if start < 0 else data[at : start + 1])
                if start < 0:
                    return
                self._in_text, self._n_chars, at = True, 0.0, start + 1
                continue
            end = _end_of_text(data, at)
            if end < 0:
                whole = _whole_characters(data, at)
                self._keep_text(data[at:whole])
                self._left = data[whole:]
                return
            self._keep_text(data[at:end])
            self._keep(b'"')
            self._in_text, at = False, end + 1

    def end(self) -> bytes:
        """Return what is left of the message; its texts are whole, or longer than anybody keeps."""
        return bytes(self._kept + self._left)

    def _keep_text(self, text: bytes) -> None:
        if self._n_chars <= self._keep_chars:
            self._n_chars += _least_chars(text)
            self._keep(text)

    def _keep(self, data: bytes) -> None:
        self.is_too_much = self.is_too_much or len(self._kept) + len(data) > self._keep_bytes
        if not self.is_too_much:
            self._kept += data


def heading(message: bytes) -> tuple[str, str | int | None, str]:
    """Return method, id and document of a message of which there is only the beginning."""
    before, _, params = message[:HEAD_BYTES].partition(b'"params"')
    method, id, uri = _METHOD.search(before), _ID.search(before), _URI.search(params)
    named = id[1].decode("utf-8", "replace") if id else ""
    return (
        method[1].decode("utf-8", "replace") if method else "",
        (named.strip('"') if named.startswith('"') else int(named)) if named else None,
        uri[1].decode("utf-8", "replace") if uri else "",
    )


def _end_of_text(data: bytes, at: int) -> int:
    """Return where the quote is that ends the text, -1 if it goes on in the next part."""
    quote = at - 1
    for _ in range(_TRIED):
        quote = data.find(b'"', quote + 1)
        if quote < 0 or not _is_escaped(data, at, quote):
            return quote
    hidden = data[at:].replace(b"\\\\", b"__").replace(b'\\"', b"__")
    quote = hidden.find(b'"')
    return quote if quote < 0 else at + quote


def _is_escaped(data: bytes, start: int, at: int) -> bool:
    first = at
    while first > start and data[first - 1] == _BACKSLASH:
        first -= 1
    return (at - first) % 2 == 1


def _whole_characters(data: bytes, at: int) -> int:
    """Return where the last character of a text ends that has come as a whole."""
    end = len(data)
    for length in range(1, min(6, end - at + 1)):
        start = end - length
        byte = data[start]
        if byte == _BACKSLASH and not _is_escaped(data, at, start):
            needed = 6 if data[start + 1 : start + 2] == b"u" else 2
            return start if length < needed else end
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return start if length < needed else end
    return end


def _least_chars(text: bytes) -> float:
    """Return how many characters JSON makes of this at least; half a one of a surrogate."""
    n_bytes = len(text.translate(None, _CONTINUED))
    return n_bytes - text.count(b"\\") - 4.5 * text.count(b"\\u")
