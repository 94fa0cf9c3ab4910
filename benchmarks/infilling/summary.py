"""From single answers to the figures of a system in a language, and over languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.bars import quantile
from benchmarks.infilling.evaluation import ORACLE, Results
from benchmarks.infilling.measures import (
    BUCKETS,
    Curve,
    Reliability,
    bucket,
    coverage_curve,
    first_word,
    interval,
    reliability,
    similarity,
    standard_error,
)

SHARES = (0.1, 0.2, 0.3, 0.4)
MEAN = "mean"
"""The name of the row that averages the languages."""


@dataclass(frozen=True, slots=True)
class Row:
    """One system in one language, or on average; shares in [0, 1], NaN where nothing is known."""

    system: str
    language: str
    n: int
    exact: float
    error: float
    """Standard error of `exact`."""
    low: float
    """95 % bootstrap interval of `exact`."""
    high: float
    similarity: float
    first_word: float
    code: float
    """Exact match of the positions in code, comments and strings left out."""
    by_left: dict[str, float]
    """Exact match by the number of characters left."""
    at: dict[float, float]
    """Exact match of the most confident share of all positions."""
    proposed: float
    """Share of positions with any proposal."""
    shown: float
    """Share of positions at which a user sees something without asking."""
    shown_exact: float
    """Of those the share that is right; where only a part is shown, as far as that goes."""
    in_part: float
    """Share of positions at which only a part of the line is shown."""
    calibration_error: float
    ms_p50: float
    ms_p95: float
    jump_ms_p50: float
    cpu_ms_p95: float
    prompt_tokens_p50: float
    """Of the answers for which a model was asked."""


def indices_of(results: Results, language: str, *, twins: bool | None = False) -> list[int]:
    """Return the cases of a language; `twins`: only those in twins, none of those, None = all."""
    return [
        i
        for i, case in enumerate(results.cases)
        if case.language == language and (twins is None or case.twin == twins)
    ]


def languages(results: Results) -> list[str]:
    return list(dict.fromkeys(case.language for case in results.cases))


def row(results: Results, system: str, language: str, indices: Sequence[int]) -> Row:
    """Summarise the positions `indices`."""
    cases = [results.cases[i] for i in indices]
    answers = [results.proposals[system][i] for i in indices]
    right = np.array(results.right(system, indices), float)
    left = [bucket(len(case.truth)) for case in cases]
    in_code = np.array([case.kind == "code" for case in cases], bool)
    seen = np.array([bool(answer.text) and answer.shown for answer in answers], bool)
    oracle = system == ORACLE
    curve = coverage(results, system, indices)
    low, high = interval([right])
    times = [answer.ms for answer in answers]
    return Row(
        system,
        language,
        len(indices),
        _mean(right),
        standard_error(right),
        low,
        high,
        _mean([similarity(a.text, c.truth) for a, c in zip(answers, cases, strict=True)]),
        _mean([_same_word(a.text, c.truth) for a, c in zip(answers, cases, strict=True)]),
        _mean(right[in_code]),
        {name: _mean(right[[n == name for n in left]]) for name in bucket_names()},
        {share: float("nan") if oracle else curve.at(share) for share in SHARES},
        _mean([bool(answer.text) for answer in answers]),
        _mean(seen),
        _mean(np.array(results.right_as_shown(system, indices), float)[seen]),
        _mean([bool(answer.part) and answer.shown for answer in answers]),
        float("nan") if oracle else calibration(results, system, indices).error,
        float("nan") if oracle else quantile(times, 0.5),
        float("nan") if oracle else quantile(times, 0.95),
        quantile([answer.jump_ms or answer.ms for answer in answers], 0.5),
        quantile([answer.cpu_ms for answer in answers if answer.cpu_ms], 0.95),
        quantile([answer.prompt_tokens for answer in answers if answer.prompt_tokens], 0.5),
    )


def mean_row(results: Results, system: str, rows: Sequence[Row], strata: list[list[int]]) -> Row:
    """Average the languages, each counting the same.

    Calibration error and times are of all positions together.
    """
    right = [results.right(system, indices) for indices in strata]
    together = [i for indices in strata for i in indices]
    low, high = interval(right)
    pooled = row(results, system, MEAN, together)

    def mean(name: str) -> float:
        return _mean([getattr(row, name) for row in rows])

    return Row(
        system,
        MEAN,
        pooled.n,
        mean("exact"),
        float(np.sqrt(sum(row.error**2 for row in rows))) / max(1, len(rows)),
        low,
        high,
        mean("similarity"),
        mean("first_word"),
        mean("code"),
        {name: _mean([row.by_left[name] for row in rows]) for name in bucket_names()},
        {share: _mean([row.at[share] for row in rows]) for share in SHARES},
        mean("proposed"),
        mean("shown"),
        _weighted([row.shown_exact for row in rows], [row.shown for row in rows]),
        mean("in_part"),
        pooled.calibration_error,
        pooled.ms_p50,
        pooled.ms_p95,
        pooled.jump_ms_p50,
        pooled.cpu_ms_p95,
        pooled.prompt_tokens_p50,
    )


@dataclass(frozen=True, slots=True)
class Gain:
    """How much more one system is exact than another at the same positions, mean of languages."""

    points: float
    low: float
    high: float
    """95 % bootstrap interval, positions resampled in pairs."""


def gain(results: Results, system: str, over: str, strata: Sequence[Sequence[int]]) -> Gain:
    """Compare two systems position by position; in percentage points."""
    differences = [
        100
        * (
            np.array(results.right(system, indices), float)
            - np.array(results.right(over, indices), float)
        )
        for indices in strata
    ]
    low, high = interval(differences)
    return Gain(_mean([_mean(part) for part in differences]), low, high)


def shown_from(
    results: Results, system: str, least: float, strata: Sequence[Sequence[int]]
) -> tuple[float, float]:
    """Return the share of positions with a confidence of at least `least`, and of those exact.

    Each of the strata (languages) counts the same.
    """
    shown, right = [], []
    for indices in strata:
        answers = [results.proposals[system][i] for i in indices]
        seen = np.array(
            [bool(answer.text) and answer.confidence >= least for answer in answers], bool
        )
        shown.append(_mean(seen))
        right.append(_mean(np.array(results.right(system, indices), float)[seen]))
    return _mean(shown), _weighted(right, shown)


def coverage(results: Results, system: str, indices: Sequence[int]) -> Curve:
    answers = [results.proposals[system][i] for i in indices]
    return coverage_curve(
        [answer.confidence for answer in answers],
        results.right(system, indices),
        [bool(answer.text) for answer in answers],
    )


def calibration(results: Results, system: str, indices: Sequence[int]) -> Reliability:
    answers = [results.proposals[system][i] for i in indices]
    return reliability(
        [answer.confidence for answer in answers],
        results.right(system, indices),
        [bool(answer.text) for answer in answers],
    )


def bucket_names() -> list[str]:
    return [bucket(low) for low, _ in BUCKETS]


def _same_word(text: str, truth: str) -> bool:
    return bool(first_word(truth)) and first_word(text) == first_word(truth)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    known = [(v, w) for v, w in zip(values, weights, strict=True) if w > 0]
    total = sum(w for _, w in known)
    return sum(v * w for v, w in known) / total if total else float("nan")
