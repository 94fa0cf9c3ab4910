"""Fit and measure echo: `python -m training.echo_calibration --corpus DIR`.

Data: `train.jsonl` and `heldout.jsonl` of the corpus (`training/README.md`). A package is written
to a folder as a project of one language; a case is a random character of a random non-blank line
in it, with the rest of that line removed; right is the exact rest of the line (blanks at the end
aside). Echo sees the project as it would at a user's: every file is in the store, the open one
hidden behind its buffer.

The choice among candidates and its certainty are fitted on packages of `train.jsonl`, the
certainty on folds that the choice was not fitted on, and both are measured on `heldout.jsonl`.
Prints the weights to copy into `completion/echo/scoring.py`, and the figures.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ownstack.completion.echo.block import steps
from ownstack.completion.echo.echo import Echo
from ownstack.completion.echo.query import EchoQuery, query_at
from ownstack.completion.echo.scoring import (
    CERTAINTY,
    CHOICE,
    ScoredCandidate,
    certainty,
    score_candidates,
)
from ownstack.completion.echo.store import Store, View
from ownstack.document import Document

FITTED_ON = {
    "python": "django twisted textual networkx moto sqlalchemy mypy homeassistant",
    "go": "restic hugo golang-google-grpc prometheus",
    "typescript": "hls.js ai @tanstack/router-core mongodb rxjs puppeteer-core",
    "rust": "cargo",
    "java": "ant jackson-databind",
    "c": "tmux redis",
    "cpp": "leveldb spdlog",
    "javascript": "fastify eslint",
}
"""Packages of `train.jsonl`, by language."""
GROWING = 0.3
"""This share of the documents that is fitted on ends at the cursor, as what is being written."""
LONELY = 0.1
"""This share of them is looked at without a project, as a file of its own."""
MIN_FILE_CHARS = 1_000
MIN_FILES = 5
APPLICATIONS = ("rust", "typescript", "go")


@dataclass(frozen=True, slots=True)
class Project:
    """One package in one language."""

    language: str
    name: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One cursor: what echo could say, the best first, and what was right."""

    project: Project
    truth: str
    grows: bool
    """The document ends at the cursor, as a new one does."""
    found: list[ScoredCandidate]
    seconds: float
    steps: list[tuple[tuple[float, ...], bool]]
    """Of a right line in a document that ends there: the lines after it, to the first wrong one."""

    @property
    def right(self) -> int | None:
        """The place of the right answer among the candidates."""
        texts = [judged.candidate.text for judged in self.found]
        return texts.index(self.truth) if self.truth in texts else None


def projects(corpus: Path, wanted: dict[str, str] | None) -> list[Project]:
    """Read the packages of a corpus; `wanted` is language → names, None for all."""
    found: dict[tuple[str, str], dict[str, str]] = collections.defaultdict(dict)
    names = {language: set(line.split()) for language, line in (wanted or {}).items()}
    with corpus.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            name = row["source"].partition(":")[2]
            if wanted is None or name in names.get(row["language"], ()):
                found[row["language"], name][row["path"].lstrip("/")] = row["text"]
    return [
        Project(language, name, files)
        for (language, name), files in sorted(found.items())
        if len(files) >= MIN_FILES
    ]


def store_of(project: Project, folder: Path) -> View:
    """Write a project to disk and store it as the product does."""
    for path, text in project.files.items():
        file = folder / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    store = Store(folder / "project", folder / "cache")
    store.refresh()
    return store.view


