"""Figures of outcomes: pure functions of values to values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from ownstack.learning.gate.outcomes import Outcome

_Z = NormalDist().inv_cdf(0.975)
_LEAST_CHANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Quality:
    """How well one side did."""

    cursors: int
    right: int
    low: float
    """Of exact match, between 0 and 1: the ends of a 95 % interval (Wilson's)."""
    high: float
    brier: float
    """Mean squared distance of the chances from what came true."""
    log_loss: float
    """Mean, in nats."""
    use: float
    """Mean of `uses`."""

    @property
    def exact(self) -> float:
        return self.right / self.cursors if self.cursors else 0.0


@dataclass(frozen=True, slots=True)
class Duel:
    """What two sides made of the same cursors."""

    won: int
    lost: int

    @property
    def p_better(self) -> float:
        """Return how often luck alone would win so many or more (sign test, one-sided)."""
        return _at_least(self.won, self.won + self.lost)

    @property
    def p_worse(self) -> float:
        """Return how often luck alone would lose so many or more."""
        return _at_least(self.lost, self.won + self.lost)


def quality(outcomes: Sequence[Outcome], chances: Sequence[float]) -> Quality:
    """Return how well a side did; `chances`: of its outcomes, corrected."""
    n, right = len(outcomes), sum(outcome.right for outcome in outcomes)
    low, high = interval(right, n)
    pairs = list(zip(outcomes, chances, strict=True))
    brier = mean([(outcome.right - chance) ** 2 for outcome, chance in pairs])
    log_loss = mean([_surprise(outcome.right, chance) for outcome, chance in pairs])
    return Quality(n, right, low, high, brier, log_loss, mean(uses(outcomes, chances)))


def uses(outcomes: Sequence[Outcome], chances: Sequence[float]) -> list[float]:
    """Return of what use each line was to somebody who trusts its chance.

    A line that is shown from a chance of t on gains 1 - t if it is right and costs t if it is
    wrong, which is no gain on average if its chance is t. Over all t that is right - (right -
    chance)², in halves: exact match less Brier score. So chances of two sides can be compared that
    are about different lines: to say nothing is worth 0 for both.
    """
    return [
        outcome.right - (outcome.right - chance) ** 2
        for outcome, chance in zip(outcomes, chances, strict=True)
    ]


def duel(mine: Sequence[Outcome], theirs: Sequence[Outcome]) -> Duel:
    """Compare two sides; both lists are of the same cursors in the same order."""
    pairs = list(zip(mine, theirs, strict=True))
    won = sum(one.right and not other.right for one, other in pairs)
    lost = sum(other.right and not one.right for one, other in pairs)
    return Duel(won, lost)


def interval(right: int, n: int) -> tuple[float, float]:
    """Return the ends of Wilson's 95 % interval of a share."""
    if not n:
        return 0.0, 1.0
    share, z2 = right / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _at_least(k: int, n: int) -> float:
    """Return the chance that a fair coin falls on one side `k` or more times of `n`."""
    return float(sum(math.comb(n, i) for i in range(k, n + 1)) / 2**n)


def _surprise(right: bool, chance: float) -> float:
    chance = min(1 - _LEAST_CHANCE, max(_LEAST_CHANCE, chance))
    return -math.log(chance if right else 1 - chance)


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
