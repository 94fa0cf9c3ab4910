"""A document that is too large to complete in, followed by its edits until it is small again.

Its text lies in pieces, so that an edit costs some of them and not all. Nothing else is made of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from ownstack.app.documents.text_sync import Replacement
from ownstack.text import LineIndex, utf16_length

MAX_DOCUMENT_CHARS = 1_000_000
"""A longer text is not completed: finding its lines would take longer than a key may."""
MAX_FOLLOWED_CHARS = 2_000_000
"""Of a longer text nothing is kept; editors hardly send one."""
_PIECE_CHARS = 32_768


class LargeText:
    """The text of one open document. Edits on the event loop take milliseconds at most."""

    def __init__(self, text: str) -> None:
        self._pieces = [_TextPiece(part) for part in _parts(text)]

    @property
    def n_chars(self) -> int:
        return sum(piece.n_chars for piece in self._pieces)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self._pieces)

    def edit(self, changes: Sequence[Replacement | str]) -> None:
        """Apply changes one after another, each in the text that the one before left."""
        for change in changes:
            if isinstance(change, str):
                self._pieces = [_TextPiece(part) for part in _parts(change)]
            else:
                start, end = sorted(map(self._place, change.ends))
                self._replace(start, end, change.text)

    def _place(self, position: tuple[int, int]) -> tuple[int, int]:
        """Return piece and offset of a line and a UTF-16 column, clamped as `LineIndex` does."""
        line, column = max(position[0], 0), max(position[1], 0)
        before = list(accumulate((piece.n_breaks for piece in self._pieces), initial=0))
        if line > before[-1]:
            return len(self._pieces) - 1, self._pieces[-1].n_chars
        # The piece that the line begins in: after the last break of an earlier line.
        at = max(0, bisect_right(before, line - 1) - 1)
        start = self._pieces[at].index.offset(line - before[at], 0) if line else 0
        while True:
            piece = self._pieces[at]
            row = piece.index.line_of(start)
            end = piece.index.line_span(row).end
            units = utf16_length(piece.text[start:end])
            is_last = at + 1 == len(self._pieces)
            if column <= units or is_last or row + 1 < piece.index.n_lines:
                own = piece.index.position(start)[1]
                return at, max(start, piece.index.offset(row, own + column))
            at, start, column = at + 1, 0, column - units

    def _replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        first, last = start[0], end[0]
        head = self._pieces[first].text[: start[1]]
        tail = self._pieces[last].text[end[1] :]
        # A line feed belongs to the carriage return that is before it now.
        if last + 1 < len(self._pieces) and (tail or text or head)[-1:] == "\r":
            last += 1
            tail += self._pieces[last].text
        if first > 0 and not head and self._pieces[first - 1].text.endswith("\r"):
            first -= 1
            head = self._pieces[first].text
        new = [_TextPiece(part) for part in _parts(head + text + tail)]
        self._pieces[first : last + 1] = new


class LargeDocuments:
    """The open documents of one window that are refused for their size."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, LargeText]] = {}

    def follow(self, uri: str, language: str, text: str) -> None:
        if len(text) <= MAX_FOLLOWED_CHARS:
            self._open[uri] = (language, LargeText(text))

    def forget(self, uri: str) -> None:
        self._open.pop(uri, None)

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """Go through URIs, languages and texts."""
        return ((uri, language, large.text) for uri, (language, large) in self._open.items())

    def edit(
        self, uri: str, changes: Sequence[Replacement | str], limit_chars: int
    ) -> tuple[str, str] | None:
        """Follow a change; return language and text if the document is within the limit now."""
        if uri not in self._open:
            return None
        language, large = self._open[uri]
        large.edit(changes)
        if large.n_chars > MAX_FOLLOWED_CHARS:
            self.forget(uri)
        return (language, large.text) if large.n_chars <= limit_chars else None


def too_large(n_chars: int) -> str:
    """Return why a text of this length is not completed, or ""."""
    if n_chars <= MAX_DOCUMENT_CHARS:
        return ""
    # Of what is longer than that there may be only the beginning.
    counted = f"{n_chars:,}" if n_chars <= MAX_FOLLOWED_CHARS else f"over {MAX_FOLLOWED_CHARS:,}"
    return f"The file is too large: {counted} characters, at most {MAX_DOCUMENT_CHARS:,}."


def inserts_too_much(changes: Sequence[Replacement | str]) -> str:
    """Return why changes cannot be followed, or "".

    Of a text that is longer than `MAX_FOLLOWED_CHARS` there may be only the beginning, in which
    further changes would mean other places.
    """
    texts = (change if isinstance(change, str) else change.text for change in changes)
    longest = max(map(len, texts), default=0)
    return too_large(longest) if longest > MAX_FOLLOWED_CHARS else ""


class _TextPiece:
    """Some of a text; a line break lies in one piece as a whole."""

    __slots__ = ("_index", "n_breaks", "n_chars", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.n_chars = len(text)
        returns = text.count("\r")
        self.n_breaks = text.count("\n") + returns - (text.count("\r\n") if returns else 0)
        self._index: LineIndex | None = None

    @property
    def index(self) -> LineIndex:
        if self._index is None:
            self._index = LineIndex(self.text)
        return self._index


def _parts(text: str) -> list[str]:
    """Cut a text, never between a carriage return and its line feed; an empty one is one part."""
    parts, at = list[str](), 0
    while at < len(text) or not parts:
        end = at + _PIECE_CHARS
        if text[end - 1 : end + 1] == "\r\n":
            end += 1
        parts.append(text[at:end])
        at = end
    return parts
