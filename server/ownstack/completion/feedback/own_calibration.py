"""How likely suggestions are right for this user: their chances, corrected by what became of them.

What a source calls its chance was fitted on other people's projects. Here its log-odds x become
slope·x + shift, for each source and model by itself: a logistic regression of what was kept on
what was promised (Platt's scaling), held to slope 1 and shift 0 by a normal prior.

Nothing is known of what was never shown, so the correction is careful: it needs `LEAST_OUTCOMES`,
it is bounded, it raises no chance far below the lowest that was seen, and it fades as outcomes grow
old, so that what a bad week has hidden is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ownstack.completion.echo.logistic import log_odds, logistic
from ownstack.completion.feedback.signals import Judged, SignalLog
from ownstack.settings import CompletionSettings

LEAST_OUTCOMES = 30
"""With fewer there is no correction. Outcomes count the less the older they are."""
ALL_OUTCOMES = 50
"""From so many on all of the correction holds; in between a part of it, so that nothing jumps."""
SHIFT_PRIOR, SLOPE_PRIOR = 12.5, 36.0
"""Precisions of the prior. An outcome at chance p tells p·(1-p) of the log-odds there; with these
numbers 50 outcomes weigh as much as the prior at any p from a half to 0.95."""
SLOPES = (0.5, 2.0)
MAX_SHIFT = 1.5
HALF_LIFE_DAYS = 30.0
MAX_DAYS = 180.0
MAX_OUTCOMES = 2_000
"""The newest that are looked at."""
EVERY = 50
"""After so many outcomes the corrections are computed anew."""
NOTICEABLE = 0.05
REACH = 1.0
"""A correction that raises chances fades over so much of log-odds below what was seen."""
_SEEN = 0.05
"""This share of what was seen may lie below what counts as seen."""
_MAX_STEPS = 500
_HALVINGS = 20
_ENOUGH = 1e-6

MAX_ADAPTER_CHARS = 60

Maker = tuple[str, str]
"""A source, and the model's name with its adapters'; "" for echo."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What log-odds become, of one maker. Keeps the order of chances."""

    slope: float
    shift: float
    lowest: float
    """The log-odds from which on there is evidence."""

    def adjusted(self, chance: float) -> float:
        """Return the corrected chance, in (0, 1)."""
        promised = log_odds(chance)
        more = (self.slope - 1) * promised + self.shift
        if more > 0:
            more *= min(1.0, max(0.0, 1 - (self.lowest - promised) / REACH))
        return logistic((promised + more,), ())

    def least(self, adjusted: float) -> float:
        """Return the chance that counts as `adjusted`; by halving, since order is kept."""
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self.adjusted(middle) >= adjusted else (middle, high)
        return high


def maker_name(model: str, adapters: Sequence[str]) -> str:
    """Return what a model is called with adapters: what is learned of it without does not hold."""
    return " + ".join((model, *(name[:MAX_ADAPTER_CHARS] for name in adapters)))


class OwnCalibration:
    """The corrections of one user's chances, as one window knows them."""

    def __init__(self, log: SignalLog, settings: Callable[[], CompletionSettings]) -> None:
        """Nothing is read before the first chance is asked for."""
        self._log = log
        self._settings = settings
        self._corrections: Mapping[Maker, Correction] = {}
        self._heard: int | None = None
        self._cleared = 0

    def adjusted(self, source: str, model: str, chance: float) -> float:
        """Return the chance of a maker's suggestion by what became of its others.

        Returns at once; what is learned anew counts from a later question on.
        """
        known = self._known(source, model)
        return chance if known is None else known.adjusted(chance)

    def least(self, source: str, model: str, adjusted: float) -> float:
        """Return the chance from which on a maker's suggestion counts as so likely."""
        known = self._known(source, model)
        return adjusted if known is None else known.least(adjusted)

    def matters(self, source: str, model: str, chance: float) -> float | None:
        """Return the adjusted chance if it is noticeably another one."""
        adjusted = self.adjusted(source, model, chance)
        return adjusted if abs(adjusted - chance) >= NOTICEABLE else None

    def _known(self, source: str, model: str) -> Correction | None:
        if not self._settings().learn_from_outcomes:
            return None
        self._renew()
        return self._corrections.get((source, model))

    def _renew(self) -> None:
        """Have the corrections computed on the log's thread, if that may change them."""
        log = self._log
        if log.n_cleared != self._cleared:
            self._cleared, self._corrections, self._heard = log.n_cleared, {}, None
        if self._heard is not None and log.n_ended - self._heard < EVERY:
            return
        self._heard = log.n_ended
        judged = self._log.judged(MAX_DAYS, MAX_OUTCOMES)
        if judged is not None:
            judged.add_done_callback(self._learn)

    def _learn(self, judged: Future[list[Judged]]) -> None:
        # A log that fails says so itself; what was known before holds on.
        if judged.exception() is None:
            self._corrections = corrections(judged.result())


def corrections(judged: Iterable[Judged]) -> dict[Maker, Correction]:
    """Return the corrections of all makers of which enough is known."""
    by_maker: dict[Maker, list[Judged]] = {}
    for outcome in judged:
        by_maker.setdefault((outcome.source, outcome.model), []).append(outcome)
    found = {maker: correction(outcomes) for maker, outcomes in by_maker.items()}
    return {maker: fitted for maker, fitted in found.items() if fitted is not None}


def correction(outcomes: Sequence[Judged]) -> Correction | None:
    """Return the correction of one maker; None if too little is known."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.chance)
    weights = np.array([0.5 ** (max(0.0, each.age_days) / HALF_LIFE_DAYS) for each in ordered])
    share = (weights.sum() - LEAST_OUTCOMES) / (ALL_OUTCOMES - LEAST_OUTCOMES)
    if share <= 0:
        return None
    promised = np.array([log_odds(each.chance) for each in ordered])
    slope, shift = _fit(promised, np.array([float(each.right) for each in ordered]), weights)
    lowest = promised[np.searchsorted(weights.cumsum(), _SEEN * weights.sum())]
    share = min(1.0, share)
    return Correction(float(1 + share * (slope - 1)), float(share * shift), float(lowest))


def _fit(
    promised: NDArray[np.float64], right: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float]:
    """Return slope and shift: the most likely a posteriori within their bounds.

    By coordinates, with steps that never overshoot: the curvature is at most a quarter a row.
    """
    slope, shift = 1.0, 0.0
    shift_curve = weights.sum() / 4 + SHIFT_PRIOR
    slope_curve = float(weights @ promised**2) / 4 + SLOPE_PRIOR

    def excess() -> NDArray[np.float64]:
        return weights * (1 / (1 + np.exp(-(slope * promised + shift))) - right)

    for _ in range(_MAX_STEPS):
        before = slope, shift
        shift -= (excess().sum() + SHIFT_PRIOR * shift) / shift_curve
        shift = min(MAX_SHIFT, max(-MAX_SHIFT, shift))
        slope -= (float(excess() @ promised) + SLOPE_PRIOR * (slope - 1)) / slope_curve
        slope = min(SLOPES[1], max(SLOPES[0], slope))
        if abs(slope - before[0]) + abs(shift - before[1]) < _ENOUGH:
            break
    return slope, shift
