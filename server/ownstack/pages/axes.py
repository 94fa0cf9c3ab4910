"""Axes of charts: where their lines are, and what stands at them."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 200
"""Of the drawing, in its own units."""
LEFT, BOTTOM, TOP = 64, 26, 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A text at an axis: along the x axis `at` is a column's middle, else a line's height."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Places of numbers in a drawing: `low` is at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float
    step: float
    """The distance of the axis' lines, in the numbers' own unit."""

    @classmethod
    def around(cls, low: float, high: float, start: float, end: float, least: float = 0.0) -> Scale:
        """Return a scale with round ends in which both numbers have their place."""
        span, largest = high - low, max(abs(low), abs(high))
        # Numbers that a float hardly tells apart are drawn as one.
        step = nice_step(span if span > 1e-9 * largest else largest, least)
        below = math.floor(low / step + 1e-9)
        above = max(math.ceil(high / step - 1e-9), below + 1)
        return cls(below * step, above * step, start, end, step)

    def at(self, value: float) -> float:
        """Return where a number is; what is off the scale is at its end."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + (self.end - self.start) * min(max(share, 0.0), 1.0), 2)

    def values(self) -> tuple[float, ...]:
        """Return the numbers that have a line."""
        n_steps = math.floor((self.high - self.low) / self.step + 1e-6)
        return tuple(self.low + self.step * n for n in range(n_steps + 1))

    def marks(self) -> tuple[Mark, ...]:
        """Return the axis' lines."""
        return tuple(Mark(round(self.at(value), 1), short(value)) for value in self.values())


def nice_step(span: float, least: float = 0.0) -> float:
    """Return a distance of lines, 1, 2 or 5 times a power of ten, for four or five of them."""
    rough = max(span / 4, least) or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * n for n in (1, 2, 5) if power * n >= rough * (1 - 1e-9)), power * 10)


def short(value: float) -> str:
    """Return a number as a mark has it: `1.5k`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{round(value, 9):g}"
