"""Asking everything of every subject."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.retrieval.measures import ndcg
from benchmarks.retrieval.subjects import Subject
from ownstack.index.embedding.embedder import TextEmbedder
from ownstack.index.search.ranking import Weights
from ownstack.index.search.search import search
from ownstack.index.snapshot.snapshot import Snapshot

FULL = Weights()
Scores = dict[str, float]
"""Subject → NDCG@10."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What is asked, and of what."""

    subjects: Sequence[Subject]
    snapshots: Mapping[str, Snapshot]
    embedder: TextEmbedder


def asked(
    bench: Bench, weights: Weights = FULL, category: str = "", language: str = ""
) -> tuple[Scores, list[float]]:
    """Ask everything; return the score of each subject and the seconds of each query.

    With a category or a language, only what belongs to it.
    """
    scores, times = {}, []
    for subject in bench.subjects:
        found = []
        for question in subject.questions:
            if category not in ("", question.category) or language not in ("", subject.language):
                continue
            began = time.perf_counter()
            hits = search(bench.snapshots[subject.name], question.text, 10, bench.embedder, weights)
            times.append(time.perf_counter() - began)
            found.append(ndcg(hits, question.targets))
        if found:
            scores[subject.name] = sum(found) / len(found)
    return scores, times


def mean(scores: Scores) -> float:
    """Subjects count alike."""
    return sum(scores.values()) / len(scores)


def categories(bench: Bench) -> dict[str, float]:
    """Return the mean over subjects for each sort of question."""
    names = sorted(
        {question.category for subject in bench.subjects for question in subject.questions}
    )
    return {name: mean(asked(bench, category=name)[0]) for name in names}
