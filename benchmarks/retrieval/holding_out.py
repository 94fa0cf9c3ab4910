"""What a language scores with weights that were chosen on the others only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.retrieval.asking import FULL, Bench, Scores, asked
from ownstack.index.search.ranking import Weights

N_DRAWS = 150
N_BEST = 10
SEED = 1
_RANGES = {
    **dict.fromkeys(("title", "vector", "file_text", "file_title", "file_vector"), (0.1, 1.0)),
    "file_name": (0.3, 2.0),
    "name": (0.25, 1.0),
    "path": (0.05, 0.2),
    "kind": (0.05, 0.2),
    "central": (0.05, 0.5),
}
"""Within what the weights are drawn, evenly by order of magnitude. That of the text is their unit,
so it is the shipped one."""


def held_out(bench: Bench) -> Scores:
    """Return the score of each subject with the weights that are best for other languages.

    Weights are drawn at random within wide bounds, without looking at the shipped ones; the ten
    draws that are best on average for all other languages are averaged.
    """
    random = np.random.default_rng(SEED)
    drawn = [
        {key: float(np.exp(random.uniform(*np.log(bounds)))) for key, bounds in _RANGES.items()}
        for _ in range(N_DRAWS)
    ]
    tried = [asked(bench, replace(FULL, **changes))[0] for changes in drawn]
    scores: Scores = {}
    for language in sorted({subject.language for subject in bench.subjects}):
        others = [subject.name for subject in bench.subjects if subject.language != language]
        order = np.argsort([-sum(found[name] for name in others) for found in tried])
        weights = _average([drawn[at] for at in order[:N_BEST]])
        scores |= asked(bench, weights, language=language)[0]
    return scores


def _average(many: list[dict[str, float]]) -> Weights:
    """Return the geometric mean of each weight."""
    return replace(
        FULL,
        **{
            key: float(np.exp(np.mean([np.log(factors[key]) for factors in many])))
            for key in many[0]
        },
    )
