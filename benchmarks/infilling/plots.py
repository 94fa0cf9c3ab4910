"""The two pictures, where matplotlib is installed: coverage/precision, and calibration."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.infilling.evaluation import ORACLE, Results
from benchmarks.infilling.summary import calibration, coverage, indices_of, languages

_COLOURS = (
    *("#7f7f7f", "#1f77b4", "#ff7f0e", "#bcbd22", "#9467bd", "#d62728", "#17becf", "#2ca02c"),
    "#000000",
)
_MARKERS = ("s", "o", "^", "v", "X", "D", "P", "*", "h")
_DASHES = ("--", "-", "-.", ":", "-.", "-", "--", "-", "-")


def missing() -> str:
    """Return what to do before plots can be drawn, "" if nothing."""
    if importlib.util.find_spec("matplotlib") is None:
        return "no plots: install matplotlib (pip install matplotlib) and run again"
    return ""


def draw(results: Results, folder: Path, about: str) -> list[Path]:
    """Write `coverage.png` and `calibration.png`; return their paths."""
    import matplotlib

    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    systems = [name for name in results.proposals if name != ORACLE]
    return [
        _coverage(results, systems, folder / "coverage.png", about),
        _calibration(results, systems, folder / "calibration.png", about),
    ]


def _coverage(results: Results, systems: Sequence[str], path: Path, about: str) -> Path:
    import matplotlib.pyplot as plt

    names = languages(results)
    figure, grid = plt.subplots(
        1, len(names), figsize=(4 * len(names), 4), sharey=True, squeeze=False
    )
    for axes, language in zip(grid[0], names, strict=True):
        indices = indices_of(results, language)
        for number, system in enumerate(systems):
            curve = coverage(results, system, indices)
            # The first few positions say nothing but noise.
            start = min(len(curve.coverage), max(1, len(indices) // 50))
            axes.plot(
                100 * curve.coverage[start - 1 :],
                100 * curve.precision[start - 1 :],
                label=system,
                **_style(number, line=True),
            )
        axes.set_title(f"{language}, n = {len(indices)}")
        axes.set_xlabel("% of positions, surest first")
        _tidy(axes, (0, 100), (0, 100))
    grid[0][0].set_ylabel("% of them with the exact rest of the line")
    grid[0][-1].legend(fontsize=8)
    return _save(figure, path, f"Coverage and precision. {about}")


def _calibration(results: Results, systems: Sequence[str], path: Path, about: str) -> Path:
    import matplotlib.pyplot as plt

    names = languages(results)
    figure, grid = plt.subplots(
        2, len(names), figsize=(4 * len(names), 5.5), sharex=True, squeeze=False,
        gridspec_kw={"height_ratios": (3, 1)},
    )  # fmt: skip
    for axes, below, language in zip(*grid, names, strict=True):
        axes.plot((0, 1), (0, 1), color="black", linewidth=0.8)
        for number, system in enumerate(systems):
            bins = calibration(results, system, indices_of(results, language))
            held = bins.count > 0
            label = f"{system}: error {bins.error:.3f}"
            axes.plot(bins.confidence[held], bins.accuracy[held], label=label, **_style(number))
            below.plot(bins.confidence[held], bins.count[held], **_style(number))
        axes.set_title(language)
        axes.legend(fontsize=7)
        below.set_xlabel("confidence")
        _tidy(axes, (0, 1), (0, 1))
        below.set_ylim(bottom=0)
        below.grid(alpha=0.3)
    grid[0][0].set_ylabel("share with the exact rest of the line")
    grid[1][0].set_ylabel("positions")
    return _save(figure, path, f"Calibration; the line is what says what it means. {about}")


def _style(number: int, *, line: bool = False) -> dict[str, Any]:
    at = number % len(_COLOURS)
    style: dict[str, Any] = {"color": _COLOURS[at], "linestyle": _DASHES[at]}
    return style if line else style | {"marker": _MARKERS[at], "markersize": 4}


def _tidy(axes: Any, x: tuple[float, float], y: tuple[float, float]) -> None:
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    axes.grid(alpha=0.3)


def _save(figure: Any, path: Path, title: str) -> Path:
    import matplotlib.pyplot as plt

    figure.suptitle(title, fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return path
