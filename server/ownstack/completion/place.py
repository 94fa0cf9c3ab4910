"""A cursor in one version of a document, and what has been typed between two of them."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.document import Document

MAX_AUTO_CLOSED = 4
"""Closing marks an editor may have put right of the cursor while the user typed the openers."""

_CLOSER = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`"}
_CLOSERS = frozenset(_CLOSER.values())


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor, as a character offset. Holds the whole snapshot, so few of them are kept."""

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
        text = old.text[: self.offset] + put + old.text[self.offset + n_replaced :]
        new = Document(old.uri, old.path, old.language, old.version, text)
        return Place(new, self.offset + len(put))


def uses_crlf(text: str, offset: int) -> bool:
    """Say whether the lines around `offset` end with CR LF."""
    at = text.find("\n", max(0, offset - 200))
    return at > 0 and text[at - 1] == "\r"


def plain(text: str) -> str:
    r"""Return `text` with `\n` for line ends, as suggestions have them."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def typed_since(old: Place, new: Place) -> str | None:
    r"""Return what was typed at `old` since, line ends as `\n`; None if anything else changed.

    Closing marks that the editor put right of the cursor for openers in the typed text do not
    count as a change.
    """
    before, now = old.document, new.document
    if before.uri != now.uri or new.offset < old.offset:
        return None
    if before.text is now.text:
        return "" if old.offset == new.offset else None
    added = len(now.text) - len(before.text) - (new.offset - old.offset)
    if not 0 <= added <= MAX_AUTO_CLOSED:
        return None
    typed = now.text[old.offset : new.offset]
    if now.text[new.offset : new.offset + added] != auto_closed(typed)[:added]:
        return None
    if now.text[new.offset + added :] != old.suffix or not now.text.startswith(old.prefix):
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
    end = len(new.text) - (len(old.document.text) - old.offset)
    places = [Place(new, end)]
    for n_closers in range(1, MAX_AUTO_CLOSED + 1):
        if end - n_closers < old.offset or new.text[end - n_closers] not in _CLOSERS:
            break
        places.append(Place(new, end - n_closers))
    return places


def agrees(text: str, typed: str) -> bool:
    """Say whether `text`, complete or still growing, and `typed` do not contradict each other."""
    return text.startswith(typed) or typed.startswith(text)
