"""Fit the confidence of echo, and measure it: `python -m training.echo_calibration`.

Data: the Python files of the running interpreter. A "project" is one package; a case is a random
character of a random non-blank line, with the rest of that line removed; right is the exact rest
of the line (blanks at the end aside). What echo may look at besides the file are the files that
`completion.nearby` would read for it. The weights are fitted on the packages of the standard
library and measured on those of site-packages, so that no package is on both sides.

Prints the weights to copy into `completion/echo.py`, and the figures.
"""

from __future__ import annotations

import argparse
import random
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ownstack.completion.echo import Echo
from ownstack.completion.nearby import Nearby
from ownstack.document import Document

SKIPPED = {"test", "tests", "idlelib", "lib2to3", "site-packages", "__pycache__", "turtledemo"}
MIN_FILE_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Case:
    """One cursor: what echo said, and whether it was right."""

    package: str
    features: tuple[float, ...] | None
    right: bool
    chars: int
    seconds: float


def packages(root: Path) -> dict[str, list[Path]]:
    """Return package → its files; single modules are one package together."""
    found: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if SKIPPED.isdisjoint(parts) and path.stat().st_size >= MIN_FILE_CHARS:
            found.setdefault(parts[0] if len(parts) > 1 else "(modules)", []).append(path)
    return found


def cases(root: Path, per_package: int, seed: int) -> Iterator[Case]:
    """Draw cursors from every package and ask echo at each."""
    nearby, echo, draw = Nearby(), Echo(), random.Random(seed)
    for package, files in packages(root).items():
        for _ in range(per_package):
            path = draw.choice(files)
            text = path.read_text("utf-8", "replace").replace("\r\n", "\n")
            lines = [number for number, line in enumerate(text.split("\n")) if line.strip()]
            number = draw.choice(lines)
            start = sum(len(line) + 1 for line in text.split("\n")[:number])
            line = text.split("\n")[number]
            indent = len(line) - len(line.lstrip())
            offset = start + draw.randrange(indent, len(line.rstrip()))
            truth = text[offset : start + len(line)]
            left = text[:offset] + text[start + len(line) :]
            document = Document(path.as_uri(), path.name, "python", 1, left)
            others = nearby.read(document, [root])
            _ = document.index  # the editor has asked for it already
            began = time.thread_time()
            found = echo.examine(document, offset, others)
            seconds = time.thread_time() - began
            right = found is not None and found[0] == truth.rstrip()
            features = found[2].values() if found else None
            yield Case(package, features, right, len(truth.rstrip()), seconds)


def fit(features: np.ndarray, right: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Return logistic weights, bias first (Newton's method, L2 on all but the bias)."""
    x = np.hstack([np.ones((len(features), 1)), features])
    weights = np.zeros(x.shape[1])
    penalty = ridge * np.eye(x.shape[1])
    penalty[0, 0] = 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (right - chance) - penalty @ weights
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + penalty
        weights += np.linalg.solve(curvature, gradient)
    return weights


def report(drawn: list[Case], weights: np.ndarray) -> None:
    """Print exact rates and how well confidence means what it says."""
    chance = np.array(
        [
            0.0
            if case.features is None
            else 1 / (1 + np.exp(-(weights[0] + weights[1:] @ case.features)))
            for case in drawn
        ]
    )
    right = np.array([case.right for case in drawn])
    order = np.argsort(-chance, kind="stable")
    print(f"cases {len(drawn)}, packages {len({case.package for case in drawn})}")
    print(f"exact rest of line: all {right.mean():.1%}", end="")
    for share in (0.1, 0.2, 0.3, 0.4):
        print(
            f", {share:.0%} most confident {right[order[: int(len(order) * share)]].mean():.1%}",
            end="",
        )
    long = np.array([case.chars > 20 for case in drawn])
    print(f", more than 20 characters left {right[long].mean():.1%}")
    for low in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        held = (chance >= low) & (chance < low + 0.1)
        if held.any():
            print(f"  confidence {low:.1f}: {held.sum():5d} cases, right {right[held].mean():.0%}")
    milliseconds = 1e3 * np.array([case.seconds for case in drawn])
    print(
        f"CPU ms: median {np.median(milliseconds):.2f}, p95 {np.quantile(milliseconds, 0.95):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--per-package", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    paths = sysconfig.get_paths()
    learned = list(cases(Path(paths["stdlib"]), options.per_package, options.seed))
    shown = [case for case in learned if case.features is not None]
    weights = fit(
        np.array([case.features for case in shown]), np.array([case.right for case in shown], float)
    )
    print("weights:", ", ".join(f"{weight:.2f}" for weight in weights))
    print("standard library (fitted on)")
    report(learned, weights)
    print("site-packages (held out)")
    report(list(cases(Path(paths["purelib"]), options.per_package, options.seed + 1)), weights)


if __name__ == "__main__":
    main()
