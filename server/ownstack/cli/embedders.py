"""`ownstack index --compare-embedders A B`: would another embedder find the same?"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.index.embed import Embedder
    from ownstack.index.snapshot import Snapshot

N_CHUNKS = 4_000
N_QUERIES = 200
TOP = 5
SWAP_OVERLAP = 0.8
"""Above it one embedder may take the place of another without a look at the benchmark."""
_SEED = 20_261_121


@dataclass(frozen=True, slots=True)
class Measured:
    """What one embedder found and took."""

    name: str
    dim: int
    chunks_per_s: float
    query_ms: float
    """Median, of embedding a query and comparing it with all chunks."""
    size_bytes: int
    """Of all vectors, as float16 on disk."""
    best: tuple[frozenset[int], ...]
    """For each query, the rows of the `TOP` nearest chunks."""


def compare(folder: Path, first: str, second: str, *, as_json: bool) -> int:
    """Run both on a sample of the project's own docstrings and names; print what differs."""
    from ownstack.cli.output import human_bytes, print_json, print_table
    from ownstack.cli.project import opened

    with opened(folder) as index:
        texts, queries = sample(index.snapshot)
    if len(texts) < 2 * TOP or not queries:
        raise UsageError(f"{folder} holds too little code to compare embedders.")
    measured = [asyncio.run(_measure(name, texts, queries)) for name in (first, second)]
    shared = overlap(measured[0].best, measured[1].best)
    if as_json:
        print_json(
            {
                "chunks": len(texts),
                "queries": len(queries),
                "overlap": round(shared, 4),
                "embedders": [
                    {
                        "name": one.name,
                        "dim": one.dim,
                        "chunksPerSecond": round(one.chunks_per_s, 1),
                        "queryMs": round(one.query_ms, 3),
                        "sizeBytes": one.size_bytes,
                    }
                    for one in measured
                ],
            }
        )
        return 0
    print_table(
        ("EMBEDDER", "LENGTH", "CHUNKS/S", "QUERY", "VECTORS"),
        [
            (
                *(one.name, str(one.dim), f"{one.chunks_per_s:,.0f}", f"{one.query_ms:.2f} ms"),
                human_bytes(one.size_bytes),
            )
            for one in measured
        ],
    )
    verdict = "may be swapped" if shared > SWAP_OVERLAP else "need a benchmark before a swap"
    print(
        f"Overlap of the best {TOP} of {len(texts):,} chunks over {len(queries)} queries: "
        f"{shared:.2f} (Jaccard); they {verdict}."
    )
    return 0


def sample(snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """Return chunks, and questions that a docstring or a name asks; the same each time."""
    draw = random.Random(_SEED)
    rows = np.flatnonzero(snapshot.live).tolist()
    draw.shuffle(rows)
    chunks = (snapshot.chunk(row) for row in rows[:N_CHUNKS])
    texts = [f"{chunk.header}\n{chunk.text}" for chunk in chunks if chunk is not None]
    symbols = np.flatnonzero(snapshot.live_symbols).tolist()
    draw.shuffle(symbols)
    queries: list[str] = []
    for row in symbols:
        symbol = snapshot.symbol(row)
        query = " ".join(symbol.doc.split())[:200] or symbol.qualified
        if len(query) >= 8:
            queries.append(query)
        if len(queries) == N_QUERIES:
            break
    return texts, queries


def overlap(first: Sequence[frozenset[int]], second: Sequence[frozenset[int]]) -> float:
    """Return the mean over queries of shared results over all results."""
    shares = [len(a & b) / max(1, len(a | b)) for a, b in zip(first, second, strict=True)]
    return float(np.mean(shares))


async def _measure(name: str, texts: Sequence[str], queries: Sequence[str]) -> Measured:
    async with _embedder(name) as embedder:
        return await asyncio.to_thread(measure, embedder, texts, queries)


def measure(embedder: Embedder, texts: Sequence[str], queries: Sequence[str]) -> Measured:
    """Embed everything, then ask each query once."""
    started = time.perf_counter()
    vectors = embedder.embed(texts)
    took_s = time.perf_counter() - started
    best, times = [], []
    for query in queries:
        started = time.perf_counter()
        near = vectors @ embedder.embed([query])[0]
        rows = np.argpartition(-near, TOP)[:TOP]
        times.append(time.perf_counter() - started)
        best.append(frozenset(rows.tolist()))
    return Measured(
        embedder.name,
        embedder.dim,
        len(texts) / max(took_s, 1e-9),
        float(np.median(times)) * 1e3,
        2 * vectors.size,
        tuple(best),
    )


@contextlib.asynccontextmanager
async def _embedder(name: str) -> AsyncIterator[Embedder]:
    """Open an embedder by what the user calls it.

    Raises:
        OwnstackError: there is none of that name, or it cannot be used.
    """
    from ownstack.index.embed import EngineEmbedder, NoEmbedder, default_embedder, load_embedder

    if name == "default" or name.endswith(".npz"):
        static = default_embedder() if name == "default" else load_embedder(Path(name))
        if isinstance(static, NoEmbedder):
            raise UsageError(static.reason)
        yield static
        return
    from ownstack.daemon.host import Host
    from ownstack.paths import Home
    from ownstack.settings import EngineSettings

    host = Host(Home.default(), mode="inProcess")
    try:
        info = await asyncio.to_thread(host.registry.resolve, name)
        lease = host.lease(info, EngineSettings(), lambda: None)
        await lease.ready()
        if lease.engine is None:
            raise UsageError(f"{name} cannot be loaded: {lease.model.error}")
        yield await EngineEmbedder.open(lease.engine)
        lease.release()
    finally:
        await host.close()
