"""A map of a project: the signatures that matter most, by file, within a budget of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ownstack.extract.kinds import MINOR_KINDS
from ownstack.index.search.centrality import centrality
from ownstack.index.search.symbol_lookup import is_below
from ownstack.index.snapshot.answers import StoredSymbol
from ownstack.index.snapshot.derived import once
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.text import truncate

MAX_SIGNATURE_CHARS = 160
MAX_SYMBOLS = 20_000
"""More are never looked at, whatever the budget."""
LEFT_OUT = MINOR_KINDS | {"module"}
"""Kinds that say little by their names."""
CHARS_PER_TOKEN = 3.2
"""Of signatures, with the vocabularies of code models; used where no model is at hand."""


@dataclass(frozen=True, slots=True)
class FileMap:
    """The symbols of one file that are on the map, in the file's order."""

    path: str
    symbols: tuple[StoredSymbol, ...]
    depths: tuple[int, ...]
    """How many symbols each stands in."""

    def __str__(self) -> str:
        lines = [f"{self.path}:"]
        for symbol, depth in zip(self.symbols, self.depths, strict=True):
            lines.append(f"{'  ' * (depth + 1)}{one_line(symbol, MAX_SIGNATURE_CHARS)}")
        return "\n".join(lines) + "\n"


def one_line(symbol: StoredSymbol, max_chars: int) -> str:
    """Return what declares a symbol, as one line that is not much too long."""
    signature = " ".join((symbol.signature or symbol.name).split())
    signature = re.sub(r"([(\[{]) ", r"\1", re.sub(r",? ([)\]}])", r"\1", signature))
    return truncate(signature, max_chars)


def estimate(text: str) -> int:
    """Return about how many tokens a text has."""
    return int(len(text) / CHARS_PER_TOKEN) + 1


def repository_map(
    snapshot: Snapshot,
    budget_tokens: int,
    below: str = "",
    count: Callable[[str], int] = estimate,
) -> list[FileMap]:
    """Return the most central symbols that fit, most central file first.

    `below`: only files at or below this path. What a symbol stands in is on the map, too. Files
    that have changed since they were indexed are left out.
    """
    # No symbol takes less than a token.
    chosen = _central(snapshot, below, min(MAX_SYMBOLS, max(0, budget_tokens)))
    low, high = 0, len(chosen)
    # The longest beginning of the ranking that fits; a map grows with each symbol.
    while low < high:
        middle = (low + high + 1) // 2
        text = "\n".join(map(str, _drawn(snapshot, chosen[:middle])))
        low, high = (middle, high) if count(text) <= budget_tokens else (low, middle - 1)
    return _drawn(snapshot, chosen[:low])


def most_central(snapshot: Snapshot, limit: int, below: str = "") -> list[StoredSymbol]:
    """Return the symbols that matter most, those first."""
    return [snapshot.symbol(row) for row in _central(snapshot, below, limit)]


def _central(snapshot: Snapshot, below: str, limit: int) -> list[int]:
    ranks = once(snapshot, "centrality", centrality).symbols
    order = np.argsort(-ranks, kind="stable")
    rows = order[ranks[order] > 0].tolist()
    current: dict[str, bool] = {}
    chosen: list[int] = []
    for row in rows:
        path = snapshot.documents[int(snapshot.document_of_symbol[row])].path
        if not is_below(path, below):
            continue
        if snapshot.symbol(row).kind in LEFT_OUT:
            continue
        if path not in current:
            current[path] = snapshot.check(path)
        if current[path]:
            chosen.append(row)
        if len(chosen) == limit:
            break
    return chosen


def _drawn(snapshot: Snapshot, rows: Iterable[int]) -> list[FileMap]:
    """Group symbols by file, in the order in which the first of each file comes."""
    files: dict[str, dict[int, StoredSymbol]] = {}
    for row in rows:
        symbol = snapshot.symbol(row)
        held = files.setdefault(symbol.path, {})
        held[row] = symbol
        while symbol.parent is not None and symbol.parent not in held:
            symbol = snapshot.symbol(symbol.parent)
            held[symbol.row] = symbol
    maps = []
    for path, held in files.items():
        symbols = tuple(sorted(held.values(), key=lambda symbol: (symbol.start_line, symbol.row)))
        maps.append(FileMap(path, symbols, tuple(_depth(symbol, held) for symbol in symbols)))
    return maps


def _depth(symbol: StoredSymbol, held: Mapping[int, StoredSymbol]) -> int:
    depth = 0
    while symbol.parent is not None and symbol.parent in held:
        symbol, depth = held[symbol.parent], depth + 1
    return depth
