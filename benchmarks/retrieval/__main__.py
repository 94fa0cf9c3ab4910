"""How well search finds what was asked for: `python -m benchmarks.retrieval --data DIR`.

Prints NDCG@10 of each package beside the best known peer's, what each part of the ranking adds,
what is left of the gain when weights are chosen on other packages, and how long a query takes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from platformdirs import user_cache_dir

from benchmarks.bars import quantile
from benchmarks.retrieval.index import snapshot_of
from benchmarks.retrieval.latency import SIZES, enlarged, measure
from benchmarks.retrieval.measures import ndcg
from benchmarks.retrieval.packages import Package, fetched, load_packages
from ownstack.index.embed import Embedder, default_embedder
from ownstack.index.rank import Weights
from ownstack.index.search import search
from ownstack.index.snapshot import Snapshot

BAR = 0.86
FULL = Weights()
DEMOTIONS = ("test", "vendored", "generated", "legacy", "example", "facade", "prose")
NOTHING: dict[str, float] = {
    **dict.fromkeys(("text", "title", "vector", "file_text", "file_title", "file_vector"), 0.0),
    **dict.fromkeys(("file_name", "path", "name", "kind", "central"), 0.0),
    **dict.fromkeys((*DEMOTIONS, "repeated"), 1.0),
}
ABLATIONS: dict[str, dict[str, float]] = {
    "everything": {},
    "without text": {"text": 0, "file_text": 0},
    "without titles (path, scope, name)": {"title": 0, "file_title": 0},
    "without vectors": {"vector": 0, "file_vector": 0},
    "without symbol names": {"name": 0},
    "without sums over files": {"file_text": 0, "file_title": 0, "file_vector": 0},
    "without file names": {"file_name": 0, "path": 0},
    "without kinds": {"kind": 0},
    "without centrality": {"central": 0},
    "without demotion": dict.fromkeys(
        ("test", "vendored", "generated", "legacy", "example", "facade", "prose"), 1
    ),
    "without diversity": {"repeated": 1},
    "text alone (BM25)": {**NOTHING, "text": 1},
    "vectors alone": {**NOTHING, "vector": 1},
}
N_DRAWS = 60
SEED = 1

Scores = dict[str, float]
"""Package → NDCG@10."""


def main() -> None:
    """Fetch, index, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="annotations and sources.json")
    parser.add_argument("--cache", type=Path, help="where packages are kept (default: user cache)")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    parser.add_argument("--large", action="store_true", help="query times at 10k and 100k chunks")
    parser.add_argument("--quick", action="store_true", help="no ablation, no held-out estimate")
    options = parser.parse_args()
    cache = options.cache or Path(user_cache_dir("ownstack")) / "benchmarks"
    embedder = default_embedder()
    packages = load_packages(options.data)
    folders = {package.name: fetched(package, cache) for package in packages}
    snapshots = {name: snapshot_of(folder, embedder) for name, folder in folders.items()}
    scores, times = asked(packages, snapshots, embedder, FULL)
    figures: dict[str, object] = {"ndcg10": scores}
    print(table(packages, snapshots, scores))
    print(f"\n{'reached' if mean(scores) >= BAR else 'MISSED'}: mean ≥ {BAR}")
    figures["by_category"] = by_category = categories(packages, snapshots, embedder)
    print(", ".join(f"{name} {value:.3f}" for name, value in by_category.items()))
    _, times = asked(packages, snapshots, embedder, FULL)
    ms = {f"p{round(100 * q)}": 1_000 * quantile(times, q) for q in (0.5, 0.95)}
    figures["query_ms"] = ms
    print(f"a query takes {ms['p50']:.1f} ms (p50), {ms['p95']:.1f} ms (p95)")
    if not options.quick:
        parts = {
            name: asked(packages, snapshots, embedder, replace(FULL, **changes))[0]
            for name, changes in ABLATIONS.items()
        }
        figures["ablation"] = {name: mean(found) for name, found in parts.items()}
        print("\n| | NDCG@10 | difference |\n|---|---|---|")
        for name, found in parts.items():
            print(f"| {name} | {mean(found):.3f} | {mean(found) - mean(scores):+.3f} |")
        figures["held_out"] = held_out = estimate(packages, snapshots, embedder)
        print(f"\nweights drawn at random, chosen on nine packages: {held_out:.3f} on the tenth")
    if options.large:
        figures["large"] = large = {}
        queries = [question.text for package in packages for question in package.questions]
        for size, bar_ms in SIZES.items():
            with tempfile.TemporaryDirectory() as scratch:
                snapshot = enlarged(snapshots, folders, size, Path(scratch))
                first, p50, p95 = measure(snapshot, queries, embedder)
                n_chunks = snapshot.chunk_count
            large[n_chunks] = {"first": first, "p50": p50, "p95": p95}
            verdict = "reached" if p50 <= bar_ms else "MISSED"
            print(
                f"{n_chunks:,} chunks: {p50:.1f} ms (p50), {p95:.1f} ms (p95), the first query "
                f"{first:.0f} ms; {verdict}: p50 ≤ {bar_ms:.0f} ms"
            )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")


