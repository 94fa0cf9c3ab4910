"""How often which term occurs in which text, for many texts at once, in numpy.

The one place where texts become hashes of terms: what is stored, what is searched for and what
is embedded agree because of it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from ownstack.extract.terms import names_in, terms_of
from ownstack.index.storage.columns import Ragged, firsts, term_hash

_MAX_MEMO = 300_000
_LOW = np.uint64(0xFFFF_FFFF)


@dataclass(frozen=True, slots=True)
class Counts:
    """One entry for each different term of each text, sorted by text, then by hash."""

    rows: npt.NDArray[np.int64]
    """Place of the text."""
    hashes: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, terms: Ragged, counts: Ragged) -> Counts:
        """Return what columns hold, sorted as `TermCounter.count` sorts."""
        rows = np.repeat(np.arange(len(terms)), terms.lengths())
        return cls(rows, terms.values, counts.values.astype(np.int64))

    def plus(self, other: Counts) -> Counts:
        """Return the counts of texts that are two texts each."""
        keys = np.concatenate((self._keys(), other._keys()))
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        counts = np.concatenate((self.counts, other.counts))[order]
        return _counts(keys[starts], np.add.reduceat(counts, starts) if len(keys) else counts)

    def _keys(self) -> npt.NDArray[np.uint64]:
        keys: npt.NDArray[np.uint64] = self.rows.astype(np.uint64) << np.uint64(32) | self.hashes
        return keys

    def firsts(self, n_rows: int) -> npt.NDArray[np.int32]:
        """Return where each text's entries begin, and after the last one the end."""
        return firsts(self.rows, n_rows)


class TermCounter:
    """A counter of terms that remembers names it has met. Use by one thread."""

    def __init__(
        self,
        find: Callable[[str], Sequence[str]] = names_in,
        split: Callable[[str], Iterable[str]] = terms_of,
    ) -> None:
        """`find` returns the names of a text, as often as they occur; `split`, a name's terms."""
        self._find = find
        self._names = _Names(split)

    def hash(self, name: str) -> int:
        """Return the hash of a whole name, as one term."""
        return self._names.hash(name)

    def count(self, texts: Sequence[str]) -> Counts:
        """Count the terms of texts."""
        if len(self._names) > _MAX_MEMO:
            self._names.clear()
        found = [self._find(text) for text in texts]
        n_names = np.fromiter(map(len, found), np.int64, len(found))
        numbers = list(map(self._names.__getitem__, chain.from_iterable(found)))
        number, row = np.array(numbers, np.int64), np.repeat(np.arange(len(found)), n_names)
        firsts, hashes = self._names.tables()
        starts = firsts[number].astype(np.int64)
        lengths = firsts[number + 1] - starts
        before = np.cumsum(lengths) - lengths
        places = np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))
        keys = np.repeat(row.astype(np.uint64) << np.uint64(32), lengths) | hashes[places]
        return _counts(*np.unique(keys, return_counts=True))


def _counts(keys: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64]) -> Counts:
    rows = (keys >> np.uint64(32)).astype(np.int64)
    return Counts(rows, (keys & _LOW).astype(np.uint32), counts)


class _Hashes(dict[str, int]):
    """The hash of each term that was met."""

    def __missing__(self, term: str) -> int:
        hashed = self[term] = term_hash(term)
        return hashed


class _Names(dict[str, int]):
    """The number of each name that was met, and the hashes of its terms."""

    def __init__(self, split: Callable[[str], Iterable[str]]) -> None:
        super().__init__()
        self._split = split
        self._hash_of = _Hashes()
        self._firsts, self._hashes = array("i", [0]), array("I")

    def __missing__(self, name: str) -> int:
        self._hashes.extend(map(self._hash_of.__getitem__, self._split(name)))
        number = self[name] = len(self._firsts) - 1
        self._firsts.append(len(self._hashes))
        return number

    def hash(self, term: str) -> int:
        return self._hash_of[term]

    def clear(self) -> None:
        super().clear()
        self._hash_of.clear()
        self._firsts, self._hashes = array("i", [0]), array("I")

    def tables(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64]]:
        """Return where each name's hashes begin (and the end), and all hashes; copies."""
        return (
            np.array(self._firsts, np.int32),
            np.array(self._hashes, np.uint32).astype(np.uint64),
        )
