"""Files in the document's folder and beside it, read for echo and for context.

Only files of the same language inside the workspace folders of a trusted workspace, and of those
only what an index of the folder would hold, too; read in a thread, kept until they change. A file
that cannot be read is not there.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from cachetools import LRUCache

from ownstack.document import Document
from ownstack.files import reading
from ownstack.files.reading import Stamp
from ownstack.files.scan import Entry, Judge
from ownstack.files.uri import file_path
from ownstack.languages import language_of, may_be

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 512 * 1024
MAX_FILES = 40
MAX_BYTES = 2 * 1024 * 1024
MAX_ENTRIES = 2_000
"""Names read of one folder."""
MAX_FOLDERS = 12
_MAX_KEPT_CHARS = 16 * 1024 * 1024
_FILE_CHARS = 500
"""What a file that is kept counts besides its text."""


_Kept = tuple[Stamp, "Document | None"]
"""A file as it was read; None: it is not text."""


class Nearby:
    """Reads and keeps files; one for all windows. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: LRUCache[Path, _Kept] = LRUCache(_MAX_KEPT_CHARS, _chars)
        self._lock = threading.Lock()

    async def documents(
        self, document: Document, folders: Sequence[Path], *, trusted: bool
    ) -> list[Document]:
        """Return files near `document` as documents, nearest first; see `read`."""
        if not trusted:
            return []
        return await asyncio.to_thread(self.read, document, folders)

    def read(self, document: Document, folders: Sequence[Path]) -> list[Document]:
        """Read the document's folder, then the parent and its other folders. Never raises.

        Nothing for a document that is not a file in one of the workspace `folders`.
        """
        path, language = file_path(document.uri), language_of(document.language, document.path)
        root = _root_of(path, folders) if path is not None else None
        if path is None or root is None or language is None:
            return []
        found: list[Document] = []
        left = MAX_BYTES
        # Made anew each time, so that what changed in the rules counts; that costs a millisecond.
        judge, own = Judge(root, MAX_FILE_BYTES), path.relative_to(root).as_posix()
        for entry in _nearest(judge, own.rpartition("/")[0]):
            if entry.path == own or entry.stamp[1] > left or not may_be(entry.path, language):
                continue
            made = self._document(root, entry)
            if made is None or made.language != language.id:
                continue
            found.append(made)
            left -= entry.stamp[1]
            if len(found) == MAX_FILES or left <= 0:
                break
        return found

    def _document(self, root: Path, entry: Entry) -> Document | None:
        path = root / entry.path
        with self._lock:
            kept = self._kept.get(path)
        if kept is None or kept[0] != entry.stamp:
            kept = entry.stamp, _read(path, root)
            with self._lock:
                self._kept[path] = kept
        return kept[1]


def _chars(kept: _Kept) -> int:
    return _FILE_CHARS + (len(kept[1].text) if kept[1] is not None else 0)


def _root_of(path: Path, folders: Sequence[Path]) -> Path | None:
    """Return the innermost workspace folder that holds `path`."""
    holding = [
        folder for folder in folders if path.is_relative_to(folder) and ".." not in path.parts
    ]
    return max(holding, key=lambda folder: len(folder.parts), default=None)


def _nearest(judge: Judge, folder: str) -> Iterator[Entry]:
    """Yield what counts of the folder, its parent, and the parent's other folders."""
    yield from _inside(judge, folder)[0]
    if not folder:
        return
    files, folders = _inside(judge, folder.rpartition("/")[0])
    yield from files
    others = (other for other in folders if other != folder and not _is_hidden(other))
    for other in itertools.islice(others, MAX_FOLDERS):
        yield from _inside(judge, other)[0]


def _inside(judge: Judge, folder: str) -> tuple[list[Entry], list[str]]:
    try:
        return judge.inside(folder, MAX_ENTRIES)
    except OSError as error:
        log.debug("nothing near in %s: %s", folder, error)
        return [], []


def _is_hidden(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".")


def _read(path: Path, root: Path) -> Document | None:
    relative = path.relative_to(root).as_posix()
    read = reading.read(root, relative, MAX_FILE_BYTES)
    if isinstance(read, reading.Refusal):
        return None
    found = language_of("", path.name, read.text, lambda: _beside(path))
    return None if found is None else Document(path.as_uri(), relative, found.id, 0, read.text)


def _beside(path: Path) -> list[str]:
    """Return the names in a file's folder, by which its language may be told."""
    try:
        with os.scandir(path.parent) as entries:
            return sorted(entry.name for entry in itertools.islice(entries, MAX_ENTRIES))
    except OSError as error:
        log.debug("cannot list %s: %s", path.parent, error)
        return []
