"""Texts that are known to follow at a place, found again while the user types into them.

A key is the document, what stands above the cursor's line and what stands below it (hashes of
a few thousand characters, so that an edit far away or in another file costs nothing); entries
of one key lie on one line. A look-up walks back along the line: an entry is found from any
position at which the line so far continues it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cachetools import LRUCache

from ownstack.completion.line_chance import LineChance
from ownstack.completion.place import Place, auto_closed, uses_crlf

ABOVE_CHARS = 4_096
BELOW_CHARS = 1_024
MAX_KEYS = 400
MAX_ENTRIES_PER_KEY = 8
MAX_LINE_STARTS = 16
"""Lines of a longer text at which it can be entered again."""

Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class CachedText:
    """A text that is known to follow at a place."""

    text: str
    trimmed: bool
    """False for a remainder, which nobody has looked at yet."""
    complete: bool
    invoked: bool
    """It was made for somebody who asked, and may be long."""
    prefetched: bool = False
    chance: LineChance | None = None
    """Of the first line, as far as it is not typed; None: nothing tells of it."""
    adapters: tuple[str, ...] = ()
    """Names of those that served when it was written."""


@dataclass(frozen=True, slots=True)
class _Entry:
    head: str
    tail: str
    cached: CachedText


class Cache:
    """Keeps what follows at places; the keys that were not used for longest are dropped first."""

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        self._keys: LRUCache[Key, list[_Entry]] = LRUCache(max_keys)

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._keys.values())

    def clear(self) -> None:
        self._keys.clear()

    def forget(self, uri: str) -> None:
        """Drop what belongs to a closed document."""
        for key in [key for key in self._keys if key[0] == uri]:
            del self._keys[key]

    def put(self, place: Place, cached: CachedText) -> None:
        """Remember that a text follows at `place`, and each of its lines after those before."""
        if not cached.text:
            return
        start, end = place.line()
        text, tail = place.document.text, place.document.text[place.offset : end]
        above = text[max(0, start - ABOVE_CHARS) : start]
        head = text[start : place.offset]
        below = hash(text[end : end + BELOW_CHARS])
        self._put((place.uri, hash(above), below), _Entry(head, tail, cached))
        line_end = "\r\n" if uses_crlf(text, place.offset) else "\n"
        rest = cached.text
        for _ in range(MAX_LINE_STARTS):
            line, newline, rest = rest.partition("\n")
            if not newline or not rest:
                return
            above = (above + head + line + line_end)[-ABOVE_CHARS:]
            head = ""
            entry = _Entry("", tail, replace(cached, text=rest, chance=None))
            self._put((place.uri, hash(above), below), entry)

    def get(self, place: Place, *, invoked: bool = False) -> CachedText | None:
        """Return what follows at `place`; with `invoked`, only what was made for that."""
        start, end = place.line()
        text = place.document.text
        above = text[max(0, start - ABOVE_CHARS) : start]
        key = (place.uri, hash(above), hash(text[end : end + BELOW_CHARS]))
        entries = self._keys.get(key)
        if entries is None:
            return None
        head, tail = text[start : place.offset], text[place.offset : end]
        for entry in entries:
            if invoked and not entry.cached.invoked:
                continue
            rest = _continued(entry, head, tail)
            if rest:
                return _left(entry.cached, rest)
        return None

    def _put(self, key: Key, entry: _Entry) -> None:
        entries = self._keys.setdefault(key, [])
        entries[:] = [old for old in entries if (old.head, old.tail) != (entry.head, entry.tail)]
        entries.insert(0, entry)
        del entries[MAX_ENTRIES_PER_KEY:]


def _left(cached: CachedText, rest: str) -> CachedText:
    chance, n_typed = cached.chance, len(cached.text) - len(rest)
    return replace(cached, text=rest, chance=None if chance is None else chance.after(n_typed))


def _continued(entry: _Entry, head: str, tail: str) -> str:
    """Return what is left of an entry at the end of `head`, "" if it does not go on there."""
    whole = entry.head + entry.cached.text
    if not head.startswith(entry.head) or not whole.startswith(head):
        return ""
    typed = head[len(entry.head) :]
    if tail != entry.tail and tail != auto_closed(typed) + entry.tail:
        return ""
    return whole[len(head) :]
