"""Full text over the index as it is, and over as many chunks as the bars name."""

from __future__ import annotations

import dataclasses
import functools
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.bars import Figure, quantile
from ownstack.extract.terms import terms
from ownstack.index.embedding.embedder import default_embedder
from ownstack.index.project import ProjectIndex
from ownstack.index.search.map import repository_map
from ownstack.index.search.search import search
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Batch, join, only
from ownstack.index.texts import Texts

SIZES = ((10_000, 10.0), (100_000, 25.0))
N_QUERIES = 60
MAP_TOKENS = 1_024


def measure(root: Path, cache: Path) -> list[Figure]:
    index = ProjectIndex.open(root, cache, default_embedder())
    snapshot = index.snapshot
    queries = sample(snapshot)
    figures = []
    for size, limit_ms in SIZES:
        sized = of_size(snapshot, size, root)
        times = timed(functools.partial(_full_text, sized), queries)
        n_chunks = int(sized.live.sum())
        name = f"full text, {size:,} chunks"
        figures += [
            Figure(f"{name}, p50", quantile(times, 0.5), "ms", "<=", limit_ms),
            Figure(f"{name}, p95", quantile(times, 0.95), "ms", detail={"chunks": n_chunks}),
        ]
    embedder = default_embedder()
    times = timed(lambda query: search(snapshot, query, 10, embedder), queries)
    n_chunks = int(snapshot.live.sum())
    figures += [
        Figure(f"whole search, {n_chunks:,} chunks, p50", quantile(times, 0.5), "ms"),
        Figure(f"whole search, {n_chunks:,} chunks, p95", quantile(times, 0.95), "ms"),
    ]
    for name in ("a map of 1,024 tokens, first", "a map of 1,024 tokens, again"):
        started = time.perf_counter()
        repository_map(snapshot, MAP_TOKENS)
        figures.append(Figure(name, time.perf_counter() - started, "s", compared="aider's map"))
    index.close()
    return figures


def _full_text(snapshot: Snapshot, query: str) -> object:
    return snapshot.full_text(terms(query), 50)


def sample(snapshot: Snapshot) -> list[str]:
    """Return the first lines of documentation, which read like questions, and names."""
    dice = random.Random(0)
    rows = dice.sample(range(snapshot.symbol_count), min(2_000, snapshot.symbol_count))
    symbols = [snapshot.symbol(row) for row in rows]
    documented = [symbol.doc.split("\n")[0] for symbol in symbols if symbol.doc][: N_QUERIES // 2]
    return documented + [symbol.name for symbol in symbols[: N_QUERIES - len(documented)]]


def timed(ask: Callable[[str], object], queries: list[str]) -> list[float]:
    """Return milliseconds a query, after one round that warms."""
    for query in queries:
        ask(query)
    times = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - started) * 1_000)
    return times


def of_size(snapshot: Snapshot, n_chunks: int, root: Path) -> Snapshot:
    """Return a snapshot of so many chunks: some of the files, or all of them several times."""
    batch = join([part.block.batch for part in snapshot.parts])
    live, copies = only(batch, snapshot.live_documents), list[Batch]()
    per_document = np.bincount(live.chunks.document, minlength=len(live.documents))
    missing = n_chunks
    while missing > 0:
        kept = np.cumsum(per_document) <= missing
        kept[0] = True
        copy = only(live, kept)
        prefix = f"copy{len(copies)}/"
        documents = tuple(
            dataclasses.replace(document, path=prefix + document.path)
            for document in copy.documents
        )
        copies.append(dataclasses.replace(copy, documents=documents))
        missing -= len(copy.chunks.document)
        if len(copy.chunks.document) < per_document.sum():
            break
    return Snapshot.empty(Texts(root), 1).with_batch(join(copies))
