"""The texts of files as they are now, which is what every answer is checked against.

Any thread may ask. Lines and their count change together, under the lock; a stamp is one entry of
a dictionary, set and read whole, and two threads that set it have seen the same file.
"""

from __future__ import annotations

import threading
from pathlib import Path

from cachetools import LRUCache

from ownstack.extract.cells import rows_in
from ownstack.extract.rows import CellRows
from ownstack.files.reading import NO_STAMP, Stamp, Text, holds, read, stamp_of
from ownstack.files.secret.detection import without_secrets

MAX_NOTEBOOKS = 256
"""So many are remembered by where their cells are."""


class Texts:
    """Lines of files that were read lately, and which stamps are known to be true; thread-safe."""

    def __init__(self, folder: Path, max_chars: int = 64_000_000) -> None:
        self.folder = folder
        self._lines: LRUCache[tuple[str, bytes], tuple[list[str], int]]
        self._lines = LRUCache(max_chars, lambda known: known[1])
        self._stamps: dict[str, tuple[Stamp, bytes]] = {}
        self._cells: LRUCache[tuple[str, bytes], CellRows] = LRUCache(MAX_NOTEBOOKS)
        self._lock = threading.Lock()

    def know(self, path: str, stamp: Stamp, content: bytes) -> None:
        """Note that a file with this stamp holds this content."""
        if stamp != NO_STAMP:
            self._stamps[path] = (stamp, content)

    def know_cells(self, path: str, content: bytes, cells: CellRows) -> None:
        """Note where the cells of a notebook's text are, which need not be what its file holds."""
        with self._lock:
            self._cells[path, content] = cells

    def cells(self, path: str, content: bytes) -> CellRows | None:
        """Return where a notebook's cells are; None if it does not hold this content (any more)."""
        with self._lock:
            known = self._cells.get((path, content))
        if known is not None:
            return known
        lines = self.lines(path, content)
        if lines is None:
            return None
        known = rows_in("\n".join(lines))
        self.know_cells(path, content, known)
        return known

    def current(self, path: str, content: bytes) -> bool:
        """Say whether a file holds this content now: by its stamp, else by its bytes."""
        stamp = stamp_of(self.folder, path)
        if stamp is None:
            return False
        if self._stamps.get(path) == (stamp, content):
            return True
        held = holds(self.folder, path, content)
        if held is None:
            return False
        self.know(path, held, content)
        return True

    def lines(self, path: str, content: bytes) -> list[str] | None:
        """Return the lines of this content of a file, or None if it does not hold it now."""
        key = (path, content)
        with self._lock:
            known = self._lines.get(key)
        if known is not None:
            return known[0] if self.current(path, content) else None
        found = read(self.folder, path)
        if not isinstance(found, Text) or found.content != content:
            return None
        self.know(path, found.proof, content)
        # As it was extracted, so that the lines are those of the chunks.
        lines = without_secrets(path, found.text).split("\n")
        if len(found.text) <= self._lines.maxsize:
            with self._lock:
                self._lines[key] = (lines, len(found.text))
        return lines
