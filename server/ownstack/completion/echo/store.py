"""The text of one folder as segments on disk, renewed file by file.

A changed file goes into a small new segment and is dead in its old one; small segments are
merged into larger ones, like the levels of a log-structured tree. The file names order the
segments: of two that hold the same path, the later one counts, so no list of them is needed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ownstack.completion.echo.scan import MAX_FILE_BYTES, counts, read
from ownstack.completion.echo.segment import FileText, Segment, SegmentCorruptError, SegmentFile
from ownstack.files.availability import device_of
from ownstack.files.listing import Changes, Listing, look
from ownstack.files.reading import Stamp
from ownstack.files.scan import Entry
from ownstack.paths import private_folder

log = logging.getLogger(__name__)

MAX_TEXT_BYTES = 128 * 1024 * 1024
"""Of one folder; what is found last is left out."""
MAX_SEGMENT_BYTES = 16 * 1024 * 1024
"""Bounds the memory while sorting: six times this."""
MIN_WRITTEN_BYTES = 128 * 1024
"""Smaller segments stay in memory: reading their files again costs less than keeping them."""
FANOUT = 4
"""So many segments of about the same size are merged into one."""
_SUFFIX = ".echo"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A segment, and which of its files still count."""

    segment: Segment
    alive: NDArray[np.bool_]
    path: Path | None = None
    """Where it is on disk."""

    @property
    def live_bytes(self) -> int:
        files = self.segment.files
        return sum(files[i].end - files[i].start for i in np.flatnonzero(self.alive))

    def live(self) -> Iterator[SegmentFile]:
        return (self.segment.files[i] for i in np.flatnonzero(self.alive))


@dataclass(frozen=True, slots=True)
class View:
    """What the store held at one moment; safe to search while it goes on."""

    folder: Path
    parts: tuple[Part, ...] = ()
    complete: bool = False
    """Every file of the folder has been read once."""


