"""`ownstack index --compare-embedders A B`: would another embedder find the same?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.cli.output import human_bytes, print_json, print_table, say
from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.app.host import Host
    from ownstack.index.embedder_comparison import Comparison
    from ownstack.index.embedding.embedder import TextEmbedder
    from ownstack.index.snapshot.snapshot import Snapshot


def compare(folder: Path, first: str, second: str, *, as_json: bool) -> int:
    """Ask both what the project's own docstrings and names ask; print what differs.

    Raises:
        UsageError: there is too little to ask, or an embedder cannot be used.
    """
    from ownstack.cli.project import opened
    from ownstack.index.embedder_comparison import DEPTH, sample_queries

    with opened(folder) as index:
        snapshot = index.snapshot
    queries = sample_queries(snapshot)
    if int(snapshot.live.sum()) < 2 * DEPTH or not queries:
        raise UsageError(f"{folder} holds too little code to compare embedders.")
    found = asyncio.run(_compare(snapshot, queries, first, second))
    (_print_json if as_json else _print_text)(found)
    return 0


def _print_json(found: Comparison) -> None:
    print_json(
        {
            "chunks": found.n_chunks,
            "queries": found.n_queries,
            "overlap": round(found.overlap, 4),
            "embedders": [
                {
                    "name": embedder.name,
                    "dim": embedder.dim,
                    "chunksPerSecond": round(embedder.chunks_per_s, 1),
                    "queryMs": round(embedder.query_ms, 3),
                    "sizeBytes": embedder.size_bytes,
                }
                for embedder in found.embedders
            ],
        }
    )


def _print_text(found: Comparison) -> None:
    from ownstack.index.embedder_comparison import DEPTH

    print_table(
        ("EMBEDDER", "LENGTH", "CHUNKS/S", "QUERY", "ON DISK"),
        [
            (
                *(
                    embedder.name,
                    str(embedder.dim),
                    f"{embedder.chunks_per_s:,.0f}",
                    f"{embedder.query_ms:.2f} ms",
                ),
                human_bytes(embedder.size_bytes),
            )
            for embedder in found.embedders
        ],
    )
    verdict = "may be swapped" if found.interchangeable else "need a benchmark before a swap"
    say(
        f"Overlap of the best {DEPTH} of {found.n_chunks:,} chunks over {found.n_queries} queries: "
        f"{found.overlap:.2f} (Jaccard); they {verdict}."
    )


async def _compare(
    snapshot: Snapshot, queries: Sequence[str], first: str, second: str
) -> Comparison:
    from ownstack.app.host import Host
    from ownstack.index.embedder_comparison import compare
    from ownstack.paths import Home

    host = Host(Home.default(), mode="inProcess")
    try:
        embedder, other = await _embedder(host, first), await _embedder(host, second)
        return await asyncio.to_thread(compare, snapshot, queries, embedder, other)
    finally:
        await host.close()


async def _embedder(host: Host, name: str) -> TextEmbedder:
    """Open an embedder by what the user calls it; a model stays loaded until the host closes.

    Raises:
        OwnstackError: there is none of that name, or it cannot be used.
    """
    from ownstack.index.embedding.embedder import (
        EngineEmbedder,
        NoEmbedder,
        default_embedder,
        load_embedder,
    )

    if name == "default" or name.endswith(".npz"):
        static = default_embedder() if name == "default" else load_embedder(Path(name))
        if isinstance(static, NoEmbedder):
            raise UsageError(static.reason)
        return static
    from ownstack.settings import EngineSettings

    info = await asyncio.to_thread(host.registry.resolve, name)
    lease = host.lease(info, "embedding", EngineSettings(), lambda: None)
    await lease.ready()
    if lease.engine is None:
        raise lease.error or UsageError(f"{name} cannot be loaded.")
    return await EngineEmbedder.open(lease.engine, lease.name)
