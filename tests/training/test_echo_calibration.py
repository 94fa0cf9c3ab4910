"""The fit behind echo's choice and confidence."""

import numpy as np
import pytest

from ownstack.completion.echo.candidate import FEATURES
from ownstack.completion.echo.scoring import CERTAINTY, CHOICE, SIGNALS
from training.echo_calibration import (
    Case,
    Project,
    calibration_error,
    cases,
    fit,
    fit_choice,
    judged_by,
)


def project(name: str) -> Project:
    """Two files that say the same, so that most of a line is known from the other one."""
    lines = [f"value_of_{name}_{n} = compute_the_value(here, {n % 7})" for n in range(100)]
    files = {f"{file}.py": "\n".join(lines) + "\n" for file in ("a", "b")}
    return Project("python", name, {**files, "short.py": "x = 1\n"})


def test_the_fit_finds_the_weights_that_made_the_data() -> None:
    """Logistic regression against a known answer."""
    draw = np.random.default_rng(1)
    features = draw.normal(size=(20_000, 2))
    chance = 1 / (1 + np.exp(-(0.5 + features @ np.array([2.0, -1.0]))))

    weights = fit(features, (draw.random(20_000) < chance).astype(float))

    assert np.allclose(weights, [0.5, 2.0, -1.0], atol=0.1)


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    return list(cases(project("one"), count=60, seed=1))


def test_cases_know_what_is_right(drawn: list[Case]) -> None:
    """The rest of the line is in the other file; the file itself does not tell it."""
    assert len(drawn) == 60
    assert all(case.truth for case in drawn)
    assert sum(case.right is not None for case in drawn) > 50
    assert sum(case.right == 0 for case in drawn) > 30


def test_the_choice_learns_to_put_the_right_one_first(drawn: list[Case]) -> None:
    """At least as often first as with the weights in use, on what it was fitted on."""
    fitted = fit_choice(drawn, steps=200)

    after = [judged_by(case, fitted.tolist()) for case in drawn]

    assert len(fitted) == len(FEATURES) == len(CHOICE)
    assert sum(case.right == 0 for case in after) >= sum(case.right == 0 for case in drawn) - 2


def test_signals_fit_their_weights(drawn: list[Case]) -> None:
    """A bias and one weight for each signal."""
    lengths = {len(case.found[0].signals()) for case in drawn if case.found}

    assert lengths == {len(SIGNALS)} == {len(CERTAINTY) - 1}


@pytest.mark.parametrize(
    ("right", "expected"),
    [([1] * 7 + [0] * 3, 0.0), ([1] * 10, 0.3), ([0] * 10, 0.7)],
)
def test_calibration_error(right: list[int], expected: float) -> None:
    """The gap between what was said and what came true."""
    assert calibration_error(np.full(10, 0.7), np.array(right)) == pytest.approx(expected)
