"""The blocks a snapshot is made of, and the vectors of their rows.

Threads share both: the one that writes (the index's own), and any number that read (searches,
whoever counts for the status). A block never changes; what is derived from it is made under its
lock. The vectors are the one thing that grows and is filled in place: each look at them and each
change is made under their lock, and whoever looks gets arrays that later growth does not move.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ownstack.index.snapshot.postings import Postings
from ownstack.index.storage.columns import Batch, Int32s, firsts, join

T = TypeVar("T")


class SnapshotBlock:
    """What was read together: columns and what is derived from them once.

    Blocks are immutable and shared by many snapshots; `cached` keeps what others derive from
    one (a table of names, say) for as long as the block lives.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.chunk_firsts = firsts(batch.chunks.document, len(batch.documents))
        self.symbol_firsts = firsts(batch.symbols.document, len(batch.documents))
        self._cache: dict[str, Any] = {}
        self._lock = threading.RLock()

    @property
    def n_documents(self) -> int:
        return len(self.batch.documents)

    @property
    def n_chunks(self) -> int:
        return len(self.batch.chunks.document)

    @property
    def n_symbols(self) -> int:
        return len(self.batch.symbols.document)

    def cached(self, name: str, make: Callable[[SnapshotBlock], T]) -> T:
        """Return what `make` returned for this block the first time."""
        with self._lock:
            if name not in self._cache:
                self._cache[name] = make(self)
            value: T = self._cache[name]
            return value

    @functools.cached_property
    def text_postings(self) -> Postings:
        return Postings.of(self.batch.chunks.terms, self.batch.chunks.counts)

    @functools.cached_property
    def title_postings(self) -> Postings:
        return Postings.of(self.batch.chunks.title)

    @functools.cached_property
    def reference_order(self) -> Int32s:
        """Rows of the references, sorted by the hash of their names."""
        return np.argsort(self.batch.references.hash, kind="stable").astype(np.int32)

    @functools.cached_property
    def _sorted_hashes(self) -> npt.NDArray[np.uint32]:
        return self.batch.references.hash[self.reference_order]

    def references_to(self, name_hash: int) -> Int32s:
        """Return the rows of the references whose names have a hash."""
        wanted = np.uint32(name_hash)
        start = np.searchsorted(self._sorted_hashes, wanted)
        end = np.searchsorted(self._sorted_hashes, wanted, side="right")
        return self.reference_order[start:end]


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """A block in its place among the others."""

    block: SnapshotBlock
    first_document: int
    first_row: int
    first_symbol: int

    def first_row_of(self, number: int) -> int:
        """Return where a document's chunks begin; that of the next one is their end."""
        return self.first_row + int(self.block.chunk_firsts[number - self.first_document])

    def first_symbol_of(self, number: int) -> int:
        """Return where a document's symbols begin."""
        return self.first_symbol + int(self.block.symbol_firsts[number - self.first_document])


class Vectors:
    """The vectors of all rows of one generation: float32[capacity, dim], filled from the front.

    A row that is not embedded yet is all zeros, and so is like nothing. Thread-safe.
    """

    def __init__(self, dim: int, generation: int = 0) -> None:
        self.dim = dim
        self.generation = generation
        self._array = np.zeros((0, dim), np.float32)
        self._embedded = np.zeros(0, np.bool_)
        # Two threads that grow at once would lose what one of them copies too early, and a row
        # that is put meanwhile.
        self._lock = threading.Lock()

    def upto(self, n_rows: int) -> npt.NDArray[np.float32]:
        """Return float32[n_rows, dim]; later vectors of these rows appear in it, where it fits."""
        with self._lock:
            self._grow(n_rows)
            return self._array[:n_rows]

    def embedded(self, n_rows: int) -> npt.NDArray[np.bool_]:
        with self._lock:
            self._grow(n_rows)
            return self._embedded[:n_rows]

    def put(
        self,
        first_row: int,
        vectors: npt.NDArray[Any],
        embedded: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Set the vectors of consecutive rows, of which some may be none yet."""
        end = first_row + len(vectors)
        with self._lock:
            self._grow(end)
            self._array[first_row:end] = vectors
            self._embedded[first_row:end] = True if embedded is None else embedded

    def next_generation(self) -> Vectors:
        """Return an empty one, for rows that are numbered anew."""
        return Vectors(self.dim, self.generation + 1)

    def _grow(self, n_rows: int) -> None:
        """Hold the lock."""
        if n_rows > len(self._array):
            capacity = max(1_024, n_rows + n_rows // 4)
            grown = np.zeros((capacity, self.dim), np.float32)
            grown[: len(self._array)] = self._array
            flags = np.zeros(capacity, np.bool_)
            flags[: len(self._embedded)] = self._embedded
            self._array, self._embedded = grown, flags


def with_part(parts: Sequence[SnapshotPart], part: SnapshotPart) -> tuple[SnapshotPart, ...]:
    """Return parts with one more, neighbours of like size merged, as in a log-structured tree.

    No row changes its number. There are at most about log2(rows) parts.
    """
    kept = [*parts, part]
    while len(kept) > 1 and kept[-2].block.n_documents < 2 * kept[-1].block.n_documents:
        last, before = kept.pop(), kept.pop()
        block = SnapshotBlock(join([before.block.batch, last.block.batch]))
        kept.append(
            SnapshotPart(block, before.first_document, before.first_row, before.first_symbol)
        )
    return tuple(kept)
