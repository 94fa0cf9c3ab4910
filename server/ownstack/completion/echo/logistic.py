"""The arithmetic of small fitted models: the conditional logit and the logistic function."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

_MIN_SHARE = 1e-4
_MAX_LOGIT = 60.0
"""Beyond this a chance is 0 or 1 for all purposes, and farther on it would overflow."""


def relative_odds(weights: Sequence[float], rows: Iterable[Sequence[float]]) -> list[float]:
    """Return the odds of each row of features against the best, which has 1.

    Divided by their sum they are the shares of a conditional logit (a softmax).
    """
    scores = [_sum(weights, features) for features in rows]
    top = max(scores, default=0.0)
    return [math.exp(score - top) for score in scores]


def in_order(sizes: Sequence[float]) -> Iterator[tuple[int, float, float]]:
    """Yield index, size and the largest of the other sizes (0 if there is none).

    The largest comes first, and of equals the one with the lower index.
    """
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    for rank, i in enumerate(order):
        rivals = order[1:2] if rank == 0 else order[:1]
        yield i, sizes[i], sizes[rivals[0]] if rivals else 0.0


def logistic(weights: Sequence[float], signals: Sequence[float]) -> float:
    """Return a chance in [0, 1]; `weights` has a bias first."""
    bias, *rest = weights
    total = bias + _sum(rest, signals)
    return 1 / (1 + math.exp(-max(-_MAX_LOGIT, min(_MAX_LOGIT, total))))


def log_odds(share: float) -> float:
    """Return the logarithm of the odds; certain things are only nearly so."""
    share = min(max(share, _MIN_SHARE), 1 - _MIN_SHARE)
    return math.log(share / (1 - share))


def _sum(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(w * v for w, v in zip(weights, values, strict=True))
