"""Rows of symbols by name: as written, whole (`maxSize` finds `max_size`), in part, and misspelt.

All of them read one table of each block's names, which is made when it is first asked.
"""

from __future__ import annotations

import bisect
import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from ownstack.extract.letters import folded
from ownstack.extract.terms import plain
from ownstack.index.snapshot.blocks import SnapshotBlock, SnapshotPart
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Int32s

MAX_BEGINNINGS = 60
MIN_FUZZY_CHARS = 4
MIN_LIKENESS = 0.78
"""Of `difflib`: one or two wrong letters in a name of ten."""
_MAX_LETTERS_APART = 4
_N_LETTERS = 64


@dataclass(frozen=True, slots=True)
class _NameTable:
    """The different names of a block's symbols, as they are written."""

    places: dict[str, int]
    """Name → its place, from 0 in the order of the names."""
    bounds: list[int]
    """The symbols of the name at place i are `symbols[bounds[i] : bounds[i + 1]]`, ascending."""
    symbols: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Forms:
    """The plain forms of the names."""

    plain: list[str]
    """Ascending; once for each name that has this form."""
    places: list[int]
    """The places of those names."""


@dataclass(frozen=True, slots=True)
class _Text:
    """The names as one text to search."""

    lower: str
    """Each `folded`, after a line break."""
    starts: npt.NDArray[np.int64]
    """Where each begins in `lower`."""


def written(snapshot: Snapshot, name: str) -> Iterator[int]:
    """Yield the rows of live symbols of exactly this name."""
    name = normalize("NFC", name)
    for part in snapshot.parts:
        place = _names_of(part.block).places.get(name)
        if place is not None:
            yield from _live(snapshot, part, place)


def defined(snapshot: Snapshot, name: str) -> Iterator[int]:
    """Yield the rows of live symbols of this name, whatever its case and underscores."""
    wanted = plain(name)
    for part in snapshot.parts if wanted else ():
        for place in _places(_forms_of(part.block), wanted):
            yield from _live(snapshot, part, place)


def beginning(snapshot: Snapshot, name: str) -> Iterator[int]:
    """Yield rows of symbols whose names are longer, but begin with this; the shortest first.

    One sign that is not ASCII may stand anywhere in them.
    """
    wanted = plain(name)
    if len(wanted) < 2 and wanted.isascii():
        return
    for part in snapshot.parts:
        forms = _forms_of(part.block)
        low = bisect.bisect_right(forms.plain, wanted)
        high = bisect.bisect_left(forms.plain, wanted + "\U0010ffff")
        longer = forms.plain[low:high]
        if len(wanted) == 1:  # One sign may be a word, and a word stands anywhere in a name.
            longer = [form for form in forms.plain if wanted in form and form != wanted]
        found = sorted(dict.fromkeys(longer), key=len)[:MAX_BEGINNINGS]
        for place in itertools.chain.from_iterable(_places(forms, form) for form in found):
            yield from _live(snapshot, part, place)


