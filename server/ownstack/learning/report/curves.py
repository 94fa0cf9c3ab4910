"""The losses of a training as curves: places in a drawing, and the figures that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.learning.report.progress import Step
from ownstack.pages.axes import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Mark, Scale, nice_step

POINTS = 120
"""Of a curve: steps between are averaged."""
ROWS = 16
"""Of the table."""
_RIGHT = 12


@dataclass(frozen=True, slots=True)
class Point:
    """A place of a curve, and what it says."""

    x: float
    y: float
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was reached after so much training."""

    minutes: float
    tokens: int
    loss: float | None
    """The mean since the line before."""
    held_out_loss: float | None


@dataclass(frozen=True, slots=True)
class Curves:
    """The loss on what is learned from, and on what is held out, by minutes of training."""

    loss: tuple[Point, ...]
    held_out: tuple[Point, ...]
    lines: tuple[Mark, ...]
    columns: tuple[Mark, ...]
    rows: tuple[Row, ...]


def curves(steps: Sequence[Step]) -> Curves | None:
    """Draw the losses of a training; None if it has none yet."""
    loss = _means(steps, POINTS)
    held_out = [
        (step.trained_s / 60, step.held_out_loss)
        for step in steps
        if step.held_out_loss is not None
    ]
    values = [value for _, value in (*loss, *held_out)]
    if not values:
        return None
    last = max(steps[-1].trained_s / 60, 1e-3)
    x = Scale(0, last, LEFT, WIDTH - _RIGHT, nice_step(last / 2))
    y = Scale.around(min(values), max(values), HEIGHT - BOTTOM, TOP)

    def points(pairs: Sequence[tuple[float, float]], what: str) -> tuple[Point, ...]:
        return tuple(
            Point(x.at(minutes), y.at(value), f"{minutes:.1f} min: {what} {value:.3f}")
            for minutes, value in pairs
        )

    return Curves(
        points(loss, "learned from"),
        points(held_out, "held out"),
        y.marks(),
        tuple(Mark(mark.at, f"{mark.text} min") for mark in x.marks()),
        _rows(steps),
    )


def path_of(points: Sequence[Point]) -> str:
    """Return a line through points, as `d` of an SVG path."""
    return " ".join(
        f"{'L' if index else 'M'}{point.x:g} {point.y:g}" for index, point in enumerate(points)
    )


def _means(steps: Sequence[Step], most: int) -> list[tuple[float, float]]:
    """Return (minutes, mean loss) of at most so many runs of equally many steps."""
    told = [(step.trained_s / 60, step.loss) for step in steps if step.loss is not None]
    size = -(-len(told) // most) or 1
    runs = [told[start : start + size] for start in range(0, len(told), size)]
    return [(run[-1][0], sum(loss for _, loss in run) / len(run)) for run in runs]


def _rows(steps: Sequence[Step]) -> tuple[Row, ...]:
    """Return where the held-out loss was computed; without such places, some of them all."""
    judged = [index for index, step in enumerate(steps) if step.held_out_loss is not None]
    at = judged or [index for index, step in enumerate(steps) if step.loss is not None]
    every = -(-len(at) // ROWS)
    at = [*at[:-1:every], at[-1]]
    rows, begun = [], 0
    for index in at:
        losses = [step.loss for step in steps[begun : index + 1] if step.loss is not None]
        mean = sum(losses) / len(losses) if losses else None
        step, begun = steps[index], index + 1
        rows.append(Row(step.trained_s / 60, step.tokens, mean, step.held_out_loss))
    return tuple(rows)
