"""What the answers come to: tables for people, figures beside bars, values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.bars import Figure, wilson
from benchmarks.infilling.measures import exact, similarity
from benchmarks.learning.asking import Answers
from benchmarks.learning.comparing import Paired, paired
from benchmarks.learning.conditions import BOTH, CONDITIONS, CONTROL, GENERIC, PLAIN, PROJECT

PAIRS = ((PLAIN, GENERIC), (PLAIN, PROJECT), (GENERIC, BOTH), (PLAIN, BOTH), (CONTROL, BOTH),
         (GENERIC, CONTROL))  # fmt: skip
LEAST_OVER_GENERIC, LEAST_OVER_PLAIN, LEAST_OF_GENERIC = 20.0, 40.0, 25.0
"""The bars: relative gain in %."""
LEAST_OVER_CONTROL = 0.1
"""In points, at the lower end of the interval: that it is not nothing."""
LANGUAGES = ("python", "typescript", "go", "rust")


@dataclass(frozen=True, slots=True)
class Row:
    """One condition at the cursors of one project."""

    project: str
    language: str
    condition: str
    count: int
    right: int
    interval: tuple[float, float]
    """Of the share that is right: 95 %, by Wilson's score."""
    similarity: float
    """Mean, from 0 to 1."""
    chance: float
    """Mean of what the model gave its own lines."""
    ms: float
    """Mean from asking to the answer."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two conditions, over the projects that have both."""

    of: str
    """A project, a language, or "all projects"."""
    first: str
    second: str
    paired: Paired


def rows_of(answers: Answers) -> list[Row]:
    """Return a row for each project and condition, in the order in which they were asked."""
    found = []
    for project, numbers in _groups(answers).items():
        language = answers.cases[numbers[0]].language
        for condition in CONDITIONS:
            if condition not in answers.proposals[numbers[0]]:
                continue
            said = [answers.proposals[number][condition] for number in numbers]
            truths = [answers.cases[number].truth for number in numbers]
            right = sum(_right(answers, numbers, condition))
            found.append(
                Row(
                    project,
                    language,
                    condition,
                    len(said),
                    right,
                    wilson(right, len(said)),
                    _mean([similarity(a.text, b) for a, b in zip(said, truths, strict=True)]),
                    _mean([item.confidence for item in said]),
                    _mean([item.ms for item in said]),
                )
            )
    return found


def comparisons_of(answers: Answers) -> list[Comparison]:
    """Compare in pairs: within each project, and over all that have an adapter of their own."""
    groups = _groups(answers)
    found = []
    for first, second in PAIRS:
        names = [
            name
            for name, numbers in groups.items()
            if {first, second} <= answers.proposals[numbers[0]].keys()
        ]
        for name in names:
            found.append(Comparison(name, first, second, _compare(answers, [groups[name]], first,
                                                                  second)))  # fmt: skip
        if len(names) > 1:
            strata = [groups[name] for name in names]
            found.append(
                Comparison("all projects", first, second, _compare(answers, strata, first, second))
            )
    found += _by_language(answers, groups)
    return found


def figures_of(comparisons: Sequence[Comparison], left: int) -> list[Figure]:
    """Return the figures that bars were set for."""
    bars = {
        ("all projects", GENERIC, BOTH): LEAST_OVER_GENERIC,
        ("all projects", PLAIN, BOTH): LEAST_OVER_PLAIN,
        **{(language, PLAIN, GENERIC): LEAST_OF_GENERIC for language in LANGUAGES},
    }
    figures = []
    for item in comparisons:
        key = (item.of, item.first, item.second)
        gain, low, high = (100 * value for value in item.paired.relative)
        said = f"95 %: {low:+.0f} to {high:+.0f} %, n={item.paired.count}{_early(left)}"
        if key in bars:
            figures.append(
                Figure(f"{item.of}: {item.second} over {item.first}, exact match", gain, "%", ">=",
                       bars[key], said)
            )  # fmt: skip
        if key == ("all projects", CONTROL, BOTH):
            points, least, most = (100 * value for value in item.paired.difference)
            said = f"{points:+.1f} points, 95 %: {least:+.1f} to {most:+.1f}{_early(left)}"
            figures.append(
                Figure("all projects: both over control, lower end", least, "points", ">=",
                       LEAST_OVER_CONTROL,
                       said)
            )  # fmt: skip
    return figures