class Store:
    """One folder. Queries take `view`; one thread refreshes, any thread may update."""

    def __init__(self, folder: Path, cache: Path) -> None:
        """`cache` is this folder's own; it need not exist."""
        self.view = View(folder)
        self._folder = folder
        self._cache = cache
        self._lock = threading.Lock()
        self._updated: dict[str, float] = {}
        """When files were looked at since the newest listing was begun (monotonic clock)."""
        self._refused: dict[str, Stamp] = {}
        """Files that are no text, so that they are not read again and again."""
        self._loaded = False
        self._closed = False

    def close(self) -> None:
        """Make a running refresh end soon."""
        self._closed = True

    def refresh(
        self, listing: Listing | None = None, pause: Callable[[], None] = lambda: None
    ) -> None:
        """Make the store agree with the folder. Blocks; `pause` is called after every file.

        What was already stored can be searched before this is done. Without a `listing` the folder
        is looked at here.

        Raises:
            IndexingError: the folder is away; what is stored of it is kept.
        """
        if not self._loaded:
            self._load()
            self._loaded = True
        listing = listing or look(self._folder, pause)
        with self._lock:
            self._updated = {p: at for p, at in self._updated.items() if at >= listing.began}
        seen = self._seen(listing.checked(holds_files=bool(self.view.parts)))
        if self._closed:
            return
        stored = self._stored()
        # What was updated since the start is newer than what was seen.
        old = [path for path, stamp in stored.items() if seen.get(path) != stamp]
        self.bury(path for path in old if path not in self._updated)
        known = {**self._refused, **stored}
        missing = [path for path, stamp in seen.items() if known.get(path) != stamp]
        self._refused = {path: seen[path] for path in self._refused if path in seen}
        refused = set[str]()
        for batch in self._batches(missing, refused, pause):
            self._add(Segment.build(batch), keep=self._updated)
        self._refused.update((path, seen[path]) for path in refused)
        if not self._closed:
            self._merge()
            with self._lock:
                self.view = replace(self.view, complete=True)

    def update(self, changes: Changes, pause: Callable[[], None] = lambda: None) -> None:
        """Read again what may have changed, and forget what is gone. Cost: some ms for a file.

        Raises:
            IndexingError: the folder is away; what is stored of it is kept.
        """
        with self._lock:
            self._updated.update(dict.fromkeys(changes, time.monotonic()))
        seen = {path: entry.stamp for path, entry in changes.items() if entry and counts(entry)}
        stored = self._stored()
        gone = {path for path in changes if path not in seen and path in stored}
        if gone:
            device_of(self._folder, holds_files=not stored.keys() <= gone)
            self.bury(gone)
        missing = [path for path, stamp in seen.items() if stored.get(path) != stamp]
        refused = set[str]()
        for batch in self._batches(missing, refused, pause):
            self._add(Segment.build(batch))
        self.bury(refused)

    def bury(self, paths: Iterable[str]) -> None:
        """Stop using what is stored of some files, as they have changed or gone."""
        gone = set(paths)
        if gone:
            with self._lock:
                self._replace_parts([_without(part, gone) for part in self.view.parts])

    def merge(self) -> None:
        """Merge what has grown too numerous; blocks. For after updates, not within `refresh`."""
        if self._loaded:
            self._merge()

    def _stored(self) -> dict[str, Stamp]:
        return {file.path: file.stamp for part in self.view.parts for file in part.live()}

    def _seen(self, entries: Mapping[str, Entry]) -> dict[str, Stamp]:
        """Return the files that are read, with their stamps, as many as fit."""
        left, seen = MAX_TEXT_BYTES, dict[str, Stamp]()
        for path, entry in entries.items():
            if not counts(entry):
                continue
            # A notebook may be larger, but no text in it is.
            left -= min(entry.stamp[1], MAX_FILE_BYTES)
            if left < 0:
                break
            seen[path] = entry.stamp
        return seen

    def _batches(
        self, paths: list[str], refused: set[str], pause: Callable[[], None]
    ) -> Iterator[list[FileText]]:
        """Yield the texts of files; paths of those that have none are added to `refused`."""
        batch: list[FileText] = []
        size = 0
        for path in paths:
            if self._closed:
                return
            source = read(self._folder, path)
            pause()
            if source is None:
                refused.add(path)
                continue
            batch.append(source)
            size += len(source.text)
            if size >= MAX_SEGMENT_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    # Changing what counts -----------------------------------------------------------------

    def _add(self, segment: Segment, keep: Iterable[str] = ()) -> None:
        """Let a segment's files count instead of older ones, but for those in `keep`.

        Those have been read later than the segment's were.
        """
        segment, file = self._write(segment)
        newer = set(keep)
        paths = {file.path for file in segment.files} - newer
        alive = np.array([file.path in paths for file in segment.files], np.bool_)
        with self._lock:
            parts = [_without(part, paths) for part in self.view.parts]
            self._replace_parts([*parts, Part(segment, alive, file)])

    def _replace_parts(self, parts: list[Part]) -> None:
        """Set what counts; segments without a living file are dropped. Holds the lock."""
        for part in parts:
            if part.path is not None and not part.alive.any():
                _remove(part.path)
        living = tuple(part for part in parts if part.alive.any())
        self.view = replace(self.view, parts=living)

    def _merge(self) -> None:
        while not self._closed:
            chosen = _to_merge(self.view.parts)
            if not chosen:
                return
            self._merge_parts(chosen)

    def _merge_parts(self, chosen: list[Part]) -> None:
        kept = [(part.segment, file) for part in chosen for file in part.live()]
        merged = Segment.build(segment.source(file) for segment, file in kept)
        merged, path = self._write(merged)
        old = {id(part.segment) for part in chosen}
        with self._lock:
            # Some of these files may have been changed or removed meanwhile.
            now = {
                (id(part.segment), file.path)
                for part in self.view.parts
                if id(part.segment) in old
                for file in part.live()
            }
            alive = np.array([(id(segment), file.path) in now for segment, file in kept], np.bool_)
            rest = [part for part in self.view.parts if id(part.segment) not in old]
            self._replace_parts([Part(merged, alive, path), *rest])
        for part in chosen:
            if part.path is not None:
                _remove(part.path)

    # Disk ---------------------------------------------------------------------------------

    def _write(self, segment: Segment) -> tuple[Segment, Path | None]:
        """Keep a segment on disk; its memory is then a mapping that the system may drop."""
        if segment.size_bytes < MIN_WRITTEN_BYTES:
            return segment, None
        path = self._cache / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
        try:
            private_folder(self._cache)
            segment.write(path)
            return Segment.open(path), path
        except (OSError, SegmentCorruptError) as error:
            log.warning("The text index of %s is kept in memory only: %s", self._folder, error)
            return segment, None

    def _load(self) -> None:
        parts: list[Part] = []
        known: set[str] = set()
        useless = []
        with contextlib.suppress(OSError):
            os.utime(self._cache)  # It is still in use.
            for file in sorted(self._cache.glob("*" + _SUFFIX), reverse=True):
                part = self._open(file, known)
                if part is None:
                    useless.append(file)
                else:
                    known.update(file.path for file in part.segment.files)
                    parts.append(part)
        for file in useless:
            _remove(file)
        with self._lock:
            updated = {file.path for part in self.view.parts for file in part.live()}
            older = [_without(part, updated) for part in reversed(parts)]
            self._replace_parts([*older, *self.view.parts])

    def _open(self, file: Path, known: set[str]) -> Part | None:
        """Map a part, but for files in `known`; None if it is damaged or holds nothing else.

        Such a one is not mapped afterwards: Windows removes no file that is.
        """
        try:
            segment = Segment.open(file)
        except (OSError, ValueError) as error:
            log.warning("A part of the text index is made again: %s", error)
            return None
        alive = np.array([file.path not in known for file in segment.files], np.bool_)
        return Part(segment, alive, file) if alive.any() else None


def _without(part: Part, paths: set[str]) -> Part:
    dead = [i for i, file in enumerate(part.segment.files) if file.path in paths and part.alive[i]]
    if not dead:
        return part
    alive = part.alive.copy()
    alive[dead] = False
    return replace(part, alive=alive)


def _to_merge(parts: tuple[Part, ...]) -> list[Part]:
    """Return parts to make one of: `FANOUT` of a size, or one that is mostly dead."""
    sizes: dict[int, list[Part]] = {}
    for part in parts:
        live = part.live_bytes
        if live * 2 < part.segment.size_bytes and part.segment.size_bytes > MIN_WRITTEN_BYTES:
            return [part]
        level = max(live, MIN_WRITTEN_BYTES // FANOUT).bit_length() // 2  # powers of four
        if live * FANOUT <= MAX_SEGMENT_BYTES:
            sizes.setdefault(level, []).append(part)
    for level in sorted(sizes):
        if len(sizes[level]) >= FANOUT:
            return sizes[level][:FANOUT]
    return []


def _remove(path: Path) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        # Another process may have it mapped (Windows); a later start removes it.
        log.debug("cannot remove %s: %s", path, error)