def cases(
    project: Project, count: int, seed: int, growing: float = 0.0, lonely: float = 0.0
) -> Iterator[Case]:
    """Draw cursors and ask echo at each; some documents end at the cursor, some have no project."""
    draw = random.Random(f"{project.name} {seed}")
    paths = [path for path, text in sorted(project.files.items()) if len(text) >= MIN_FILE_CHARS]
    with tempfile.TemporaryDirectory() as folder:
        view = store_of(project, Path(folder))
        known, alone = Echo(lambda: [view]), Echo()
        for path in draw.choices(paths, k=count if paths else 0):
            left, offset, truth, below = _cut(project.files[path].replace("\r\n", "\n"), draw)
            grows = draw.random() < growing
            if grows:
                left = left[:offset]
            echo = alone if draw.random() < lonely else known
            uri = (view.folder / path).as_uri()
            document = Document(uri, path, project.language, 1, left)
            _ = document.index  # the editor has asked for it already
            began = time.thread_time()
            query = query_at(document, offset)
            found = echo.examine(query, document, [])
            seconds = time.thread_time() - began
            right = grows and bool(found) and found[0].candidate.text == truth
            walked = _walk(query, found[0], below) if right else []
            yield Case(project, truth, grows, found, seconds, walked)


def _walk(
    query: EchoQuery, scored: ScoredCandidate, below: list[str]
) -> list[tuple[tuple[float, ...], bool]]:
    walked = []
    for step, line in zip(steps(query, scored.candidate.occurrences), below, strict=False):
        walked.append((step.signals, step.line == line.rstrip()))
        if not walked[-1][1]:
            break
    return walked


def _cut(text: str, draw: random.Random) -> tuple[str, int, str, list[str]]:
    """Return a text without the end of a line, where that was, what it was, the lines below."""
    lines = text.split("\n")
    number = draw.choice([number for number, line in enumerate(lines) if line.strip()])
    line = lines[number]
    at = draw.randrange(len(line) - len(line.lstrip()), len(line.rstrip()))
    offset = sum(len(line) + 1 for line in lines[:number]) + at
    lines[number] = line[:at]
    return "\n".join(lines), offset, line[at:].rstrip(), lines[number + 1 :]


def fit_choice(drawn: Sequence[Case], steps: int = 600) -> np.ndarray:
    """Return weights of the conditional logit over echo's candidates."""
    known = [(case.found, case.right) for case in drawn if case.right is not None]
    pools = [np.array([judged.candidate.features for judged in found]) for found, _ in known]
    return fit_logit(pools, [right for _, right in known], steps=steps)


def fit_logit(
    pools: Sequence[np.ndarray], right: Sequence[int], ridge: float = 2e-4, steps: int = 600
) -> np.ndarray:
    """Return weights of a conditional logit (Adam on scaled features; no bias).

    Args:
        pools: the features of the options of each choice, float[options, features].
        right: which option of each pool is the right one.
        ridge: L2 penalty on the weights of scaled features.
        steps: of the descent.
    """
    widest, width = max(map(len, pools)), pools[0].shape[1]
    x = np.zeros((len(pools), widest, width))
    none = np.full((len(pools), widest), -1e9)
    for row, pool in enumerate(pools):
        x[row, : len(pool)] = pool
        none[row, : len(pool)] = 0.0
    chosen = np.array(right)
    scale = x[none == 0.0].std(0) + 1e-6
    x /= scale
    weights, momentum, square = np.zeros((3, width))
    for step in range(1, steps + 1):
        scores = x @ weights + none
        odds = np.exp(scores - scores.max(1, keepdims=True))
        share = odds / odds.sum(1, keepdims=True)
        slope = np.einsum("nm,nmk->k", share, x) - x[np.arange(len(chosen)), chosen].sum(0)
        slope = slope / len(chosen) + ridge * weights
        momentum = 0.9 * momentum + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        rate = 0.05 * np.sqrt(1 - 0.99**step) / (1 - 0.9**step)
        weights = weights - rate * momentum / (np.sqrt(square) + 1e-8)
    fitted: np.ndarray = weights / scale
    return fitted


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


def judged_by(case: Case, choice: Sequence[float]) -> Case:
    """Return the case with its candidates in another order."""
    found = score_candidates([scored.candidate for scored in case.found], choice)
    return dataclasses.replace(case, found=found)


