"""One suffix array over several files: where a text occurs, by its ends.

For every position of the joined text, the array holds that position, in the order of what stands
before it read backwards. The places whose text before them agrees longest with a given text are
therefore neighbours: one binary search finds them all, whatever the length of the match.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_MATCH_BYTES = 512
_FIRST_BYTES = 64
"""Compared at once; only places that agree in all of it are compared further."""
_BORDER = b"\0"
_MAGIC = b"OWNECHO2"
_HEADER = struct.Struct("<8sQQI")
"""Magic, bytes of the table, bytes of text, CRC-32 of all that follows."""


class SegmentCorruptError(ValueError):
    """The file is not a segment, or not the one that was written."""


@dataclass(frozen=True, slots=True)
class FileText:
    """A file to put into a segment."""

    path: str
    """Relative to the folder, with `/`."""
    stamp: tuple[int, int]
    """Modification time in nanoseconds and size when it was read."""
    text: bytes
    r"""UTF-8, lines ended by `\n`, no NUL."""


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """Where a file lies in the joined text."""

    path: str
    stamp: tuple[int, int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Matches:
    """Occurrences in one segment, the longest match first."""

    ends: NDArray[np.int64]
    """Position in the text at which the match ends."""
    lengths: NDArray[np.int64]
    """Bytes that agree, at most `MAX_MATCH_BYTES`."""
    files: NDArray[np.int64]
    """Index into `Segment.files`."""


class Segment:
    """Immutable; safe to search from any thread."""

    def __init__(
        self, text: bytes | mmap.mmap, base: int, files: list[SegmentFile], ends: NDArray[np.int32]
    ) -> None:
        """Use `text` from byte `base` on; `ends` counts from there."""
        self._data = text
        self._base = base
        self._ends = ends
        self.files = files
        self.size_bytes = len(ends)
        self._bytes: NDArray[np.uint8] = np.frombuffer(text, np.uint8, len(ends), base)
        self._starts = np.array([file.start for file in files], np.int64)

    @classmethod
    def build(cls, sources: Iterable[FileText]) -> Segment:
        """Sort all positions. Cost: about 0.1 s a megabyte and 6 bytes of memory a byte.

        Runs outside the GIL, on one processor.
        """
        parts, files, at = [_BORDER], [], 1
        for source in sources:
            files.append(SegmentFile(source.path, source.stamp, at, at + len(source.text)))
            parts += [source.text, _BORDER]
            at += len(source.text) + 1
        text = b"".join(parts)
        backwards = np.frombuffer(text, np.uint8)[::-1].copy()
        ends = _sorter()(backwards).astype(np.int32, copy=False)
        np.subtract(np.int32(len(text)), ends, out=ends)
        return cls(text, 0, files, ends)

    def write(self, path: Path) -> None:
        """Write the segment to `path`, whole or not at all.

        Raises:
            OSError: the folder cannot be written, or the disk is full.
        """
        table = json.dumps([[f.path, *f.stamp, f.start, f.end] for f in self.files]).encode()
        table += b" " * (-(len(table) + self.size_bytes + _HEADER.size) % 4)
        parts: list[bytes | memoryview] = [table, self._bytes.data, self._ends.view(np.uint8).data]
        crc = 0
        for part in parts:
            crc = zlib.crc32(part, crc)
        new = path.with_suffix(f".{os.getpid()}.new")
        try:
            with new.open("wb") as file:
                file.write(_HEADER.pack(_MAGIC, len(table), self.size_bytes, crc))
                for part in parts:
                    file.write(part)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Map a written segment. Cost: it is read once, to check it.

        Raises:
            SegmentCorruptError: it is damaged, cut short or of another version.
            OSError: it cannot be read.
        """
        if not path.is_file():
            raise SegmentCorruptError(f"{path.name} is no file")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _HEADER.size:
                raise SegmentCorruptError(f"{path.name} is too short")
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, n_table, n_text, crc = _HEADER.unpack_from(data)
        if magic != _MAGIC or len(data) != _HEADER.size + n_table + 5 * n_text:
            raise SegmentCorruptError(f"{path.name} has not the size or the version it should have")
        if zlib.crc32(memoryview(data)[_HEADER.size :]) != crc:
            raise SegmentCorruptError(f"{path.name} is damaged")
        base = _HEADER.size + n_table
        rows = json.loads(data[_HEADER.size : base])
        files = [SegmentFile(row[0], (row[1], row[2]), row[3], row[4]) for row in rows]
        return cls(data, base, files, np.frombuffer(data, "<i4", n_text, base + n_text))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Path → index into `files`."""
        return {file.path: number for number, file in enumerate(self.files)}

    def find(self, backwards: bytes, limit: int) -> Matches:
        """Return the positions before which stands the longest end of a text.

        `backwards`: the text before the cursor, the last byte first, at most `MAX_MATCH_BYTES`.
        At most twice `limit` of them: those that agree longest, on both sides of where the text
        would be sorted. Cost: about 0.2 ms.
        """
        if not backwards:
            none = np.zeros(0, np.int64)
            return Matches(none, none, none)
        at = self._bisect(backwards)
        ends = self._ends[max(0, at - limit) : at + limit].astype(np.int64)
        lengths = self._agree(ends, np.frombuffer(backwards, np.uint8))
        order = np.argsort(-lengths, kind="stable")
        ends, lengths = ends[order], lengths[order]
        return Matches(ends, lengths, np.searchsorted(self._starts, ends, "right") - 1)

    def count(self, backwards: bytes) -> int:
        """Return how often a text occurs; the last byte first."""
        return self._bisect(backwards + b"\xff" * 4) - self._bisect(backwards)

    def read(self, start: int, end: int) -> bytes:
        """Return a stretch of the joined text; files are divided by NUL."""
        return self._data[self._base + max(0, start) : self._base + end]

    def source(self, file: SegmentFile) -> FileText:
        return FileText(file.path, file.stamp, self.read(file.start, file.end))

    def _bisect(self, backwards: bytes) -> int:
        data, base, ends, n = self._data, self._base, self._ends, len(backwards)
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high) // 2
            end = base + int(ends[middle])
            if data[max(base, end - n) : end][::-1] < backwards:
                low = middle + 1
            else:
                high = middle
        return low

    def _agree(self, ends: NDArray[np.int64], wanted: NDArray[np.uint8]) -> NDArray[np.int64]:
        lengths = self._agree_to(ends, wanted[:_FIRST_BYTES])
        full = np.flatnonzero(lengths == _FIRST_BYTES)
        if len(full) and len(wanted) > _FIRST_BYTES:
            lengths[full] = self._agree_to(ends[full], wanted)
        return lengths

    def _agree_to(self, ends: NDArray[np.int64], wanted: NDArray[np.uint8]) -> NDArray[np.int64]:
        at = ends[:, None] - 1 - np.arange(len(wanted))
        same = self._bytes[np.maximum(at, 0)] == wanted
        same &= at >= 0
        return np.where(same.all(axis=1), len(wanted), same.argmin(axis=1)).astype(np.int64)


@lru_cache(1)
def _sorter() -> Any:
    """Load the library, and keep it from taking all processors."""
    from pydivsufsort import divsufsort
    from pydivsufsort.dll import libdivsufsort

    try:
        libdivsufsort.omp_set_num_threads(1)
    except AttributeError:
        pass  # Built without OpenMP: it has one thread anyway.
    return divsufsort
