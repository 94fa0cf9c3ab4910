"""How well search finds what was asked for: `python -m benchmarks.retrieval --data DIR`.

Prints NDCG@10 of each package beside the best known peer's, what each part of the ranking adds,
what is left of the gain in a language when weights are chosen on the others, and how long a query
takes. `--more DIR --laid-out DIR` adds repositories in other languages: their annotations, and the
folder in which each lies below its name.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from platformdirs import user_cache_dir

from benchmarks.bars import quantile
from benchmarks.retrieval.ablation import without
from benchmarks.retrieval.asking import Bench, Scores, asked, categories, mean
from benchmarks.retrieval.holding_out import held_out
from benchmarks.retrieval.index import snapshot_of
from benchmarks.retrieval.latency import SIZES, enlarged, measure
from benchmarks.retrieval.subjects import Subject, packages, repositories
from ownstack.index.embedding.embedder import default_embedder

BAR_PACKAGES, BAR_REPOSITORIES = 0.877, 0.885
BELOW_PEER = 0.02
"""No language may be further below the peer."""
BELOW_FITTED = 0.01
"""What the mean may lose when each language's weights are chosen on the others."""


def main() -> None:
    """Fetch, index, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="annotations and sources.json")
    parser.add_argument("--more", type=Path, help="the same for repositories in other languages")
    parser.add_argument("--laid-out", type=Path, help="where those repositories lie")
    parser.add_argument("--cache", type=Path, help="where packages are kept (default: user cache)")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    parser.add_argument("--large", action="store_true", help="query times at 10k and 100k chunks")
    parser.add_argument("--quick", action="store_true", help="no ablation, no held-out estimate")
    options = parser.parse_args()
    if (options.more is None) != (options.laid_out is None):
        parser.error("--more and --laid-out belong together")
    cache = options.cache or Path(user_cache_dir("ownstack")) / "benchmarks"
    sets = {"packages": packages(options.data, cache)}
    if options.more:
        sets["repositories"] = repositories(options.more, options.laid_out)
    subjects = [subject for drawn in sets.values() for subject in drawn]
    embedder = default_embedder()
    snapshots = {subject.name: snapshot_of(subject.folder, embedder) for subject in subjects}
    bench = Bench(subjects, snapshots, embedder)
    scores, _ = asked(bench)
    fitted_elsewhere = {} if options.quick else held_out(bench)
    figures: dict[str, object] = {"ndcg10": scores, "held_out": fitted_elsewhere}
    for name, bar in (("packages", BAR_PACKAGES), ("repositories", BAR_REPOSITORIES)):
        if name in sets:
            print(table(sets[name], bench, scores, fitted_elsewhere))
            value = mean({subject.name: scores[subject.name] for subject in sets[name]})
            print(f"\n{verdict(round(value, 3) >= bar)}: mean of the {name} ≥ {bar}\n")
    print(below_peer(subjects, scores))
    if fitted_elsewhere:
        lost = mean(scores) - mean(fitted_elsewhere)
        print(f"{verdict(lost <= BELOW_FITTED)}: held out {lost:.4f} below, ≤ {BELOW_FITTED}")
    figures["by_category"] = by_category = categories(bench)
    print(", ".join(f"{name} {value:.3f}" for name, value in by_category.items()))
    _, times = asked(bench)
    ms = {f"p{round(100 * q)}": 1_000 * quantile(times, q) for q in (0.5, 0.95)}
    figures["query_ms"] = ms
    print(f"a query takes {ms['p50']:.1f} ms (p50), {ms['p95']:.1f} ms (p95)")
    if not options.quick:
        parts = without(bench)
        figures["ablation"] = parts
        print(ablation_table(sets.values(), scores, parts))
    if options.large:
        figures["large"] = large(bench, sets["packages"])
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")


def verdict(is_reached: bool) -> str:
    return "reached" if is_reached else "MISSED"


def large(bench: Bench, chosen: Sequence[Subject]) -> dict[int, dict[str, float]]:
    """Print and return query times in copies of the packages beside each other."""
    found = {}
    queries = [question.text for subject in chosen for question in subject.questions]
    snapshots = {subject.name: bench.snapshots[subject.name] for subject in chosen}
    folders = {subject.name: subject.folder for subject in chosen}
    for size, bar_ms in SIZES.items():
        with tempfile.TemporaryDirectory() as scratch:
            snapshot = enlarged(snapshots, folders, size, Path(scratch))
            first, p50, p95 = measure(snapshot, queries, bench.embedder)
            n_chunks = snapshot.chunk_count
        found[n_chunks] = {"first": first, "p50": p50, "p95": p95}
        print(
            f"{n_chunks:,} chunks: {p50:.1f} ms (p50), {p95:.1f} ms (p95), the first query "
            f"{first:.0f} ms; {verdict(p50 <= bar_ms)}: p50 ≤ {bar_ms:.0f} ms"
        )
    return found


def table(
    subjects: Sequence[Subject], bench: Bench, scores: Scores, fitted_elsewhere: Scores
) -> str:
    """Return the figures of each subject as Markdown."""
    lines = [
        "| | language | files | chunks | queries | NDCG@10 | peer | held out |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for subject in subjects:
        snapshot = bench.snapshots[subject.name]
        elsewhere = fitted_elsewhere.get(subject.name)
        lines.append(
            f"| {subject.name} {subject.version} | {subject.language} | {snapshot.file_count} "
            f"| {snapshot.chunk_count} | {len(subject.questions)} | {scores[subject.name]:.3f} "
            f"| {subject.peer_ndcg10:.3f} | {f'{elsewhere:.3f}' if elsewhere else ''} |"
        )
    peer = mean({subject.name: subject.peer_ndcg10 for subject in subjects})
    names = [subject.name for subject in subjects]
    own = mean({name: scores[name] for name in names})
    elsewhere = mean({name: fitted_elsewhere[name] for name in names}) if fitted_elsewhere else None
    n_questions = sum(len(subject.questions) for subject in subjects)
    lines.append(
        f"| **mean** | | | | {n_questions} | **{own:.3f}** | {peer:.3f} "
        f"| {f'{elsewhere:.3f}' if elsewhere else ''} |"
    )
    return "\n".join(lines)


def below_peer(subjects: Sequence[Subject], scores: Scores) -> str:
    """Say which languages are further below the peer than they may be."""
    by_language: dict[str, list[float]] = {}
    for subject in subjects:
        by_language.setdefault(subject.language, []).append(
            scores[subject.name] - subject.peer_ndcg10
        )
    means = {language: sum(found) / len(found) for language, found in by_language.items()}
    below = [f"{name} {by:+.3f}" for name, by in means.items() if by < -BELOW_PEER]
    end = f" ({', '.join(below)})" if below else ""
    return f"{verdict(not below)}: no language more than {BELOW_PEER} below the peer{end}"


def ablation_table(
    sets: Iterable[Sequence[Subject]], scores: Scores, parts: dict[str, Scores]
) -> str:
    """Return what each part adds to the mean of each set, as Markdown."""
    columns = [[subject.name for subject in subjects] for subjects in sets]
    lines = ["", "| |" + " NDCG@10 | difference |" * len(columns)]
    lines.append("|---|" + "---|---|" * len(columns))
    for name, found in {"everything": scores, **parts}.items():
        cells = ""
        for column in columns:
            value = mean({key: found[key] for key in column})
            cells += f" {value:.3f} | {value - mean({key: scores[key] for key in column}):+.3f} |"
        lines.append(f"| {name} |{cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
