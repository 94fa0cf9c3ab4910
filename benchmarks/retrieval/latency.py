"""How long a query takes in a large project: copies of the packages beside each other."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.bars import quantile
from ownstack.index.embedding.embedder import TextEmbedder
from ownstack.index.search.search import search
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import join
from ownstack.index.texts import Texts

SIZES = {10_000: 10.0, 100_000: 25.0}
"""Chunks → the bar for the median, in milliseconds."""


def enlarged(
    snapshots: Mapping[str, Snapshot], folders: Mapping[str, Path], n_chunks: int, scratch: Path
) -> Snapshot:
    """Return one snapshot of at least `n_chunks` rows, whose files are copied below `scratch`.

    Copies share their terms, so that common words are as common as in one package.
    """
    batches, vectors, n_rows, round_number = [], [], 0, 0
    while n_rows < n_chunks:
        for name, snapshot in snapshots.items():
            if n_rows >= n_chunks:
                break
            below = f"{name}-{round_number}"
            shutil.copytree(folders[name], scratch / below)
            for part in snapshot.parts:
                batch = part.block.batch
                documents = tuple(
                    replace(document, path=f"{below}/{document.path}")
                    for document in batch.documents
                )
                batches.append(replace(batch, documents=documents))
            vectors.append(snapshot.vectors())
            n_rows += snapshot.chunk_count
        round_number += 1
    dim = vectors[0].shape[1]
    large = Snapshot.empty(Texts(scratch), dim).with_batch(join(batches))
    every = np.concatenate(vectors)
    for file in large.files():
        rows = large.rows_of(file.path)
        large.put_vectors(file.path, file.content_hash, every[rows.start : rows.stop])
    return large


def measure(
    snapshot: Snapshot, queries: Sequence[str], embedder: TextEmbedder
) -> tuple[float, float, float]:
    """Return milliseconds: of the first query, then the median and the 95th percentile."""
    times = []
    for query in [queries[0], *queries]:
        began = time.perf_counter()
        search(snapshot, query, 10, embedder)
        times.append(1_000 * (time.perf_counter() - began))
    return times[0], quantile(times[1:], 0.5), quantile(times[1:], 0.95)
