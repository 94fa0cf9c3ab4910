"""Two embedders on one project: do they find the same, how fast, how large."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.extract.terms import words
from ownstack.index.embedding.embedder import TextEmbedder
from ownstack.index.snapshot.snapshot import Snapshot

DEPTH = 5
SAME_ENOUGH = 0.8
"""With more overlap than this, one may take the other's place unseen."""
MAX_CHUNKS = 4_000
"""Of a larger project a sample is compared: a model takes minutes for so many."""
_BATCH = 256
_STORED = np.dtype(np.float16)
"""As the store writes vectors; a table of some thousand takes less than one percent more."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one embedder found, and what it costs."""

    name: str
    dim: int
    chunks_per_s: float
    query_ms: float
    """The median time to embed a query and compare it with all chunks."""
    size_bytes: int
    """Of the vectors of the chunks on disk; in memory they take twice as much."""
    nearest: tuple[frozenset[int], ...]
    """For each query the `DEPTH` nearest chunks, of those that are like it at all."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` found."""

    n_queries: int
    n_chunks: int
    overlap: float
    embedders: tuple[Measured, Measured]

    @property
    def interchangeable(self) -> bool:
        return self.overlap > SAME_ENOUGH


def compare(
    snapshot: Snapshot, queries: Sequence[str], first: TextEmbedder, second: TextEmbedder
) -> Comparison:
    """Embed the chunks (at most `MAX_CHUNKS`) and the queries by both; may take minutes."""
    rows = _spread(np.flatnonzero(snapshot.live), MAX_CHUNKS)
    chunks = (snapshot.chunk(row) for row in rows)
    texts = [f"{chunk.header}\n{chunk.text}" for chunk in chunks if chunk]
    measured, other = measure(first, texts, queries), measure(second, texts, queries)
    shared = overlap(measured.nearest, other.nearest)
    return Comparison(len(queries), len(texts), shared, (measured, other))


def sample_queries(snapshot: Snapshot, count: int = 200) -> list[str]:
    """Return questions that a project answers: what its symbols' documentation says, or names."""
    asked: dict[str, None] = {}
    for row in _spread(np.flatnonzero(snapshot.live_symbols), 4 * count):
        symbol = snapshot.symbol(row)
        text = symbol.doc.partition(".")[0] or " ".join(words(symbol.name))
        if len(words(text)) > 1:
            asked[text[:200]] = None
    return list(asked)[:count]


def measure(embedder: TextEmbedder, texts: Sequence[str], queries: Sequence[str]) -> Measured:
    """Embed the texts, then ask each query once."""
    began = time.perf_counter()
    vectors: npt.NDArray[np.float32] = np.concatenate(
        [
            np.zeros((0, embedder.dim), np.float32),
            *(embedder.embed(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)),
        ]
    )
    took_s = time.perf_counter() - began
    nearest, times_s = [], list[float]()
    for query in queries:
        began = time.perf_counter()
        scores = vectors @ embedder.embed([query])[0]
        times_s.append(time.perf_counter() - began)
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        nearest.append(frozenset(best[scores[best] > 0].tolist()))
    return Measured(
        name=embedder.name,
        dim=embedder.dim,
        chunks_per_s=len(texts) / max(took_s, 1e-9),
        query_ms=1_000 * statistics.median(times_s) if times_s else 0.0,
        size_bytes=vectors.size * _STORED.itemsize,
        nearest=tuple(nearest),
    )


def overlap(first: Sequence[frozenset[int]], second: Sequence[frozenset[int]]) -> float:
    """Return the Jaccard index of what was found, 0 to 1, mean over the queries.

    Two who find nothing agree.
    """
    pairs = list(zip(first, second, strict=True))
    shares = [
        len(mine & other) / len(mine | other) if mine | other else 1.0 for mine, other in pairs
    ]
    return sum(shares) / max(1, len(shares))


def _spread(rows: npt.NDArray[np.intp], count: int) -> list[int]:
    """Return at most so many of the rows, evenly spread."""
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), count)).astype(np.intp)
    return [int(row) for row in rows[chosen]]
