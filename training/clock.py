"""Time for schedules: what a run really ran, and when it must stop."""

from __future__ import annotations

import datetime as dt
import time

SLOW_FACTOR = 4.0


class RunningClock:
    """Adds up step times without the time a run was stopped by someone else.

    A step that took far longer than usual (SIGSTOP, a suspended machine) counts as a slow step.
    The first one compiles the network and does not count.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.usual_s = 0.0

    def counted(self, step_s: float) -> float:
        self.steps += 1
        if self.steps == 1:
            return 0.0
        if self.steps == 2:
            self.usual_s = step_s
        counted = min(step_s, SLOW_FACTOR * self.usual_s)
        self.usual_s += 0.1 * (counted - self.usual_s)
        return counted


def deadline(minutes: float | None, until: str | None) -> float:
    """The time.time() to stop at: `minutes` from now, or the next `until` (HH:MM, local)."""
    ends = [float("inf")]
    if minutes is not None:
        ends.append(time.time() + 60 * minutes)
    if until is not None:
        hour, minute = map(int, until.split(":"))
        now = dt.datetime.now()
        end = now.replace(hour=hour, minute=minute, second=0)
        ends.append((end if end > now else end + dt.timedelta(days=1)).timestamp())
    return min(ends)
