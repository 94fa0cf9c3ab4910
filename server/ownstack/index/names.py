"""Symbols by name: whole (`maxSize` finds `max_size`), by their beginning, and misspelt."""

from __future__ import annotations

import bisect
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.index.block import Block, Part
from ownstack.index.columns import Int32s
from ownstack.index.snapshot import Snapshot
from ownstack.index.tokens import plain

MAX_BEGINNINGS = 60
MIN_FUZZY_CHARS = 4
MIN_LIKENESS = 0.78
"""Of `difflib`: one or two wrong letters in a name of ten."""
_MAX_LETTERS_APART = 4
_N_LETTERS = 64


@dataclass(frozen=True, slots=True)
class _Names:
    """The different plain names of a block's symbols, sorted."""

    names: list[str]
    symbols: list[list[int]]
    letters: npt.NDArray[np.int16]
    """int16[n_names, 64]: how often each letter stands in it."""


def defined(snapshot: Snapshot, name: str) -> Iterator[int]:
    """Yield the rows of live symbols of this name, whatever its case and underscores."""
    wanted = plain(name)
    for first, names in _blocks(snapshot):
        at = bisect.bisect_left(names.names, wanted)
        if wanted and at < len(names.names) and names.names[at] == wanted:
            yield from _live(snapshot, first, names.symbols[at])


def beginning(snapshot: Snapshot, name: str) -> Iterator[int]:
    """Yield rows of symbols whose names are longer, but begin with this; the shortest first."""
    wanted = plain(name)
    if len(wanted) < 2:
        return
    for first, names in _blocks(snapshot):
        low, high = (
            bisect.bisect_left(names.names, wanted),
            bisect.bisect_left(names.names, wanted + "\U0010ffff"),
        )
        found = [at for at in range(low, high) if names.names[at] != wanted]
        for at in sorted(found, key=lambda at: len(names.names[at]))[:MAX_BEGINNINGS]:
            yield from _live(snapshot, first, names.symbols[at])


def alike(snapshot: Snapshot, name: str) -> Iterator[tuple[int, float]]:
    """Yield rows of symbols whose names differ by a slip of the keys, and how like they are."""
    wanted = plain(name)
    if len(wanted) < MIN_FUZZY_CHARS:
        return
    counts = _letters([wanted])[0]
    matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
    for first, names in _blocks(snapshot):
        apart = np.abs(names.letters - counts).sum(axis=1)
        for at in np.flatnonzero(apart <= min(_MAX_LETTERS_APART, len(wanted) // 2)).tolist():
            matcher.set_seq1(names.names[at])
            likeness = matcher.ratio()
            if likeness >= MIN_LIKENESS and names.names[at] != wanted:
                for row in _live(snapshot, first, names.symbols[at]):
                    yield row, likeness


def described(snapshot: Snapshot, row: int) -> tuple[str, str, str]:
    """Return a symbol's name, kind and qualified name; faster than all of it."""
    part = _part_of_symbol(snapshot, row)
    columns, local = part.block.batch.symbols, row - part.first_symbol
    return columns.name[local], columns.kind[local], columns.qualified[local]


def _part_of_symbol(snapshot: Snapshot, row: int) -> Part:
    return next(part for part in reversed(snapshot.parts) if row >= part.first_symbol)


def chunk_of_symbol(snapshot: Snapshot, row: int) -> int:
    """Return the row of the chunk that a symbol's definition begins in, or -1."""
    part = _part_of_symbol(snapshot, row)
    places = part.block.cached("chunk of symbol", _chunk_of_symbol)
    place = int(places[row - part.first_symbol])
    return part.first_row + place if place >= 0 else -1


def _chunk_of_symbol(block: Block) -> Int32s:
    """Its own chunk if it has one, else the last to begin that holds the line of its name."""
    chunks, symbols = block.batch.chunks, block.batch.symbols
    places = np.full(block.n_symbols, -1, np.int32)
    lines = symbols.name_line.tolist()
    starts, ends = chunks.start_line.tolist(), chunks.end_line.tolist()
    firsts = block.chunk_firsts.tolist()
    for symbol, document in enumerate(symbols.document.tolist()):
        low = firsts[document]
        at = bisect.bisect_right(starts, lines[symbol], low, firsts[document + 1]) - 1
        while at >= low and ends[at] < lines[symbol]:
            at -= 1
        places[symbol] = at if at >= low else -1
    own = np.flatnonzero(chunks.symbol >= 0)[::-1]
    targets = block.symbol_firsts[chunks.document[own]] + chunks.symbol[own]
    places[targets] = own
    return places


def _blocks(snapshot: Snapshot) -> Iterator[tuple[int, _Names]]:
    for part in snapshot.parts:
        yield part.first_symbol, part.block.cached("plain names", _names)


def _live(snapshot: Snapshot, first: int, symbols: list[int]) -> Iterator[int]:
    for symbol in symbols:
        if snapshot.live_symbols[first + symbol]:
            yield first + symbol


def _names(block: Block) -> _Names:
    known: dict[str, list[int]] = {}
    for symbol, name in enumerate(block.batch.symbols.name):
        if key := plain(name):
            known.setdefault(key, []).append(symbol)
    names = sorted(known)
    return _Names(names, [known[name] for name in names], _letters(names))


def _letters(names: list[str]) -> npt.NDArray[np.int16]:
    data = [name.encode("utf-8", "replace") for name in names]
    rows = np.repeat(np.arange(len(data)), [len(one) for one in data])
    values = np.frombuffer(b"".join(data), np.uint8) % _N_LETTERS
    flat = np.bincount(rows * _N_LETTERS + values, minlength=len(data) * _N_LETTERS)
    return flat.reshape(len(data), _N_LETTERS).astype(np.int16)
