"""What the user has turned down, so that it is not offered again at the same place.

As in Copilot's `rejectionCollector`, the memory is short and belongs to the window. Differences:
a text counts as turned down after `LIMIT` times, since typing past a suggestion once means
little; and a place is a line's beginning with the two lines above, so that it survives edits
elsewhere in the file.
"""

from __future__ import annotations

from cachetools import LRUCache

from ownstack.completion.place import Place

LIMIT = 2
MAX_REMEMBERED = 500
_ABOVE_CHARS = 160


class Rejections:
    """Counts how often a text was typed away from at a place."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._counts: LRUCache[tuple[str, int], int] = LRUCache(MAX_REMEMBERED)

    def add(self, place: Place, text: str) -> None:
        """Count one more time that `text`, offered at `place`, was not wanted."""
        key = _key(place, text)
        self._counts[key] = self._counts.get(key, 0) + 1

    def forgive(self, place: Place, text: str) -> None:
        """Forget it: the text was wanted after all."""
        self._counts.pop(_key(place, text), None)

    def refuses(self, place: Place, text: str) -> bool:
        """Say whether `text` should not be offered at `place` by itself."""
        return self._counts.get(_key(place, text), 0) >= self._limit


def _key(place: Place, text: str) -> tuple[str, int]:
    # The first line only: what follows it may differ each time. Head and text together, so that
    # the same suggestion from one character further along is the same.
    start, _ = place.line()
    whole = place.document.text[start : place.offset] + text
    above = place.document.text[max(0, start - _ABOVE_CHARS) : start].split("\n")[-3:]
    return place.uri, hash((tuple(above), whole.partition("\n")[0].rstrip()))