def print_tables(
    rows: Sequence[Row], comparisons: Sequence[Comparison], console: Console | None = None
) -> None:
    console = console or Console(width=150)
    table = Table(title="exact rest of the line")
    for heading in ("project", "language", "condition", "exact", "95 %", "n", "similarity",
                    "own chance", "ms"):  # fmt: skip
        table.add_column(heading, justify="left" if heading[0] in "plc" else "right")
    for number, row in enumerate(rows):
        first = not number or rows[number - 1].project != row.project
        low, high = row.interval
        table.add_row(
            row.project if first else "", row.language if first else "", row.condition,
            f"{100 * row.right / max(1, row.count):.1f} %", f"{100 * low:.1f} to {100 * high:.1f}",
            str(row.count), f"{row.similarity:.3f}", f"{row.chance:.3f}", f"{row.ms:.0f}",
        )  # fmt: skip
    console.print(table)
    table = Table(title="in pairs")
    for heading in ("of", "condition", "points", "95 %", "relative", "95 %", "won", "lost", "p"):
        table.add_column(heading, justify="left" if heading in ("of", "condition") else "right")
    for item in comparisons:
        pair = item.paired
        table.add_row(
            item.of, f"{item.second} over {item.first}",
            *_in_words(pair.difference, "{:+.1f}"), *_in_words(pair.relative, "{:+.0f} %"),
            str(pair.wins), str(pair.losses), f"{pair.p_value:.3g}",
        )  # fmt: skip
    console.print(table)


def as_data(
    rows: Sequence[Row], comparisons: Sequence[Comparison], answers: Answers
) -> dict[str, Any]:
    """Return everything as JSON can say it."""
    pairs = [asdict(item) | {"p_value": item.paired.p_value} for item in comparisons]
    return {"rows": [asdict(row) for row in rows], "pairs": pairs, "cursors_left": answers.left}


def only(answers: Answers, kind: str) -> Answers:
    """Return the answers at cursors of one kind: code, comment or string."""
    keep = [number for number, case in enumerate(answers.cases) if case.kind == kind]
    return replace(
        answers,
        cases=[answers.cases[number] for number in keep],
        proposals=[answers.proposals[number] for number in keep],
    )


def _by_language(answers: Answers, groups: dict[str, list[int]]) -> list[Comparison]:
    """Compare the generic adapter with none, in each language."""
    found = []
    for language in LANGUAGES:
        strata = [
            numbers
            for numbers in groups.values()
            if answers.cases[numbers[0]].language == language
            and GENERIC in answers.proposals[numbers[0]]
        ]
        if strata:
            compared = _compare(answers, strata, PLAIN, GENERIC)
            found.append(Comparison(language, PLAIN, GENERIC, compared))
    return found


def _compare(answers: Answers, strata: list[list[int]], first: str, second: str) -> Paired:
    return paired(
        [_right(answers, numbers, first) for numbers in strata],
        [_right(answers, numbers, second) for numbers in strata],
    )


def _right(answers: Answers, numbers: Sequence[int], condition: str) -> list[bool]:
    return [
        exact(answers.proposals[number][condition].text, answers.cases[number].truth)
        for number in numbers
    ]


def _groups(answers: Answers) -> dict[str, list[int]]:
    """Return the places of each project's cursors."""
    groups: dict[str, list[int]] = {}
    for number, case in enumerate(answers.cases):
        groups.setdefault(case.project, []).append(number)
    return groups


def _in_words(values: tuple[float, float, float], form: str) -> tuple[str, str]:
    """Return a share as percent, and its interval; of what is no number, nothing."""
    if any(value != value for value in values):
        return "", ""
    at, low, high = (form.format(100 * value) for value in values)
    return at, f"{low} to {high}"


def _early(left: int) -> str:
    return f"; the time was over, {left} cursors were not asked" if left else ""


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