def fit_both(drawn: Sequence[Case], folds: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of choice and certainty."""
    names = sorted({case.project.name for case in drawn})
    fold_of = {name: number % folds for number, name in enumerate(names)}
    held: list[Case] = []
    for fold in range(folds):
        choice = fit_choice([case for case in drawn if fold_of[case.project.name] != fold])
        held += [judged_by(case, choice) for case in drawn if fold_of[case.project.name] == fold]
    shown = [case for case in held if case.found]
    signals = np.array([case.found[0].signals() for case in shown])
    right = np.array([case.right == 0 for case in shown], float)
    return fit_choice(drawn), fit(signals, right)


def fit_steps(drawn: Sequence[Case]) -> np.ndarray:
    """Return the weights of `block.STEP`, and print how right its lines are."""
    walked = [step for case in drawn for step in case.steps]
    signals, right = np.array([s for s, _ in walked]), np.array([r for _, r in walked], float)
    weights = fit(signals, right)
    chance = 1 / (1 + np.exp(-(weights[0] + signals @ weights[1:])))
    error = calibration_error(chance, right)
    print(f"STEP = {tuple(np.round(weights, 3).tolist())}  # {len(right)} lines, {error:.3f} off")
    return weights


def report(name: str, drawn: Sequence[Case], weights: Sequence[float]) -> None:
    """Print exact rates and how well confidence means what it says."""
    chance = np.array([certainty(c.found[0], weights) if c.found else 0.0 for c in drawn])
    right = np.array([case.right == 0 for case in drawn])
    order = np.argsort(-chance, kind="stable")
    parts = [f"{name}: {len(drawn)} cases, exact {right.mean():.1%}"]
    for share in (0.1, 0.2, 0.3, 0.4):
        parts.append(f"{share:.0%} surest {right[order[: int(len(order) * share)]].mean():.1%}")
    parts.append(f"calibration error {calibration_error(chance, right):.3f}")
    milliseconds = 1e3 * np.array([case.seconds for case in drawn])
    parts.append(f"CPU ms {np.median(milliseconds):.1f}, p95 {np.quantile(milliseconds, 0.95):.1f}")
    print(", ".join(parts), flush=True)


def calibration_error(chance: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Return the mean gap between confidence and rightness, weighted, in bins of equal width."""
    held = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = [
        (held == n).sum() * abs(chance[held == n].mean() - right[held == n].mean())
        for n in range(bins)
        if (held == n).any()
    ]
    return float(sum(gaps) / len(chance))


def report_all(drawn: Sequence[Case], weights: Sequence[float]) -> None:
    """Print a line for every project, every language, and the two that the bars are about."""
    groups: dict[str, list[Case]] = collections.defaultdict(list)
    for case in drawn:
        groups[f"  {case.project.language} {case.project.name}"].append(case)
        groups[f" {case.project.language}"].append(case)
        groups["all"].append(case)
        if case.grows:
            groups[" (document ends at the cursor)"].append(case)
        if case.project.language in APPLICATIONS:
            groups["rust, typescript, go"].append(case)
    for name in sorted(groups):
        report(name, groups[name], weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of train.jsonl")
    parser.add_argument("--per-project", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure-only", action="store_true", help="with the weights in use")
    options = parser.parse_args()
    choice, sure = np.array(CHOICE), np.array(CERTAINTY)
    if not options.measure_only:
        known = projects(options.corpus / "train.jsonl", FITTED_ON)
        drawn = [
            case
            for project in known
            for case in cases(project, options.per_project, options.seed, GROWING, LONELY)
        ]
        choice, sure = fit_both(drawn)
        print("CHOICE =", tuple(np.round(choice, 3).tolist()))
        print("CERTAINTY =", tuple(np.round(sure, 3).tolist()))
        fit_steps(drawn)
        report_all([judged_by(case, choice.tolist()) for case in drawn], sure.tolist())
    print("held out")
    unseen = projects(options.corpus / "heldout.jsonl", None)
    drawn = [
        case for project in unseen for case in cases(project, options.per_project, options.seed)
    ]
    report_all([judged_by(case, choice.tolist()) for case in drawn], sure.tolist())


if __name__ == "__main__":
    main()
