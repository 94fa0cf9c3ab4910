"""What the gate's outcomes say of a model's chances, in completion's own terms."""

from __future__ import annotations

from collections.abc import Sequence

from ownstack.completion.feedback.own_calibration import Correction, correction
from ownstack.completion.feedback.signals import Judged
from ownstack.learning.gate.outcomes import Outcome

FOLDS = 5


def fit_correction(outcomes: Sequence[Outcome]) -> Correction | None:
    """Return how the chances of one side should be corrected; None if too little is known.

    It is fitted, and held to a prior, as completion learns from what becomes of suggestions.
    """
    return correction(
        [
            Judged("model", "", outcome.chance, outcome.right, 0.0)
            for outcome in outcomes
            if outcome.chance > 0
        ]
    )


def corrected(outcomes: Sequence[Outcome]) -> list[float]:
    """Return the chance of each outcome, corrected by what the others tell (in `FOLDS` parts)."""
    chances = [outcome.chance for outcome in outcomes]
    for fold in range(FOLDS):
        others = [outcome for at, outcome in enumerate(outcomes) if at % FOLDS != fold]
        fitted = fit_correction(others)
        if fitted is None:
            continue
        for at in range(fold, len(outcomes), FOLDS):
            if chances[at] > 0:
                chances[at] = fitted.adjusted(outcomes[at].chance)
    return chances
