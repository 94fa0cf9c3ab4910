"""The texts of files as they are now, which is what every answer is checked against."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from ownstack.index.reading import NO_STAMP, Stamp, Text, holds, read, stamp_of


class Texts:
    """Lines of files that were read lately, and which stamps are known to be true; thread-safe."""

    def __init__(self, folder: Path, max_chars: int = 64_000_000) -> None:
        self.folder = folder
        self._max_chars = max_chars
        self._n_chars = 0
        self._lines: OrderedDict[tuple[str, bytes], tuple[list[str], int]] = OrderedDict()
        self._stamps: dict[str, tuple[Stamp, bytes]] = {}
        self._lock = threading.Lock()

    def know(self, path: str, stamp: Stamp, content: bytes) -> None:
        """Note that a file with this stamp holds this content."""
        if stamp != NO_STAMP:
            self._stamps[path] = (stamp, content)

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
                self._lines.move_to_end(key)
        if known is not None:
            return known[0] if self.current(path, content) else None
        found = read(self.folder, path)
        if not isinstance(found, Text) or found.content != content:
            return None
        self.know(path, found.proof, content)
        lines = found.text.split("\n")
        with self._lock:
            self._lines[key] = (lines, len(found.text))
            self._n_chars += len(found.text)
            while self._n_chars > self._max_chars and len(self._lines) > 1:
                self._n_chars -= self._lines.popitem(last=False)[1][1]
        return lines
