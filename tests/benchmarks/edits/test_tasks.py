"""All edit tasks through the product, with a model that does some of them rightly."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks.edits.task import Skipped, Task, begun
from benchmarks.edits.tasks import KINDS, TASKS, Outcome, figures, name_of, outcomes, table
from ownstack.engine.scripted import ScriptedEngine
from ownstack.text import fenced
from tests.support.edit_answers import right, wrong

pytestmark = [pytest.mark.process, pytest.mark.slow]


def scripted(task: Task, *, does_right: bool) -> ScriptedEngine:
    """Return an engine that answers a task, rightly or in each of the wrong ways."""
    project = begun(task)
    if isinstance(project, Skipped):
        pytest.skip(project.reason)
    answers = [right(project)] if does_right else list(wrong(project))
    return ScriptedEngine(*(fenced(answer, "python") for answer in answers))


async def done(task: Task, *, does_right: bool) -> Outcome:
    """Do one task."""
    [outcome] = [row async for row in outcomes(scripted(task, does_right=does_right), [task])]
    return outcome


def ids(tasks: tuple[Task, ...]) -> list[str]:
    return [name_of(task).replace(" ", "-") for task in tasks]


@pytest.mark.parametrize("task", TASKS[::2], ids=ids(TASKS[::2]))
async def test_a_right_answer_is_shown_and_passes(task: Task) -> None:
    """The product's own checks let it through at once."""
    outcome = await done(task, does_right=True)

    assert (outcome.problem, outcome.failed_checks) == ("", ())
    assert (outcome.shown, outcome.valid, outcome.passed) == (True, True, True)
    assert (outcome.rounds, outcome.drafts) == (1, 1)


@pytest.mark.parametrize("task", TASKS[1::2], ids=ids(TASKS[1::2]))
async def test_wrong_answers_do_not_pass(task: Task) -> None:
    """Whichever of them the product shows; and what it shows breaks no file."""
    outcome = await done(task, does_right=False)

    assert not outcome.passed
    assert outcome.problem != ""
    assert outcome.valid or not outcome.shown


def test_there_are_eight_of_each_kind() -> None:
    """Forty tasks, each of which has a name of its own."""
    assert [sum(task.kind == kind for task in TASKS) for kind in KINDS] == [8] * 5
    assert len({name_of(task) for task in TASKS}) == 40


async def test_a_task_that_cannot_be_made_says_why() -> None:
    """It is no failure of the model's, and counts for nothing."""
    task = replace(TASKS[0], digest="another")

    [row] = [row async for row in outcomes(ScriptedEngine(), [task])]

    assert row == Outcome(name_of(task), "rename", skipped=row.skipped)
    assert "another one on this Python" in row.skipped


@pytest.fixture
def rows() -> list[Outcome]:
    """A day's work: one done, one done wrongly, one broken, one not shown, one skipped."""
    done = Outcome("a", "rename", shown=True, valid=True, passed=True, rounds=1, seconds=2.0)
    return [
        done,
        replace(done, task="b", passed=False, problem="Wrong.", rounds=3, seconds=4.0),
        replace(done, task="c", valid=False, passed=False, rounds=2, seconds=6.0),
        Outcome("d", "bug", problem="No edit is shown.", seconds=8.0),
        Outcome("e", "bug", skipped="Another Python."),
    ]


def test_figures_count_what_was_done(rows: list[Outcome]) -> None:
    """An edit that breaks a file misses the bar; a skipped task counts for nothing."""
    broken, valid, passed, rounds, seconds, skipped = figures(rows)

    assert (broken.measured, broken.passed, broken.detail) == (1, False, {"tasks": ["c"]})
    assert (valid.measured, passed.measured) == (50.0, 25.0)
    assert (rounds.measured, seconds.measured, skipped.measured) == (2.0, 5.0, 1)


def test_the_table_has_a_line_for_each_kind(rows: list[Outcome]) -> None:
    """And one for all of them."""
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(table(rows))
    lines = [line.replace("│", " ").split() for line in console.export_text().splitlines()]

    assert ["rename", "3", "0", "2", "1", "2.0", "4.0", "0"] in lines
    assert ["bug", "1", "1", "0", "0", "8.0", "0"] in lines
    assert ["all", "4", "1", "2", "1", "2.0", "5.0", "0"] in lines