def alike(snapshot: Snapshot, name: str) -> Iterator[tuple[int, float]]:
    """Yield rows of symbols whose names differ by a slip of the keys, and how like they are."""
    wanted = plain(name)
    if len(wanted) < MIN_FUZZY_CHARS:
        return
    counts = _count([wanted])[0]
    matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
    for part in snapshot.parts:
        forms = _forms_of(part.block)
        apart = np.abs(part.block.cached("letters of names", _letters) - counts).sum(axis=1)
        for at in np.flatnonzero(apart <= min(_MAX_LETTERS_APART, len(wanted) // 2)).tolist():
            matcher.set_seq1(forms.plain[at])
            likeness = matcher.ratio()
            if likeness >= MIN_LIKENESS and forms.plain[at] != wanted:
                for row in _live(snapshot, part, forms.places[at]):
                    yield row, likeness


def holding(snapshot: Snapshot, letters: str) -> Iterator[int]:
    """Yield rows of live symbols whose names hold these letters, `folded`, in their order."""
    wanted = "".join(rf"[^\n{_escaped(char)}]*{re.escape(char)}" for char in letters)
    expression = re.compile(rf"\n{wanted}[^\n]*")
    for part in snapshot.parts:
        names, text = _names_of(part.block), part.block.cached("text of names", _text)
        at = [found.start() + 1 for found in expression.finditer(text.lower)]
        is_held = np.zeros(len(names.places), np.bool_)
        is_held[np.searchsorted(text.starts, np.array(at, np.int64))] = True
        rows = np.sort(names.symbols[np.repeat(is_held, np.diff(names.bounds))])
        rows += part.first_symbol
        yield from rows[snapshot.live_symbols[rows]].tolist()


def _escaped(char: str) -> str:
    return re.escape(char) if char not in "^]-\\" else f"\\{char}"


def described(snapshot: Snapshot, row: int) -> tuple[str, str, str]:
    """Return a symbol's name, kind and qualified name; faster than all of it."""
    part = _part_of_symbol(snapshot, row)
    columns, local = part.block.batch.symbols, row - part.first_symbol
    return columns.name[local], columns.kind[local], columns.qualified[local]


def _part_of_symbol(snapshot: Snapshot, row: int) -> SnapshotPart:
    return next(part for part in reversed(snapshot.parts) if row >= part.first_symbol)


def chunk_of_symbol(snapshot: Snapshot, row: int) -> int:
    """Return the row of the chunk that a symbol's definition begins in, or -1."""
    part = _part_of_symbol(snapshot, row)
    places = part.block.cached("chunk of symbol", _chunk_of_symbol)
    place = int(places[row - part.first_symbol])
    return part.first_row + place if place >= 0 else -1


def _chunk_of_symbol(block: SnapshotBlock) -> Int32s:
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


def _live(snapshot: Snapshot, part: SnapshotPart, place: int) -> Iterator[int]:
    names = _names_of(part.block)
    for symbol in names.symbols[names.bounds[place] : names.bounds[place + 1]].tolist():
        if snapshot.live_symbols[part.first_symbol + symbol]:
            yield part.first_symbol + symbol


def _places(forms: _Forms, wanted: str) -> list[int]:
    """Return the places of the names of one plain form."""
    low = bisect.bisect_left(forms.plain, wanted)
    return forms.places[low : bisect.bisect_right(forms.plain, wanted, low)]


def _names_of(block: SnapshotBlock) -> _NameTable:
    return block.cached("names", _names)


def _forms_of(block: SnapshotBlock) -> _Forms:
    return block.cached("plain names", _forms)


def _names(block: SnapshotBlock) -> _NameTable:
    places: dict[str, int] = {}
    of_symbols = [places.setdefault(name, len(places)) for name in block.batch.symbols.name]
    held = np.array(of_symbols, np.intp)
    counts = np.bincount(held, minlength=len(places))
    return _NameTable(places, [0, *counts.cumsum().tolist()], np.argsort(held, kind="stable"))


def _forms(block: SnapshotBlock) -> _Forms:
    forms = list(map(plain, _names_of(block).places))
    places = sorted(range(len(forms)), key=forms.__getitem__)
    return _Forms([forms[place] for place in places], places)


def _text(block: SnapshotBlock) -> _Text:
    lower = [folded(name).replace("\n", " ") for name in _names_of(block).places]
    lengths = np.array([0, *(len(name) + 1 for name in lower)], np.int64)
    return _Text("".join(f"\n{name}" for name in lower), lengths.cumsum()[:-1] + 1)


def _letters(block: SnapshotBlock) -> npt.NDArray[np.int16]:
    return _count(_forms_of(block).plain)


def _count(names: list[str]) -> npt.NDArray[np.int16]:
    """Return int16[n_names, 64]: how often each letter stands in each name."""
    data = [name.encode("utf-8", "replace") for name in names]
    rows = np.repeat(np.arange(len(data)), [len(item) for item in data])
    values = np.frombuffer(b"".join(data), np.uint8) % _N_LETTERS
    flat = np.bincount(rows * _N_LETTERS + values, minlength=len(data) * _N_LETTERS)
    return flat.reshape(len(data), _N_LETTERS).astype(np.int16)
