"""Whether suggestions come in time on the whole. One busy moment is no verdict.

Counted is what a person sees who stops typing. Where a key was answered with nothing while the
model was still writing, that is what the model has to say later, and how long after the key.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable

import psutil

from ownstack.completion.suggestion import CompletionRequest, Trace, Trigger

WINDOW_S = 600.0
"""What is older says nothing about now."""
LEAST_SPAN_S = 180.0
"""A verdict stands on answers of at least so long."""
LEAST_ANSWERS = 12
SLOW_BELOW = 0.2
"""Slow is a window in which less than this share came in time …"""
FINE_FROM = 0.6
"""… until it is this share again, or so many of the newest in a row. Between, nothing changes."""
FINE_IN_A_ROW = 5
LATE_FACTOR = 2.0
"""The deadline is a wish: a line that is there by twice of it is still read."""
SMALL_PARAMETERS = 1_000_000_000
"""There are hardly any smaller models that can complete."""

Load = Callable[[], tuple[float, int]]


def machine_load() -> tuple[float, int]:
    """Return how many processes wanted to run in the last minute, and on how many processors."""
    return psutil.getloadavg()[0], os.cpu_count() or 1


class Punctuality:
    """That of one window."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, load: Load = machine_load
    ) -> None:
        self._clock = clock
        self._load = load
        self._answers: deque[tuple[float, bool]] = deque()
        self._problem: tuple[float, int] | None = None
        self._asked_at: tuple[str, int, int] | None = None

    def asks_again(self, request: CompletionRequest) -> bool:
        """Say whether a request is at the place of the one before, and nothing has changed since.

        It gets what came meanwhile, and who asks has waited since the first: it does not count.
        """
        before = self._asked_at
        self._asked_at = (request.document.uri, request.document.version, request.offset)
        return self._asked_at == before

    def note(self, trace: Trace, trigger: Trigger, taken_s: float, deadline_s: float) -> bool:
        """Take note of an answer; tell whether the verdict is another one now."""
        came = in_time(trace, trigger, taken_s, deadline_s)
        if came is None:
            return False
        was = self._problem is not None
        self._answers.append((self._clock(), came))
        self._forget()
        if len(self._answers) == 1:
            self._problem = None
        is_slow = self._is_slow()
        if is_slow and self._problem is None:
            self._problem = self._load()
        elif was and not is_slow:
            self._problem = None
            self._answers.clear()
        return is_slow != was

    def problem(self, parameters: int | None) -> str:
        """Return what to say of a model of this size (None: the built-in one), or ""."""
        if self._problem is None or self._answers[-1][0] < self._clock() - WINDOW_S:
            return ""
        load, processors = self._problem
        busy = load > processors
        said = "Most suggestions of the last minutes came late. "
        said += f"The machine {'is busy: its' if busy else 'has a'} load "
        said += f"{'is ' if busy else 'of '}{load:.1f} on {processors} processor"
        said += ("s" if processors > 1 else "") + "."
        if parameters is not None and parameters > SMALL_PARAMETERS and not busy:
            said += " A model with fewer parameters would be faster."
        return said

    def _is_slow(self) -> bool:
        came = [came for _, came in self._answers]
        share = sum(came) / len(came)
        if self._problem is not None:
            return share < FINE_FROM and not all(came[-FINE_IN_A_ROW:])
        span_s = self._answers[-1][0] - self._answers[0][0]
        return len(came) >= LEAST_ANSWERS and span_s >= LEAST_SPAN_S and share < SLOW_BELOW

    def _forget(self) -> None:
        oldest = self._clock() - WINDOW_S
        while self._answers and self._answers[0][0] < oldest:
            self._answers.popleft()


def in_time(trace: Trace, trigger: Trigger, taken_s: float, deadline_s: float) -> bool | None:
    """Say whether an answer came in time; None if it says nothing about that."""
    if trigger is Trigger.INVOKED or trace.tier == "typed-through":
        return None
    if trace.text:
        return taken_s <= LATE_FACTOR * deadline_s
    return False if trace.late else None
