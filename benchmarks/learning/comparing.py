"""Two conditions at the same cursors: how much better, and how sure that is. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
_SEED = 20_261_130


@dataclass(frozen=True, slots=True)
class Paired:
    """What a second condition gains over a first, where both were asked the same."""

    count: int
    wins: int
    """Right with the second alone."""
    losses: int
    """Right with the first alone."""
    difference: tuple[float, float, float]
    """Of the shares that are right: as measured, and the 95 % interval (bootstrap, in pairs)."""
    relative: tuple[float, float, float]
    """(second - first) / first, likewise; NaN where the first is never right."""

    @property
    def p_value(self) -> float:
        """Of the sign test, two-sided: how often as much is seen where neither is better."""
        return sign_test(self.wins, self.losses)


def paired(first: Sequence[Sequence[bool]], second: Sequence[Sequence[bool]]) -> Paired:
    """Compare what is right, stratum by stratum (a project, a language).

    Each stratum is resampled by itself, and counts the same whatever its size.
    """
    a = [np.asarray(stratum, np.float64) for stratum in first]
    b = [np.asarray(stratum, np.float64) for stratum in second]
    wins = sum(int((y > x).sum()) for x, y in zip(a, b, strict=True))
    losses = sum(int((x > y).sum()) for x, y in zip(a, b, strict=True))
    count = sum(map(len, a))
    if not a or not all(map(len, a)):
        nothing = (math.nan, math.nan, math.nan)
        return Paired(count, wins, losses, nothing, nothing)
    rng = np.random.default_rng(_SEED)
    means_a, means_b = np.zeros(RESAMPLES), np.zeros(RESAMPLES)
    for x, y in zip(a, b, strict=True):
        # A cursor has one of four outcomes: how often each is drawn says it all.
        outcomes = np.bincount((2 * x + y).astype(np.int64), minlength=4)
        drawn = rng.multinomial(len(x), outcomes / len(x), RESAMPLES)
        means_a += (drawn[:, 2] + drawn[:, 3]) / len(x) / len(a)
        means_b += (drawn[:, 1] + drawn[:, 3]) / len(x) / len(a)
    at_a, at_b = (float(np.mean([part.mean() for part in parts])) for parts in (a, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = np.where(means_a > 0, (means_b - means_a) / means_a, np.inf)
    measured = (at_b - at_a) / at_a if at_a else math.nan
    relative = (measured, *_interval(gains)) if at_a else (math.nan, math.nan, math.nan)
    return Paired(count, wins, losses, (at_b - at_a, *_interval(means_b - means_a)), relative)


def sign_test(wins: int, losses: int) -> float:
    """Return the two-sided p-value of so many wins and losses, ties aside; 1 of none."""
    total = wins + losses
    if not total:
        return 1.0
    tail = sum(math.comb(total, k) for k in range(min(wins, losses) + 1))
    return float(min(1.0, 2 * tail / 2**total))


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975), method="nearest")
    return float(low), float(high)
