"""How lines are weighed, by class of model: fitted by `python -m training.weighing_calibration`."""

from __future__ import annotations

from ownstack.completion.sources.weighing import Judgement, Weights

SMALL_PARAMETERS = 1_000_000_000
"""A model of fewer is weighed as a small one."""

# Fitted on 376 cursors in twelve projects of four languages, with Qwen2.5-Coder 0.5B Instruct
# (Q4_K_M) and prompts of 384 tokens; one in four documents ends at the cursor.
SMALL = Weights(
    scored=Judgement(
        choice=(
            *(-0.516, 0.484, 0.066, 0.594, 0.609, 0.771, -0.005, 0.626, -0.073, 0.048, -1.904),
            *(-0.113, 0.019, 1.73, -0.338, 0.384, -0.336, 0.637, 0.079, 0.716, 0.23),
            *(0.0, 0.0, 0.0, 0.0),
        ),
        certainty=(
            *(-0.459, 0.304, 0.133, 0.376, 0.723, 0.019, 0.148, 0.133, 0.613, -0.072, -0.146),
            *(0.0, 0.0, 0.0, 0.009, -0.005, 0.078),
        ),
    ),
    unscored=Judgement(
        choice=(
            *(-0.267, 0.669, -0.003, 0.873, 1.549, 0.84, -0.103, 0.35, -0.3, -0.068, -2.162),
            *(0.085, -0.022, 0.255, -0.405, 0.227, -0.331, 0.873, 0.246, 0.74, 0.283),
            *(0.0, 0.0, 0.0, 0.0),
        ),
        certainty=(
            *(0.557, 0.183, -0.027, 0.349, 1.054, 0.048, 0.41, 1.473, -0.147, -0.274, -0.038),
            *(0.0, 0.0, 0.0, -0.545, -0.044, 0.813),
        ),
    ),
    alone=(1.217, -0.38, 1.461, -1.532, -0.069, 0.322),
    beta=5.6,
)
LARGE = SMALL
"""Until more is known of larger models: they know better when they are right, so it claims less."""


def weights_for(parameters: int) -> Weights:
    """Return how lines of a model of so many parameters are weighed; 0 is unknown."""
    return SMALL if 0 < parameters < SMALL_PARAMETERS else LARGE