def asked(
    packages: Sequence[Package],
    snapshots: Mapping[str, Snapshot],
    embedder: Embedder,
    weights: Weights,
    category: str = "",
) -> tuple[Scores, list[float]]:
    """Ask everything; return the score of each package and the seconds of each query."""
    scores, times = {}, []
    for package in packages:
        found = []
        for question in package.questions:
            if category and question.category != category:
                continue
            began = time.perf_counter()
            hits = search(snapshots[package.name], question.text, 10, embedder, weights)
            times.append(time.perf_counter() - began)
            found.append(ndcg(hits, question.targets))
        scores[package.name] = sum(found) / len(found)
    return scores, times


def categories(
    packages: Sequence[Package], snapshots: Mapping[str, Snapshot], embedder: Embedder
) -> dict[str, float]:
    """Return the mean over packages for each sort of question."""
    names = sorted({question.category for one in packages for question in one.questions})
    return {name: mean(asked(packages, snapshots, embedder, FULL, name)[0]) for name in names}


def estimate(
    packages: Sequence[Package], snapshots: Mapping[str, Snapshot], embedder: Embedder
) -> float:
    """Return what a package scores with the weights that are best for the other nine.

    The weights are the shipped ones and some that are drawn around them, each up to two times
    larger or smaller.
    """
    random = np.random.default_rng(SEED)
    drawn = [FULL]
    for _ in range(N_DRAWS):
        changes = {
            key: getattr(FULL, key) * float(2 ** random.uniform(-1, 1))
            for key, value in NOTHING.items()
            if value == 0
        }
        drawn.append(replace(FULL, **changes))
    tried = [asked(packages, snapshots, embedder, weights)[0] for weights in drawn]
    held_out = []
    for package in packages:
        best = max(tried, key=lambda scores: mean(scores) * len(scores) - scores[package.name])
        held_out.append(best[package.name])
    return sum(held_out) / len(held_out)


def mean(scores: Scores) -> float:
    """Packages count alike."""
    return sum(scores.values()) / len(scores)


def table(packages: Sequence[Package], snapshots: Mapping[str, Snapshot], scores: Scores) -> str:
    """Return the figures of each package as Markdown."""
    lines = ["| package | files | chunks | queries | NDCG@10 | peer |", "|---|---|---|---|---|---|"]
    for package in packages:
        snapshot = snapshots[package.name]
        lines.append(
            f"| {package.name} {package.version} | {snapshot.file_count} | {snapshot.chunk_count} "
            f"| {len(package.questions)} | {scores[package.name]:.3f} | {package.peer_ndcg10:.3f} |"
        )
    peer = sum(package.peer_ndcg10 for package in packages) / len(packages)
    n_questions = sum(len(package.questions) for package in packages)
    lines.append(f"| **mean** | | | {n_questions} | **{mean(scores):.3f}** | {peer:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
