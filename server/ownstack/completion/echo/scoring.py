"""Which candidate is best, and how likely it is exactly right: two small fitted models.

Both are made by `python -m training.echo_calibration`, which says on what and how well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ownstack.completion.echo.candidate import FEATURES, Candidate
from ownstack.completion.echo.logistic import in_order, log_odds, logistic, relative_odds
from ownstack.completion.echo.preferences import NOTHING_LEARNED, Preference

# Fitted on 8,100 cursors in 27 packages of eight languages, of which three in ten documents end
# at the cursor and one in ten has no project.
CHOICE = (
    *(0.253, 0.742, 0.754, 0.492, -0.034, -0.432, 0.733, -0.023, 2.618, 2.73),
    *(-2.028, -1.231, -1.258, -1.216, -0.435, 0.204, -0.855, -0.1, 1.522),
)
"""Weights of `FEATURES`."""
CERTAINTY = (-3.798, 0.545, 0.161, 0.399, 0.633, 0.285, -0.493, -0.268, 0.223, 0.338, 0.848)
"""A bias, and the weights of `SIGNALS`."""

SIGNALS = ("share", "second", "match", "next", "own", "length", "unknown", "files", "begun", "pool")
"""The names of `signals`, in order; the weights have a bias first."""


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """A candidate and its rank among the others."""

    candidate: Candidate
    share: float
    """Of the choice, in [0, 1]; not yet a chance to be right."""
    second: float
    """The share of the best of the others."""
    pool: int
    """Occurrences that were found for all candidates together."""
    preference: Preference = NOTHING_LEARNED
    """What this user kept and turned down of it; neither `share` nor `certainty` knows of it."""

    @property
    def text(self) -> str:
        return self.candidate.text

    @property
    def chance(self) -> float:
        """Return its certainty by what was learned of this user."""
        return self.preference.moved(certainty(self))

    def signals(self) -> tuple[float, ...]:
        """Return what certainty is computed from."""
        features = dict(zip(FEATURES, self.candidate.features, strict=True))
        return (
            log_odds(self.share),
            log_odds(self.second),
            features["match"],
            features["next"],
            math.log1p(features["own"]),
            features["length"],
            features["unknown"],
            features["files"],
            features["begun"],
            math.log1p(self.pool),
        )


def score_candidates(
    found: Sequence[Candidate], choice: Sequence[float] = CHOICE
) -> list[ScoredCandidate]:
    """Return the candidates, the best first (conditional logit over their features)."""
    odds = relative_odds(choice, (candidate.features for candidate in found))
    total = sum(odds)
    pool = sum(len(candidate.occurrences) for candidate in found)
    return [
        ScoredCandidate(found[i], own / total, second / total, pool)
        for i, own, second in in_order(odds)
    ]


def certainty(scored: ScoredCandidate, weights: Sequence[float] = CERTAINTY) -> float:
    """Return the chance, in [0, 1], that this is exactly the rest of the line."""
    return logistic(weights, scored.signals())


def by_evidence(found: Sequence[ScoredCandidate]) -> Sequence[ScoredCandidate]:
    """Return the candidates as they were before `preferred`: without what was learned."""
    if not any(scored.preference.shift for scored in found):
        return found
    bare = [replace(scored, preference=NOTHING_LEARNED) for scored in found]
    return sorted(bare, key=lambda scored: -scored.share)
