"""Time that was really spent on training: a stopped process or a suspended machine does not count.

The rule of `training/clock.py`, which runs where this package is not, and lets a first step that
compiles count for nothing: a step that took far longer than usual counts as a slow step.
"""

from __future__ import annotations

SLOW_FACTOR = 4.0


class RunningClock:
    """Adds up the times of steps."""

    def __init__(self, trained_s: float = 0.0) -> None:
        self.trained_s = trained_s
        self._usual_s = 0.0

    def count(self, step_s: float) -> None:
        counted = min(step_s, SLOW_FACTOR * self._usual_s) if self._usual_s else step_s
        self._usual_s += (counted - self._usual_s) * (0.1 if self._usual_s else 1.0)
        self.trained_s += counted
