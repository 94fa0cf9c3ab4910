"""Chances of an adapted model, corrected by what the gate saw."""

from __future__ import annotations

from ownstack.learning.gate.calibration import corrected, fit_correction
from tests.support.judging import said


def test_few_outcomes_correct_nothing():
    outcomes = said("candidate", "10" * 10)
    assert fit_correction(outcomes) is None
    assert corrected(outcomes) == [outcome.chance for outcome in outcomes]


def test_who_promises_too_much_is_believed_less():
    fitted = fit_correction(said("candidate", "1000" * 25, chance=0.8))
    assert fitted is not None
    assert fitted.adjusted(0.8) < 0.5


def test_who_promises_too_little_is_believed_more():
    fitted = fit_correction(said("candidate", "1110" * 25, chance=0.4))
    assert fitted is not None
    assert fitted.adjusted(0.4) > 0.6


def test_where_nothing_was_said_nothing_is_learned():
    assert fit_correction(said("candidate", "0" * 100, chance=0.0)) is None
    assert corrected(said("candidate", "0" * 100, chance=0.0)) == [0.0] * 100


def test_no_outcome_corrects_itself():
    """Each is corrected by the others: a correction is judged by what it was not fitted on."""
    wrong = said("candidate", "0" * 100, chance=0.5)
    one_right = [*said("candidate", "1", chance=0.5), *wrong[1:]]
    assert corrected(wrong)[0] == corrected(one_right)[0]
    assert corrected(wrong)[1] < corrected(one_right)[1]
