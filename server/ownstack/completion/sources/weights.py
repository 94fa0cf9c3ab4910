"""How lines are weighed, by class of model: fitted by `python -m training.weighing_calibration`."""

from __future__ import annotations

from ownstack.completion.sources.ranking import CERTAINTY, CHOICE
from ownstack.completion.sources.weighing import Judgement, Weights

SMALL_PARAMETERS = 1_000_000_000
"""A model of fewer is weighed as a small one."""

_FIRST = Judgement(CHOICE, (*CERTAINTY, 0.0, 0.0, 0.0))
SMALL = Weights(_FIRST, _FIRST, (0.0, 0.0, 0.5, 0.0, 0.0, 0.0), 0.6)
LARGE = SMALL


def weights_for(parameters: int) -> Weights:
    """Return how lines of a model of so many parameters are weighed; 0 is unknown."""
    return SMALL if 0 < parameters < SMALL_PARAMETERS else LARGE
