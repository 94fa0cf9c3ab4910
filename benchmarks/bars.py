"""Figures beside the bars they must clear, as a table for people and JSON for programs."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import psutil
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `limit` is None where nothing was promised."""

    name: str
    measured: float
    unit: str
    better: Literal["<=", ">="] = "<="
    limit: float | None = None
    compared: str = ""
    """What it was compared with, measured in the same run."""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool | None:
        if self.limit is None:
            return None
        return self.measured <= self.limit if self.better == "<=" else self.measured >= self.limit


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed; NaN if none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(share * len(ordered) + 0.999999) - 1))]


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score (1927); all of it if nothing counts."""
    if not count:
        return 0.0, 1.0
    z = 1.959964
    centre = (hits + z * z / 2) / (count + z * z)
    half = z / (count + z * z) * math.sqrt(hits * (count - hits) / count + z * z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def machine() -> dict[str, Any]:
    """Describe where the figures come from."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(logical=False),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_1min": round(psutil.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def report(figures: Sequence[Figure], *, as_json: bool, title: str) -> int:
    """Print the figures; return how many bars were missed."""
    missed = sum(figure.passed is False for figure in figures)
    if as_json:
        rows = [asdict(figure) | {"passed": figure.passed} for figure in figures]
        print(json.dumps({"title": title, "machine": machine(), "figures": rows}, indent=2))
        return missed
    table = Table(title=title, caption=str(machine()))
    for heading in ("figure", "measured", "bar", "", "compared with"):
        table.add_column(heading, justify="right" if heading == "measured" else "left")
    for figure in figures:
        bar = "" if figure.limit is None else f"{figure.better} {figure.limit:g}"
        word = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure.passed]
        table.add_row(
            figure.name, f"{figure.measured:.4g} {figure.unit}", bar, word, figure.compared
        )
    Console(width=150).print(table)
    return missed
