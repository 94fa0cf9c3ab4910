"""What a proposal is worth, and what many of them say: pure functions over numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BUCKETS = ((1, 5), (6, 10), (11, 20), (21, 10_000))
"""By how many characters were left: bounds, both included."""
BINS = 10
RESAMPLES = 2_000
_SEED = 20_240_601
_FIRST_WORD = re.compile(r"\s*(\w+|[^\w\s]+)")


def exact(proposal: str, truth: str) -> bool:
    """Say whether a proposal is the rest of the line, blanks at its end aside."""
    return bool(truth.rstrip()) and proposal.rstrip() == truth.rstrip()


def similarity(a: str, b: str) -> float:
    """Return 1 - Levenshtein distance / length of the longer one; 1 for two empty texts."""
    if a == b:
        return 1.0
    if not a or not b:
        return 0.0
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return 1 - row[-1] / max(len(a), len(b))


def first_word(text: str) -> str:
    """Return the first word, or the first run of marks, whichever comes first."""
    match = _FIRST_WORD.match(text)
    return match.group(1) if match else ""


def bucket(chars_left: int) -> str:
    """Return the name of the bucket that a number of characters falls into."""
    for low, high in BUCKETS:
        if low <= chars_left <= high:
            return f"{low}-{high}" if high < BUCKETS[-1][1] else f"{low}+"
    raise ValueError(f"nothing is left: {chars_left}")


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision of the most confident share of all positions: float64[n] each.

    Ends where proposals end: a position without one is never among the most confident.
    """

    coverage: NDArray[np.float64]
    precision: NDArray[np.float64]

    def at(self, share: float) -> float:
        """Return the precision of the `share` most confident positions; NaN beyond the end."""
        if not len(self.coverage) or share > self.coverage[-1] + 1e-9:
            return float("nan")
        return float(self.precision[np.searchsorted(self.coverage, share - 1e-9)])


def coverage_curve(confidence: ArrayLike, right: ArrayLike, shown: ArrayLike) -> Curve:
    """Order the positions by confidence and accumulate.

    Among equal confidences the order is none: each counts with the mean of them all.
    """
    sure, exact_, proposed = _arrays(confidence, right, shown)
    total = len(sure)
    sure, exact_ = sure[proposed], exact_[proposed]
    order = np.argsort(-sure, kind="stable")
    sure, exact_ = sure[order], exact_[order]
    _, group = np.unique(-sure, return_inverse=True)
    if len(sure):
        means = np.bincount(group, exact_) / np.bincount(group)
        exact_ = means[group]
    ranks = np.arange(1, len(sure) + 1)
    return Curve(ranks / max(total, 1), np.cumsum(exact_) / ranks)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of equal width over [0, 1]; means are NaN where a bin is empty."""

    confidence: NDArray[np.float64]
    """Mean confidence per bin."""
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]
    error: float
    """Expected calibration error: |accuracy - confidence|, weighted by counts; NaN of nothing."""


def reliability(confidence: ArrayLike, right: ArrayLike, shown: ArrayLike) -> Reliability:
    """Compare confidence with how often it was right, over the positions with a proposal.

    Positions without one would be perfect zeros and only make the error look smaller.
    """
    sure, exact_, proposed = _arrays(confidence, right, shown)
    sure, exact_ = sure[proposed], exact_[proposed]
    bins = np.clip((sure * BINS).astype(np.int64), 0, BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(bins, sure, BINS) / count
        accuracy = np.bincount(bins, exact_, BINS) / count
    if not len(sure):
        return Reliability(mean, accuracy, count, float("nan"))
    held = count > 0
    error = float((np.abs(accuracy - mean)[held] * count[held]).sum() / len(sure))
    return Reliability(mean, accuracy, count, error)


def standard_error(values: ArrayLike) -> float:
    """Return the standard error of the mean; NaN of fewer than two values."""
    array = np.asarray(values, np.float64)
    if len(array) < 2:
        return float("nan")
    return float(array.std(ddof=1) / np.sqrt(len(array)))


def interval(strata: Sequence[ArrayLike]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean of the strata's means.

    Each stratum (a language) is resampled by itself, and counts the same whatever its size.
    """
    arrays = [np.asarray(stratum, np.float64) for stratum in strata]
    if not arrays or any(not len(array) for array in arrays):
        return float("nan"), float("nan")
    rng = np.random.default_rng(_SEED)
    means = np.zeros(RESAMPLES)
    for array in arrays:
        picks = rng.integers(0, len(array), (RESAMPLES, len(array)))
        means += array[picks].mean(axis=1)
    low, high = np.quantile(means / len(arrays), (0.025, 0.975))
    return float(low), float(high)


def _arrays(
    confidence: ArrayLike, right: ArrayLike, shown: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    return (
        np.asarray(confidence, np.float64),
        np.asarray(right, np.float64),
        np.asarray(shown, np.bool_),
    )
