"""A text as the parser counts it: bytes, and rows that end at line feeds only."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ownstack.syntax.captures import Bytes


class SourceText:
    """One text with its lines. Rows are 0-based."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode("utf-8", "surrogatepass")
        self.lines = text.split("\n")
        """Without their line feeds; a last line that is empty counts."""
        self._names: dict[bytes, str] = {}

    @cached_property
    def n_rows(self) -> int:
        """The number of lines as editors number them: an empty last one is none."""
        return len(self.lines) - (not self.lines[-1] and len(self.lines) > 1)

    @cached_property
    def row_starts(self) -> npt.NDArray[np.int64]:
        """The first byte of each row."""
        feeds = np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("\n"))
        return np.concatenate((np.zeros(1, np.int64), feeds + 1))

    @cached_property
    def _starts(self) -> list[int]:
        starts: list[int] = self.row_starts.tolist()
        return starts

    @cached_property
    def sizes(self) -> list[int]:
        """The number of characters before each row, and of all of them."""
        lengths = np.fromiter((len(line) + 1 for line in self.lines), np.int64, len(self.lines))
        sizes: list[int] = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))).tolist()
        return sizes

    def size(self, first: int, last: int) -> int:
        """Return the number of characters of some rows, the last one included."""
        return self.sizes[last + 1] - self.sizes[first]

    def row(self, byte: int) -> int:
        return bisect_right(self._starts, byte) - 1

    def rows(self, span: Bytes) -> tuple[int, int]:
        """Return the first and the last row of a span; its last line feeds do not count."""
        start, end = span
        while end > start + 1 and self.data[end - 1] in b"\r\n":
            end -= 1
        return self.row(start), self.row(max(start, end - 1))

    def is_first_in_row(self, byte: int) -> bool:
        return not self.data[self._starts[self.row(byte)] : byte].strip()

    def first_rows(self, borders: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
        """Return rows that begin with one of some bytes, and how deep the first such lies."""
        depth_of: dict[int, int] = {}
        for byte, depth in borders:
            row = self.row(byte)
            if row not in depth_of and self.is_first_in_row(byte):
                depth_of[row] = depth
        rows = sorted(depth_of)
        return rows, [depth_of[row] for row in rows]

    def slice(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "replace")

    def name(self, start: int, end: int) -> str:
        """Return a short piece of the text, composed; the same object for the same bytes."""
        key = self.data[start:end]
        known = self._names.get(key)
        if known is None:
            known = self._names[key] = unicodedata.normalize("NFC", key.decode("utf-8", "replace"))
        return known
