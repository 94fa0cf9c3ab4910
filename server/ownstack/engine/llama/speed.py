"""How fast a model reads and writes on this machine, kept up to date by real work."""

from __future__ import annotations

from ownstack.engine.results import Speed

_WEIGHT = 0.2
_LONG_BATCH = 32
"""Shorter batches say more about overhead than about prefill."""


class SpeedMeter:
    """A running mean of both speeds. Written by the native thread, read by any."""

    def __init__(self, known: Speed | None = None) -> None:
        self._speed = known or Speed(0.0, 0.0)

    @property
    def speed(self) -> Speed:
        return self._speed

    def note(self, tokens: int, seconds: float) -> None:
        """Take note of one undisturbed `decode`."""
        if seconds <= 0 or 1 < tokens < _LONG_BATCH:
            return
        old, rate = self._speed, tokens / seconds
        if tokens == 1:
            self._speed = Speed(old.prefill, _mixed(old.decode, rate))
        else:
            self._speed = Speed(_mixed(old.prefill, rate), old.decode)


def _mixed(old: float, rate: float) -> float:
    return old + _WEIGHT * (rate - old) if old else rate
