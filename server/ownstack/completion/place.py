"""A cursor in one version of a document, and what has been typed between two of them."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.document import Document
from ownstack.text import Span

MAX_AUTO_CLOSED = 4
"""Closing marks an editor may have put right of the cursor while the user typed the openers."""

_CLOSER = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`"}
_CLOSERS = frozenset(_CLOSER.values())


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a document. Holds the whole snapshot, so few of them are kept."""

    document: Document
    offset: int

    @property
    def uri(self) -> str:
        return self.document.uri

    @property
    def prefix(self) -> str:
        return self.document.text[: self.offset]

    @property
    def suffix(self) -> str:
        return self.document.text[self.offset :]

    def line(self) -> tuple[int, int]:
        """Return where the cursor's line starts and ends (before its break). No line index."""
        text = self.document.text
        start = text.rfind("\n", 0, self.offset) + 1
        start = max(start, text.rfind("\r", start, self.offset) + 1)
        end = text.find("\n", self.offset)
        end = len(text) if end < 0 else end
        lone = text.find("\r", self.offset, end)
        return start, end if lone < 0 else lone

    @property
    def head(self) -> str:
        return self.document.text[self.line()[0] : self.offset]

    @property
    def tail(self) -> str:
        return self.document.text[self.offset : self.line()[1]]

    def after(self, typed: str, n_replaced: int = 0) -> Place:
        r"""Return the place after `typed`, put over `n_replaced` characters here.

        `typed` has `\n` for line ends. The new document may never come to exist; it carries the
        version of this one.
        """
        old = self.document
        put = typed.replace("\n", "\r\n") if uses_crlf(old.text, self.offset) else typed
        new = old.spliced(Span(self.offset, self.offset + n_replaced), put)
        return Place(new, self.offset + len(put))


def uses_crlf(text: str, offset: int) -> bool:
    """Say whether the lines around `offset` end with CR LF."""
    at = text.find("\n", max(0, offset - 200))
    return at > 0 and text[at - 1] == "\r"


def plain(text: str) -> str:
    r"""Return `text` with `\n` for line ends, as suggestions have them."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def compared(old: Place, new: Document) -> tuple[Span, Span] | None:
    """Return what of two versions tells whether a place is the same in both.

    That is all of the texts, but of a notebook only the place's own cell, whatever becomes of
    other cells meanwhile. None if the cell has gone.
    """
    cell = old.document.cell_at(old.offset)
    if cell is None:
        return Span(0, len(old.document.text)), Span(0, len(new.text))
    now = new.cell(cell.uri)
    return None if now is None else (cell.span, now.span)


def found_in(old: Place, new: Document) -> Place | None:
    """Return a place in another version whose text (of its cell) is the same, else None."""
    spans = compared(old, new)
    if spans is None or _cut(old.document, spans[0]) != _cut(new, spans[1]):
        return None
    return Place(new, old.offset + spans[1].start - spans[0].start)


def stands(document: Document, offset: int, current: Document) -> bool:
    """Say whether a cursor's text is still the current one; of a notebook that of its cell."""
    if current.version == document.version:
        return True
    return bool(document.cells) and found_in(Place(document, offset), current) is not None


def _cut(document: Document, span: Span) -> str:
    # Of a whole text this is the text itself, no copy.
    return document.text[span.start : span.end]


def typed_since(old: Place, new: Place) -> str | None:
    r"""Return what was typed at `old` since, line ends as `\n`; None if anything else changed.

    Closing marks that the editor put right of the cursor for openers in the typed text do not
    count as a change.
    """
    spans = None if old.uri != new.uri else compared(old, new.document)
    if spans is None:
        return None
    before, now = _cut(old.document, spans[0]), _cut(new.document, spans[1])
    start, end = old.offset - spans[0].start, new.offset - spans[1].start
    if not start <= end <= len(now):
        return None
    if before is now:
        return "" if start == end else None
    added = len(now) - len(before) - (end - start)
    if not 0 <= added <= MAX_AUTO_CLOSED:
        return None
    typed = now[start:end]
    if now[end : end + added] != auto_closed(typed)[:added]:
        return None
    if now[end + added :] != before[start:] or not now.startswith(before[:start]):
        return None
    return plain(typed)


def auto_closed(typed: str) -> str:
    """Return the closing marks that an editor adds right of the cursor for `typed`."""
    waiting: list[str] = []
    for char in typed[-500:]:
        if waiting and char == waiting[-1]:
            waiting.pop()
        elif char in _CLOSER:
            waiting.append(_CLOSER[char])
    return "".join(reversed(waiting))[:MAX_AUTO_CLOSED]


def possible_cursors(old: Place, new: Document) -> list[Place]:
    """Return where the cursor may be, if `new` came from typing at `old`; likeliest first.

    A change tells no cursor, and editors put closing marks right of it.
    """
    spans = compared(old, new)
    if spans is None:
        return []
    was, now = spans
    end = now.end - (was.end - old.offset)
    first = old.offset + now.start - was.start
    places = [Place(new, end)]
    for n_closers in range(1, MAX_AUTO_CLOSED + 1):
        if end - n_closers < first or new.text[end - n_closers] not in _CLOSERS:
            break
        places.append(Place(new, end - n_closers))
    return places


def agrees(text: str, typed: str) -> bool:
    """Say whether `text`, complete or still growing, and `typed` do not contradict each other."""
    return text.startswith(typed) or typed.startswith(text)
