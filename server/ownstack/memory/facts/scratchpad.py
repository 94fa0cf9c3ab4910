"""Notes of a project that are meant to be forgotten: each has a time to live, and is gone after it.

They are no events: what has expired is deleted, from the disk too.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from ownstack.errors import EventError
from ownstack.memory import ids
from ownstack.memory.log.store import LogStore
from ownstack.memory.log.writes import DropScratch, PutScratch, unicode

DEFAULT_TTL_S = 24 * 3600.0
MAX_KEY_CHARS = 200
MAX_TEXT_CHARS = 100_000
MAX_NOTES = 200


@dataclass(frozen=True, slots=True)
class ScratchNote:
    """A note, and until when it is there."""

    key: str
    text: str
    expires: float
    """Seconds since 1970."""


class Scratchpad:
    """That of one project. Methods wait for the disk."""

    def __init__(self, store: LogStore, root: str, *, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._project = ids.project_id(root)
        self._now = now

    def put(self, key: str, text: str, ttl_s: float = DEFAULT_TTL_S) -> None:
        """Note something, in place of what stands under the key.

        Raises:
            MemoryStoreError: it is too long, there is no room, or the disk takes nothing.
        """
        if not key or len(key) > MAX_KEY_CHARS or len(text) > MAX_TEXT_CHARS or not ttl_s > 0:
            raise EventError(
                f"A scratch note has a key of 1 to {MAX_KEY_CHARS} characters, at most "
                f"{MAX_TEXT_CHARS:,} characters of text and a time to live above 0."
            )
        self.sweep()
        if len(self.notes()) >= MAX_NOTES and self.get(key) is None:
            raise EventError(
                f"The scratchpad has {MAX_NOTES} notes, which is all it holds.",
                "Drop one, or wait until one expires.",
            )
        key, text = map(unicode, (key, text))
        self._store.submit(PutScratch(self._project, key, text, self._now() + ttl_s)).result()

    def get(self, key: str) -> str | None:
        """Return what stands under a key, None if nothing does any more."""
        return next((note.text for note in self.notes() if note.key == key), None)

    def notes(self) -> list[ScratchNote]:
        """Return all that has not expired, what expires first at the beginning."""
        asked = (self._project, self._now())

        def ask(db: sqlite3.Connection) -> list[ScratchNote]:
            found = db.execute(
                "SELECT key, text, expires FROM scratch WHERE project = ? AND expires > ?"
                " ORDER BY expires, key",
                asked,
            )
            return [ScratchNote(*row) for row in found]

        return self._store.read(ask)

    def drop(self, key: str) -> bool:
        """Forget a note; return whether there was one."""
        return bool(self._store.submit(DropScratch(self._now(), self._project, key)).result())

    def sweep(self) -> int:
        """Delete what has expired, of all projects; return how many notes that were."""
        return int(self._store.submit(DropScratch(self._now())).result())
