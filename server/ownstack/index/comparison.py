"""Two embedders on one project: do they find the same, how fast, how large."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.index.embed import Embedder
from ownstack.index.snapshot import Snapshot
from ownstack.index.tokens import words

DEPTH = 5
SAME_ENOUGH = 0.8
"""With more overlap than this, one may take the other's place unseen."""
MAX_CHUNKS = 20_000
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Measured:
    """What one embedder costs."""

    name: str
    dim: int
    index_ms_per_chunk: float
    query_ms: float
    """The mean time to embed a query and compare it with all chunks."""
    size_bytes: int
    """Of the vectors of all chunks."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` found."""

    n_queries: int
    n_chunks: int
    overlap: float
    """Jaccard index of the five nearest chunks, 0 to 1, mean over the queries."""
    embedders: tuple[Measured, Measured]

    @property
    def interchangeable(self) -> bool:
        return self.overlap > SAME_ENOUGH


def compare(
    snapshot: Snapshot, queries: Sequence[str], first: Embedder, second: Embedder
) -> Comparison:
    """Embed the chunks (at most `MAX_CHUNKS`) and the queries by both; may take minutes."""
    chunks = (snapshot.chunk(int(row)) for row in np.flatnonzero(snapshot.live)[:MAX_CHUNKS])
    texts = [f"{chunk.header}\n{chunk.text}" for chunk in chunks if chunk]
    nearest_first, measured_first = _nearest(first, texts, queries)
    nearest_second, measured_second = _nearest(second, texts, queries)
    overlaps = [
        len(one & other) / max(1, len(one | other))
        for one, other in zip(nearest_first, nearest_second, strict=True)
    ]
    overlap = sum(overlaps) / max(1, len(overlaps))
    return Comparison(len(queries), len(texts), overlap, (measured_first, measured_second))


def sample_queries(snapshot: Snapshot, count: int = 100) -> list[str]:
    """Return questions that a project answers: what its symbols' documentation says, or names."""
    asked: dict[str, None] = {}
    rows = np.flatnonzero(snapshot.live_symbols)
    for row in rows[np.linspace(0, len(rows) - 1, min(len(rows), 4 * count)).astype(np.intp)]:
        symbol = snapshot.symbol(int(row))
        text = symbol.doc.partition(".")[0] or " ".join(words(symbol.name))
        if len(words(text)) > 1:
            asked[text[:200]] = None
    return list(asked)[:count]


def _nearest(
    embedder: Embedder, texts: Sequence[str], queries: Sequence[str]
) -> tuple[list[set[int]], Measured]:
    began = time.perf_counter()
    vectors: npt.NDArray[np.float32] = np.concatenate(
        [
            np.zeros((0, embedder.dim), np.float32),
            *(embedder.embed(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)),
        ]
    )
    indexed = time.perf_counter()
    depth = min(DEPTH, len(texts))
    found = []
    for query in queries:
        scores = vectors @ embedder.embed([query])[0]
        nearest = np.argsort(-scores, kind="stable")[:depth]
        found.append(set(nearest[scores[nearest] > 0].tolist()))
    ended = time.perf_counter()
    measured = Measured(
        name=embedder.name,
        dim=embedder.dim,
        index_ms_per_chunk=1_000 * (indexed - began) / max(1, len(texts)),
        query_ms=1_000 * (ended - indexed) / max(1, len(queries)),
        size_bytes=vectors.nbytes,
    )
    return found, measured
