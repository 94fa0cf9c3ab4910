"""Which symbols and files matter most in a project: those that what matters uses.

PageRank over files: a file leads to the files that define what it names, the more strongly the
more often it names it and the fewer definitions there are. A file's rank is then shared among
the symbols by the same weights (aider's repository map does the same, per name).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.extract.classify import FLAG_GENERATED, FLAG_TEST, FLAG_VENDORED
from ownstack.index.snapshot.blocks import SnapshotBlock
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Int32s, term_hash
from ownstack.languages import family_of

DAMPING = 0.85
ROUNDS = 30
MAX_DEFINITIONS = 24
"""A name that more symbols have leads nowhere: `get`, `run`, `__init__`."""
MIN_NAME_CHARS = 3
PRIVATE = 0.02
"""A name that begins with `_` is worth so much."""
COMMON = 0.02
"""And so is a member that is called by one plain word: `text`, `find` and `join` are other things'
names, too."""
ASIDE = 0.1
"""What a test, a generated or a vendored file says, or is, counts so much."""


@dataclass(frozen=True, slots=True)
class Centrality:
    """Ranks by place; dead files and their symbols have 0."""

    documents: npt.NDArray[np.float64]
    """float64[number of documents], sum 1 (0 in an empty project)."""
    symbols: npt.NDArray[np.float64]
    """float64[m], as `Snapshot.symbol` numbers them."""


@dataclass(frozen=True, slots=True)
class _Edges:
    source: Int32s
    """Document that names a symbol."""
    symbol: Int32s
    weight: npt.NDArray[np.float64]


def centrality(snapshot: Snapshot) -> Centrality:
    """Rank everything. Cost: about 0.1 s for 100,000 uses of names."""
    live = snapshot.live_documents
    owner = snapshot.document_of_symbol
    edges = _edges(snapshot)
    target = owner[edges.symbol]
    n_documents = len(live)
    out = np.bincount(edges.source, edges.weight, n_documents)
    start = live * _standing(snapshot)
    start = start / max(start.sum(), 1e-12)
    rank = start
    flow = edges.weight / np.maximum(out[edges.source], 1e-12)
    for _ in range(ROUNDS):
        passed = np.bincount(target, rank[edges.source] * flow, n_documents)
        # What files without uses hold goes back to where everything starts.
        lost = 1.0 - passed.sum()
        rank = DAMPING * (passed + lost * start) + (1 - DAMPING) * start
    named = np.bincount(edges.symbol, rank[edges.source] * flow, len(owner))
    # A little of each file's own rank, so that what nobody names is still in some order.
    per_file = np.maximum(np.bincount(owner, minlength=n_documents), 1)
    own = (0.01 * rank / per_file)[owner] if len(owner) else np.zeros(0)
    return Centrality(rank, (named + own) * snapshot.live_symbols)


def _standing(snapshot: Snapshot) -> npt.NDArray[np.float64]:
    aside = FLAG_TEST | FLAG_VENDORED | FLAG_GENERATED
    return np.array([ASIDE if document.flags & aside else 1.0 for document in snapshot.documents])


def _edges(snapshot: Snapshot) -> _Edges:
    """Return who names which symbol of another file, in all languages."""
    names, symbols, worths = _definitions(snapshot)
    order = np.argsort(names, kind="stable")
    names, symbols, worths = names[order], symbols[order], worths[order]
    kin = _languages(snapshot)
    standing = _standing(snapshot)
    owner = snapshot.document_of_symbol
    # What a file defines itself, it does not mean elsewhere.
    own = np.sort(_keys(owner[symbols], names))
    sources, targets, weights = [], [], []
    for part in snapshot.parts:
        columns = part.block.batch.references
        source = columns.document + np.int32(part.first_document)
        low = np.searchsorted(names, columns.hash)
        high = np.searchsorted(names, columns.hash, side="right")
        n_found = high - low
        used = (n_found > 0) & (n_found <= MAX_DEFINITIONS) & snapshot.live_documents[source]
        used &= ~np.isin(_keys(source, columns.hash), own)
        rows = np.flatnonzero(used)
        counts = n_found[rows]
        at = np.repeat(low[rows] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        row = np.repeat(rows, counts)
        symbol = symbols[at]
        weight = np.sqrt(columns.lines.lengths()[row]) / n_found[row] * standing[source[row]]
        known = kin[source[row]] == kin[owner[symbol]]
        sources.append(source[row][known])
        targets.append(symbol[known])
        weights.append((weight * worths[at])[known])
    if not sources:
        return _Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    return _Edges(np.concatenate(sources), np.concatenate(targets), np.concatenate(weights))


def _definitions(
    snapshot: Snapshot,
) -> tuple[npt.NDArray[np.uint32], Int32s, npt.NDArray[np.float64]]:
    """Return of each live symbol the hash of its name, its row, and what the name is worth."""
    hashes, rows, worths = [np.zeros(0, np.uint32)], [np.zeros(0, np.int32)], [np.zeros(0)]
    live = snapshot.live_symbols
    for part in snapshot.parts:
        block_hashes, worth = part.block.cached("centrality names", _hashed)
        kept = (worth > 0) & live[part.first_symbol : part.first_symbol + len(worth)]
        hashes.append(block_hashes[kept])
        rows.append((np.flatnonzero(kept) + part.first_symbol).astype(np.int32))
        worths.append(worth[kept])
    return np.concatenate(hashes), np.concatenate(rows), np.concatenate(worths)


def _hashed(block: SnapshotBlock) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float64]]:
    symbols = block.batch.symbols
    names = list(symbols.name)
    hashes = np.fromiter(map(term_hash, names), np.uint32, len(names))
    pairs = zip(names, symbols.parent.tolist(), strict=True)
    worth = (_worth(name, is_member=parent >= 0) for name, parent in pairs)
    return hashes, np.fromiter(worth, np.float64, len(names))


def _worth(name: str, *, is_member: bool) -> float:
    if len(name) < MIN_NAME_CHARS:
        return 0.0
    if name.startswith("_"):
        return PRIVATE
    return COMMON if is_member and name.isalpha() and name.islower() else 1.0


def _keys(documents: Int32s, hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    keys: npt.NDArray[np.uint64] = documents.astype(np.uint64) << np.uint64(32)
    keys |= hashes
    return keys


def _languages(snapshot: Snapshot) -> npt.NDArray[np.int32]:
    """Return a number for each document: the same for languages that share their symbols."""
    known: dict[str, int] = {}
    ids = [family_of(document.language) for document in snapshot.documents]
    return np.array([known.setdefault(family, len(known)) for family in ids], np.int32)
