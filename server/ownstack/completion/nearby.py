"""Files in the document's folder and beside it, read for echo and for context.

Only regular text files of the same language inside the workspace folders of a trusted workspace,
never what holds secrets by name or what the root's `.gitignore` names; read in a thread, kept
until they change. A file that cannot be read is not there.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pathspec

from ownstack.document import Document
from ownstack.languages import Language, language_of
from ownstack.secret import secret_file, secret_path

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 512 * 1024
MAX_FILES = 40
MAX_BYTES = 2 * 1024 * 1024
MAX_ENTRIES = 2_000
"""Names read of one folder."""
MAX_FOLDERS = 12
_MAX_KEPT = 200
_SNIFF_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: tuple[int, int]
    """Modification time in nanoseconds, size."""
    document: Document | None
    """None: not text."""


class Nearby:
    """Reads and keeps files; one for all windows. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, _Kept] = OrderedDict()
        self._ignored: dict[Path, tuple[int, pathspec.GitIgnoreSpec | None]] = {}
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
        path, language = file_of(document.uri), language_of(document.language, document.path)
        root = _root_of(path, folders) if path is not None else None
        if path is None or root is None or language is None:
            return []
        found: list[Document] = []
        left = MAX_BYTES
        for candidate in self._candidates(path, root, language):
            made = self._document(candidate, root, language, left)
            if made is None:
                continue
            found.append(made[0])
            left -= made[1]
            if len(found) == MAX_FILES or left <= 0:
                break
        return found

    def _candidates(self, path: Path, root: Path, language: Language) -> Iterator[Path]:
        ignored = self._ignore(root)
        for folder in _folders(path.parent, root):
            for name in _names(folder):
                candidate = folder / name
                relative = candidate.relative_to(root).as_posix()
                if candidate == path or language_of("", name) is not language:
                    continue
                if secret_path(relative) or (ignored and ignored.match_file(relative)):
                    continue
                yield candidate

    def _document(
        self, path: Path, root: Path, language: Language, left: int
    ) -> tuple[Document, int] | None:
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > min(MAX_FILE_BYTES, left):
                return None
            stamp = (status.st_mtime_ns, status.st_size)
            with self._lock:
                kept = self._kept.get(path)
            if kept is None or kept.stamp != stamp:
                # A link may lead anywhere; what it names must lie in the workspace too.
                inside = path.resolve().is_relative_to(root.resolve())
                made = _read(path, root, language) if inside else None
                kept = _Kept(stamp, made)
                self._keep(path, kept)
        except (OSError, ValueError) as error:
            log.debug("cannot read %s: %s", path, error)
            return None
        return None if kept.document is None else (kept.document, status.st_size)

    def _keep(self, path: Path, kept: _Kept) -> None:
        with self._lock:
            self._kept[path] = kept
            self._kept.move_to_end(path)
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)

    def _ignore(self, root: Path) -> pathspec.GitIgnoreSpec | None:
        """Return the rules of the root's `.gitignore`; read again when it has changed."""
        file = root / ".gitignore"
        try:
            status = file.stat()
            known = self._ignored.get(root)
            if known is not None and known[0] == status.st_mtime_ns:
                return known[1]
            lines = file.read_text("utf-8", "replace")[:MAX_FILE_BYTES].splitlines()
            rules = pathspec.GitIgnoreSpec.from_lines(lines)
            self._ignored[root] = (status.st_mtime_ns, rules)
        except (OSError, ValueError) as error:
            log.debug("no ignore rules from %s: %s", file, error)
            return None
        return rules


def file_of(uri: str) -> Path | None:
    """Return the local file that a URI names, None for any other kind of document."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))


def _root_of(path: Path, folders: Sequence[Path]) -> Path | None:
    """Return the innermost workspace folder that holds `path`."""
    holding = [
        folder for folder in folders if path.is_relative_to(folder) and ".." not in path.parts
    ]
    return max(holding, key=lambda folder: len(folder.parts), default=None)


def _folders(folder: Path, root: Path) -> Iterator[Path]:
    """Yield the folder, its parent, the parent's other folders; all inside `root`."""
    yield folder
    if folder == root:
        return
    parent = folder.parent
    yield parent
    siblings = (parent / name for name in _names(parent))
    count = 0
    for sibling in siblings:
        if count == MAX_FOLDERS:
            return
        if sibling != folder and not sibling.name.startswith(".") and _is_real_folder(sibling):
            count += 1
            yield sibling


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry, _ in zip(entries, range(MAX_ENTRIES), strict=False))
    except OSError as error:
        log.debug("cannot list %s: %s", folder, error)
        return []


def _is_real_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _read(path: Path, root: Path, language: Language) -> Document | None:
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES or b"\0" in data[:_SNIFF_BYTES]:
        return None
    text = data.decode("utf-8-sig", "replace")
    if text.count("\ufffd") * 100 > len(text):
        return None
    relative = path.relative_to(root).as_posix()
    if secret_file(relative, text):
        return None
    return Document(path.as_uri(), relative, language.id, 0, text)
