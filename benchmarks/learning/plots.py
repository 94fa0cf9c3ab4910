"""The pictures, where matplotlib is installed: what was learned over time, and what it is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.infilling.plots import missing
from benchmarks.learning.conditions import CONDITIONS
from benchmarks.learning.table import Row

__all__ = ["Curve", "draw_bars", "draw_curves", "missing", "read_curve", "smooth"]

_COLOURS = dict(
    zip(CONDITIONS, ("#9e9e9e", "#1f77b4", "#ff9f1c", "#2ca02c", "#b07aa1"), strict=True)
)
_SMOOTH = 0.9
"""Of a loss, what stays of the mean before."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What a trainer wrote down: minutes of training and loss, pairwise."""

    losses: tuple[tuple[float, float], ...]
    held_out: tuple[tuple[float, float], ...]


def read_curve(progress: Path) -> Curve:
    """Read a `progress.jsonl`; what a kill cut off, or is no such line, is passed over.

    A run that went on from a checkpoint says again what it had said after it: the later counts.
    """
    losses: list[tuple[float, float]] = []
    held_out: list[tuple[float, float]] = []
    for line in progress.read_text("utf-8", "replace").split("\n"):
        try:
            entry = json.loads(line)
            minutes = float(entry["trained_s"]) / 60
        except (ValueError, TypeError, KeyError):
            continue
        for known, name in ((losses, "loss"), (held_out, "held_out_loss")):
            while known and known[-1][0] > minutes:
                known.pop()
            value = entry.get(name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                known.append((minutes, float(value)))
    return Curve(tuple(losses), tuple(held_out))


def draw_curves(curves: Mapping[str, Curve], path: Path, about: str) -> Path:
    """Draw the losses of several trainings: thin as they are, thick smoothed, dots held out."""
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(7.5, 4.5))
    for number, (name, curve) in enumerate(curves.items()):
        colour = f"C{number}"
        x, y = zip(*curve.losses, strict=True) if curve.losses else ((), ())
        axes.plot(x, y, color=colour, alpha=0.2, linewidth=0.8)
        axes.plot(x, smooth(y), color=colour, label=f"{name}: learned from")
        if curve.held_out:
            x, y = zip(*curve.held_out, strict=True)
            axes.plot(x, y, "o--", color=colour, markersize=4, label=f"{name}: held out")
    axes.set_xlabel("minutes of training")
    axes.set_ylabel("loss: nats a token of the middles")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return _save(figure, path, f"Loss while learning. {about}")


def draw_bars(rows: Sequence[Row], path: Path, about: str) -> Path:
    """Draw the share that is right by project and condition, with 95 % intervals."""
    plt = _pyplot()
    projects = list(dict.fromkeys(row.project for row in rows))
    figure, axes = plt.subplots(figsize=(1.6 * len(projects) + 3, 4.5))
    seen = set()
    for place, project in enumerate(projects):
        mine = [row for row in rows if row.project == project]
        width = 0.8 / len(CONDITIONS)
        for number, row in enumerate(mine):
            share, (low, high) = 100 * row.right / max(1, row.count), row.interval
            error = [[max(0.0, share - 100 * low)], [max(0.0, 100 * high - share)]]
            axes.bar(
                place + width * (number - (len(mine) - 1) / 2), share, width, yerr=error, capsize=2,
                color=_COLOURS[row.condition], error_kw={"linewidth": 0.8},
                label=None if row.condition in seen else row.condition,
            )  # fmt: skip
            seen.add(row.condition)
    counts = {row.project: (row.language, row.count) for row in rows}
    names = [f"{name}\n{counts[name][0]}, n = {counts[name][1]}" for name in projects]
    axes.set_xticks(range(len(projects)), names, fontsize=8)
    axes.set_ylabel("% of cursors with the exact rest of the line")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=8)
    return _save(figure, path, f"Exact match, 95 % intervals. {about}")


def smooth(values: Sequence[float]) -> list[float]:
    """Return running means in which the past fades, corrected for their start."""
    found, mean, weight = [], 0.0, 0.0
    for value in values:
        mean = _SMOOTH * mean + (1 - _SMOOTH) * value
        weight = _SMOOTH * weight + (1 - _SMOOTH)
        found.append(mean / weight)
    return found


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot

    return matplotlib.pyplot


def _save(figure: Any, path: Path, title: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.suptitle(title, fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    _pyplot().close(figure)
    return path
