"""What a difference in pairs is worth."""

import math

import pytest

from benchmarks.learning.comparing import paired, sign_test


def test_gains_are_counted_in_pairs() -> None:
    found = paired([[True, False, False, False]], [[True, True, True, False]])
    assert (found.count, found.wins, found.losses) == (4, 2, 0)
    assert found.difference[0] == pytest.approx(0.5)
    assert found.relative[0] == pytest.approx(2.0)


def test_an_interval_holds_what_was_measured_and_narrows_with_more() -> None:
    few = paired([[True] * 4 + [False] * 6], [[True] * 6 + [False] * 4])
    many = paired([([True] * 4 + [False] * 6) * 40], [([True] * 6 + [False] * 4) * 40])
    for found in (few, many):
        at, low, high = found.difference
        assert low <= at <= high
    assert many.difference[2] - many.difference[1] < few.difference[2] - few.difference[1]
    assert few.difference[1] <= 0 < many.difference[1]


def test_pairs_say_more_than_shares() -> None:
    """The same shares: always won where they differ, or won and lost alike."""
    always = paired([[True] * 50 + [False] * 50], [[True] * 60 + [False] * 40])
    mixed = paired([[True] * 50 + [False] * 50], [[False] * 40 + [True] * 60])
    assert always.difference[0] == pytest.approx(mixed.difference[0])
    assert always.difference[1] > 0 > mixed.difference[1]
    assert always.p_value < 0.01 < mixed.p_value


def test_each_stratum_counts_the_same() -> None:
    found = paired([[False] * 10, [False] * 1000], [[True] * 10, [False] * 1000])
    assert found.difference[0] == pytest.approx(0.5)


def test_nothing_is_said_of_nothing() -> None:
    assert math.isnan(paired([], []).difference[0])
    assert math.isnan(paired([[]], [[]]).difference[0])
    assert math.isnan(paired([[False, False]], [[True, False]]).relative[0])


def test_the_sign_test_is_that_of_a_coin() -> None:
    assert sign_test(0, 0) == 1
    assert sign_test(3, 3) == 1
    assert sign_test(5, 0) == pytest.approx(2 / 32)
    assert sign_test(1, 9) == pytest.approx(2 * 11 / 1024)
    assert sign_test(0, 5) == sign_test(5, 0)
    assert sign_test(1500, 1400) < 0.1
