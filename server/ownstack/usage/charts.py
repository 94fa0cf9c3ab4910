"""What a chart shows: bars by day, week or month, with their places in a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ownstack.usage.log import DaySum

WIDTH, HEIGHT = 720, 200
"""Of the drawing, in its own units."""
LEFT, BOTTOM, TOP = 64, 26, 12
MAX_BARS = 62
_LABELS = 8
Values = Callable[[DaySum], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or the week or month that begins with it, and one number a series."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a chart."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A text at an axis: along the x axis `at` is a column's middle, else a line's height."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of stacked bars, and the figures that it shows."""

    id: str
    title: str
    series: tuple[str, ...]
    unit: str
    """"day", "week" or "month"."""
    periods: tuple[Period, ...]
    bars: tuple[Bar, ...]
    columns: tuple[Mark, ...]
    lines: tuple[Mark, ...]


def calls_chart(sums: Sequence[DaySum]) -> Chart:
    """Draw how many calls were answered here and elsewhere."""

    def values(item: DaySum) -> tuple[float, ...]:
        if item.outcome != "answered":
            return (0, 0)
        return (item.calls, 0) if item.local else (0, item.calls)

    return _chart("calls", "Answered calls", ("on this machine", "elsewhere"), sums, values)


def tokens_chart(sums: Sequence[DaySum]) -> Chart:
    """Draw tokens: read, found in the KV cache, written."""
    return _chart(
        "tokens",
        "Tokens",
        ("read", "reused", "written"),
        sums,
        lambda item: (
            item.prompt_tokens - item.reused_tokens,
            item.reused_tokens,
            item.generated_tokens,
        ),
    )


def _chart(
    id: str, title: str, series: tuple[str, ...], sums: Sequence[DaySum], values: Values
) -> Chart:
    unit, periods = _periods(sums, len(series), values)
    step = _nice_step(max((sum(period.values) for period in periods), default=0.0))
    top = max(math.ceil(max((sum(p.values) for p in periods), default=0.0) / step), 1) * step
    room, height = WIDTH - LEFT, HEIGHT - BOTTOM - TOP
    column = room / max(len(periods), 1)
    width = min(column * 0.8, 40)
    bars, columns = [], []
    every = max(math.ceil(len(periods) / _LABELS), 1)
    for index, period in enumerate(periods):
        middle = LEFT + column * (index + 0.5)
        if index % every == 0:
            columns.append(Mark(round(middle, 1), period.label))
        y = float(HEIGHT - BOTTOM)
        for number, value in enumerate(period.values):
            if value > 0:
                tall = height * value / top
                y -= tall
                said = f"{period.label}: {series[number]} {value:,.0f}"
                left, y_round = round(middle - width / 2, 2), round(y, 2)
                bars.append(Bar(left, y_round, round(width, 2), round(tall, 2), number, said))
    lines = [
        Mark(round(HEIGHT - BOTTOM - height * step * n / top, 1), _short(step * n))
        for n in range(round(top / step) + 1)
    ]
    return Chart(id, title, series, unit, tuple(periods), tuple(bars), tuple(columns), tuple(lines))


def _periods(sums: Sequence[DaySum], n_series: int, values: Values) -> tuple[str, list[Period]]:
    """Add up by the shortest unit of which there are not too many; empty ones count, too."""
    if not sums:
        return "day", []
    first, last = date.fromisoformat(sums[0].day), date.fromisoformat(sums[-1].day)
    days = (last - first).days + 1
    unit = "day" if days <= MAX_BARS else "week" if days <= MAX_BARS * 7 else "month"
    found: dict[str, list[float]] = {}
    for n in range(days):
        found.setdefault(_label(first + timedelta(n), unit), [0.0] * n_series)
    for item in sums:
        row = found[_label(date.fromisoformat(item.day), unit)]
        for number, value in enumerate(values(item)):
            row[number] += value
    return unit, [Period(label, tuple(row)) for label, row in found.items()]


def _label(day: date, unit: str) -> str:
    if unit == "month":
        return day.strftime("%Y-%m")
    return (day - timedelta(day.weekday()) if unit == "week" else day).isoformat()


def _nice_step(top: float) -> float:
    """Return a distance of lines, 1, 2 or 5 times a power of ten, for four or five of them."""
    rough = max(top / 4, 1.0)
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * n for n in (1, 2, 5) if power * n >= rough), power * 10)


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
