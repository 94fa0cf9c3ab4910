"""What a chart shows: bars by day, week or month, with their places in a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ownstack.pages.axes import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Mark, Scale
from ownstack.usage.log import DaySum

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
    floor = HEIGHT - BOTTOM
    peak = max((sum(period.values) for period in periods), default=0.0)
    scale = Scale.around(0, peak, floor, TOP, least=1)
    column = (WIDTH - LEFT) / max(len(periods), 1)
    width = min(column * 0.8, 40)
    bars, columns = [], []
    every = max(math.ceil(len(periods) / _LABELS), 1)
    for index, period in enumerate(periods):
        middle = LEFT + column * (index + 0.5)
        if index % every == 0:
            columns.append(Mark(round(middle, 1), period.label))
        stacked = 0.0
        for number, value in enumerate(period.values):
            if value > 0:
                below, above = scale.at(stacked), scale.at(stacked + value)
                stacked += value
                said = f"{period.label}: {series[number]} {value:,.0f}"
                left, tall = round(middle - width / 2, 2), round(below - above, 2)
                bars.append(Bar(left, above, round(width, 2), tall, number, said))
    lines = scale.marks()
    return Chart(id, title, series, unit, tuple(periods), tuple(bars), tuple(columns), lines)


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
