"""Small edit tasks in copies of standard modules, done by the product with a model.

Eight each of five kinds: rename a local, add a parameter, extract a function, fix a seeded bug that
a test of the project shows (the product may run it), write a docstring. What comes out is judged
by checks of the task's own (`judging.py`), which neither model nor product sees. Models have read
these modules; the figures compare ways and models, they do not say what a model makes of new code.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import get_args

from rich.table import Table

from benchmarks.bars import Figure, wilson
from benchmarks.edits.judging import problem
from benchmarks.edits.refactorings import EXTRACTIONS, PARAMETERS, RENAMES
from benchmarks.edits.repairs import BUGS, DOCSTRINGS
from benchmarks.edits.task import FixBug, Kind, Project, Skipped, Task, WriteDocstring, begun
from benchmarks.edits.trees import parsed
from ownstack.actions import document, fix, refactor
from ownstack.actions.checks.choice import checkers_for
from ownstack.actions.context import Around
from ownstack.actions.edit import EditMaker
from ownstack.actions.result import MadeEdit
from ownstack.actions.target import Target, target_of
from ownstack.actions.wish import Wish
from ownstack.chat.proposals import applied
from ownstack.engine.protocol import Engine
from ownstack.errors import EditError
from ownstack.files.reading import content_hash
from ownstack.languages import language_of
from ownstack.text import Span

TASKS: tuple[Task, ...] = (*RENAMES, *PARAMETERS, *EXTRACTIONS, *BUGS, *DOCSTRINGS)
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of one task."""

    task: str
    kind: Kind
    skipped: str = ""
    """Why it cannot be made on this Python."""
    shown: bool = False
    """Whether a user would be shown an edit."""
    valid: bool = False
    """Whether it is shown, applies to the file and leaves one that parses."""
    passed: bool = False
    problem: str = ""
    """Why it is not passed."""
    failed_checks: tuple[str, ...] = ()
    """Names of the product's own checks that are shown as failed."""
    rounds: int = 0
    drafts: int = 0
    seconds: float = 0.0
    tokens: int = 0
    written: str = ""
    """What takes the place of the function."""


async def outcomes(
    engine: Engine, tasks: Sequence[Task] = TASKS, *, max_seconds: float = MAX_SECONDS
) -> AsyncIterator[Outcome]:
    """Do tasks one after another. After `max_seconds` no further draft of one is begun.

    Raises:
        OwnstackError: the engine failed.
    """
    for task in tasks:
        project = begun(task)
        if isinstance(project, Skipped):
            yield Outcome(name_of(task), task.kind, skipped=project.reason)
        else:
            yield await _outcome(engine, project, max_seconds)


def name_of(task: Task) -> str:
    """Return what a task is called, such as "rename posixpath.relpath"."""
    return f"{task.kind} {task.module}.{task.function}"


async def _outcome(engine: Engine, project: Project, max_seconds: float) -> Outcome:
    task = project.task
    with tempfile.TemporaryDirectory(prefix="ownstack-edits-") as folder:
        root = Path(folder)
        for path, text in ((project.path, project.text), *project.others.items()):
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_text(text, "utf-8", newline="")
        target = _target(project)
        checkers = checkers_for(root, target, run_tools=False, run_tests=isinstance(task, FixBug))
        maker = EditMaker(engine, checkers, max_seconds=max_seconds)
        base = content_hash(project.text.encode()).hex()
        started_s = time.perf_counter()
        try:
            made = await maker.make(_wish(task, target), base)
        except EditError as error:
            seconds = time.perf_counter() - started_s
            return Outcome(
                name_of(task), task.kind, problem=f"No edit is shown. {error}", seconds=seconds
            )  # fmt: skip
        seconds = time.perf_counter() - started_s
    wrong = await asyncio.to_thread(problem, project, made.after)
    return Outcome(
        name_of(task), task.kind, shown=True, valid=_is_valid(project, made), passed=not wrong,
        problem=wrong,
        failed_checks=tuple(check.name for check in made.checks if check.state == "failed"),
        rounds=made.rounds, drafts=made.drafts, seconds=seconds, tokens=made.generated_tokens,
        written=_new_lines(target, made.after),
    )  # fmt: skip


def _target(project: Project) -> Target:
    language = language_of("", project.path, project.text)
    at = project.cursor
    return target_of(project.text, project.path, language, Span(at, at))


def _wish(task: Task, target: Target) -> Wish:
    match task:
        case FixBug():
            return fix.bug(target, Around())
        case WriteDocstring():
            return document.wish(target, Around())
        case _:
            preset = "refactor.extract" if task.kind == "extract" else "refactor.instruct"
            return refactor.wish(target, preset, task.instruction, Around())


def _is_valid(project: Project, made: MadeEdit) -> bool:
    try:
        after = applied(project.text, made.proposal.edits)
        parsed(after)
    except (EditError, SyntaxError):
        return False
    return after == made.after


def _new_lines(target: Target, after: str) -> str:
    return after[target.span.start : len(after) - (len(target.text) - target.span.end)]


def figures(rows: Sequence[Outcome]) -> tuple[Figure, ...]:
    """Return what outcomes amount to; the one bar is that no edit shown breaks a file."""
    made = [row for row in rows if not row.skipped]
    shown = [row for row in made if row.shown]
    broken = [row.task for row in shown if not row.valid]
    low, high = wilson(sum(row.passed for row in made), len(made))
    return (
        Figure("tasks: edits shown that do not apply or parse", len(broken), "", "<=", 0,
               detail={"tasks": broken}),
        Figure("tasks: valid edits", _percent(made, "valid"), "%", compared=f"{len(made)} tasks"),
        Figure("tasks: checks passed", _percent(made, "passed"), "%",
               compared=f"95 % interval: {100 * low:.0f} to {100 * high:.0f} %"),
        Figure("tasks: rounds of an edit shown, mean", _mean([row.rounds for row in shown]), ""),
        Figure("tasks: seconds, median", _median([row.seconds for row in made]), "s"),
        Figure("tasks: skipped", len(rows) - len(made), "",
               detail={row.task: row.skipped for row in rows if row.skipped}),
    )  # fmt: skip


def table(rows: Sequence[Outcome]) -> Table:
    """Return outcomes by kind, for people."""
    drawn = Table(title="Small edit tasks")
    for heading in ("kind", "tasks", "skipped", "valid", "passed", "rounds", "median s", "tokens"):
        drawn.add_column(heading, justify="left" if heading == "kind" else "right")
    for name, kinds in (*((kind, (kind,)) for kind in KINDS), ("all", KINDS)):
        of_kind = [row for row in rows if row.kind in kinds]
        made = [row for row in of_kind if not row.skipped]
        shown = [row for row in made if row.shown]
        drawn.add_row(
            name, str(len(made)), str(len(of_kind) - len(made)),
            str(sum(row.valid for row in made)), str(sum(row.passed for row in made)),
            f"{_mean([row.rounds for row in shown]):.1f}" if shown else "",
            f"{_median([row.seconds for row in made]):.1f}" if made else "",
            str(sum(row.tokens for row in made)),
            end_section=name == KINDS[-1],
        )  # fmt: skip
    return drawn


def _percent(rows: Sequence[Outcome], what: str) -> float:
    return 100 * _mean([getattr(row, what) for row in rows])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _median(values: Sequence[float]) -> float:
    return median(values) if values else float("nan")
