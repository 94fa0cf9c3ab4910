"""Figures of outcomes."""

from __future__ import annotations

import math

import pytest

from ownstack.learning.gate.figures import Duel, duel, interval, quality, uses
from tests.support.judging import said


@pytest.mark.parametrize(
    ("won", "lost", "p"),
    [(0, 0, 1.0), (1, 0, 0.5), (5, 0, 1 / 32), (8, 2, 56 / 1024), (2, 8, 1013 / 1024)],
)
def test_the_sign_test(won, lost, p):
    assert Duel(won, lost).p_better == pytest.approx(p)
    assert Duel(lost, won).p_worse == pytest.approx(p)


def test_a_duel_counts_only_where_two_differ():
    assert duel(said("candidate", "1101"), said("base", "1010")) == Duel(won=2, lost=1)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 50, 0.0, 0.0714), (50, 50, 0.9286, 1.0), (9, 50, 0.0977, 0.308)],
)
def test_intervals_are_wilsons(right, n, low, high):
    assert interval(right, n) == pytest.approx((low, high), abs=5e-4)


def test_brier_and_log_loss():
    outcomes = said("base", "10")
    found = quality(outcomes, [0.8, 0.2])
    assert found.exact == 0.5
    assert found.brier == pytest.approx(0.04)
    assert found.log_loss == pytest.approx(-math.log(0.8))


def test_a_certain_error_costs_much_but_not_everything():
    assert quality(said("base", "0"), [1.0]).log_loss == pytest.approx(-math.log(1e-4))


@pytest.mark.parametrize(
    ("right", "chance", "use"), [("1", 1.0, 1.0), ("1", 0.0, 0.0), ("0", 0.0, 0.0), ("0", 1.0, -1)]
)
def test_what_a_line_is_of_use(right, chance, use):
    """To say nothing is worth nothing; to be wrong and sure costs as much as to be right gains."""
    assert uses(said("base", right), [chance]) == [use]


def test_the_use_of_a_chance_is_largest_if_it_is_true():
    outcomes = said("base", "1" * 3 + "0" * 7)
    best = max(range(101), key=lambda c: sum(uses(outcomes, [c / 100] * 10)))
    assert best == 30
