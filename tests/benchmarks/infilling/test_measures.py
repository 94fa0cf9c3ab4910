"""What a proposal is worth, against values computed by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.infilling.measures import (
    bucket,
    coverage_curve,
    exact,
    first_word,
    interval,
    reliability,
    similarity,
    standard_error,
)


@pytest.mark.parametrize(
    ("proposal", "truth", "expected"),
    [
        ("x + 1", "x + 1", True),
        ("x + 1  ", "x + 1", True),
        (" x + 1", "x + 1", False),
        ("x + 1)", "x + 1", False),
        ("", "", False),
    ],
)
def test_exact_forgives_blanks_at_the_end_alone(proposal: str, truth: str, expected: bool) -> None:
    """What is left of the text counts: the cursor is in the middle of a line."""
    assert exact(proposal, truth) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("kitten", "sitting", 1 - 3 / 7),
        ("abc", "abc", 1.0),
        ("abc", "", 0.0),
        ("", "", 1.0),
        ("ab", "ba", 0.0),
        ("abcd", "abd", 0.75),
    ],
)
def test_similarity_is_one_minus_the_normalised_distance(a: str, b: str, expected: float) -> None:
    """Levenshtein's own example, and the ends of the scale."""
    assert similarity(a, b) == pytest.approx(expected)


@given(st.text("ab", max_size=8), st.text("ab", max_size=8))
def test_similarity_does_not_depend_on_the_order(a: str, b: str) -> None:
    """And stays within [0, 1]."""
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("  value = 1", "value"), (").items()", ")."), ("", ""), ("__init__(self)", "__init__")],
)
def test_the_first_word_is_a_name_or_a_run_of_marks(text: str, expected: str) -> None:
    """Whichever comes first."""
    assert first_word(text) == expected


def test_buckets_have_no_gap() -> None:
    """Every length is in one of them; nothing left is a mistake of the caller."""
    assert [bucket(n) for n in (1, 5, 6, 10, 11, 20, 21, 500)] == [
        "1-5", "1-5", "6-10", "6-10", "11-20", "11-20", "21+", "21+",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="nothing is left"):
        bucket(0)


def test_calibration_error_by_hand() -> None:
    """Two bins: 0.95 said and 1/2 right, 0.25 said and 1/2 right; a silent position is none.

    (2 · |0.5 - 0.95| + 2 · |0.5 - 0.25|) / 4 = 0.35
    """
    bins = reliability(
        [0.9, 1.0, 0.2, 0.3 - 1e-9, 0.0], [1, 0, 0, 1, 0], [True, True, True, True, False]
    )

    assert bins.error == pytest.approx(0.35)
    assert bins.count.tolist() == [0, 0, 2, 0, 0, 0, 0, 0, 0, 2]
    assert bins.confidence[[2, 9]] == pytest.approx([0.25, 0.95])
    assert bins.accuracy[[2, 9]] == pytest.approx([0.5, 0.5])


def test_what_says_what_it_means_has_no_calibration_error() -> None:
    """Three of four right at 0.75; nothing proposed has no error, not a perfect one."""
    assert reliability([0.75] * 4, [1, 1, 1, 0], [True] * 4).error == 0.0
    assert math.isnan(reliability([0.0], [0], [False]).error)


def test_the_curve_takes_the_surest_first() -> None:
    """Right at 0.9, wrong at 0.8, right at 0.1; two of five positions are silent."""
    curve = coverage_curve(
        [0.1, 0.9, 0.0, 0.8, 0.0], [1, 1, 0, 0, 0], [True, True, False, True, False]
    )

    assert curve.coverage.tolist() == pytest.approx([0.2, 0.4, 0.6])
    assert curve.precision.tolist() == pytest.approx([1.0, 0.5, 2 / 3])
    assert curve.at(0.2) == 1.0
    assert curve.at(0.3) == 0.5
    assert math.isnan(curve.at(0.7))


def test_equal_confidences_have_no_order() -> None:
    """A system that always says 0.5 gets its mean everywhere, however its answers are sorted."""
    right = [1, 1, 0, 0]

    for order in (right, right[::-1]):
        curve = coverage_curve([0.5] * 4, order, [True] * 4)
        assert curve.precision.tolist() == [0.5] * 4


def test_standard_error_by_hand() -> None:
    """The values 1, 1, 0, 0 have variance 1/3: √(1/3 / 4)."""
    assert standard_error([1, 1, 0, 0]) == pytest.approx(math.sqrt(1 / 12))
    assert math.isnan(standard_error([1]))


def test_the_interval_holds_the_mean_and_weighs_strata_the_same() -> None:
    """Of 1,000 draws at 0.2 and 10 at 0.8, the mean is near 0.5; constants have no spread."""
    many = (np.arange(1000) % 5 == 0).astype(float)
    few = (np.arange(10) % 5 != 0).astype(float)

    low, high = interval([many, few])

    assert low < 0.5 < high
    assert 0.05 < high - low < 0.35
    assert interval([[1.0] * 5]) == (1.0, 1.0)
    assert all(math.isnan(end) for end in interval([[]]))
