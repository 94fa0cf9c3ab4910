"""Whether the checks of the edit tasks tell edits that do what is asked from those that do not."""

import pytest

from benchmarks.edits.calling import results
from benchmarks.edits.judging import problem
from benchmarks.edits.refactorings import EXTRACTIONS, PARAMETERS, RENAMES
from benchmarks.edits.repairs import BUGS, DOCSTRINGS
from benchmarks.edits.task import Project, Rename, Skipped, Task, begun
from tests.support.edit_answers import code_of, right, wrong

pytestmark = [pytest.mark.process, pytest.mark.slow]

TASKS: tuple[Task, ...] = (*RENAMES, *PARAMETERS, *EXTRACTIONS, *BUGS, *DOCSTRINGS)
NAMES = [f"{task.kind}-{task.module}-{task.function}" for task in TASKS]


def made(task: Task) -> Project:
    """Begin a task, or skip its test where this Python has another text of the function."""
    project = begun(task)
    if isinstance(project, Skipped):
        pytest.skip(project.reason)
    return project


def edited(project: Project, answer: str) -> str:
    """Put an answer in the place of the function."""
    assert project.text.count(code_of(project)) == 1
    return project.text.replace(code_of(project), answer)


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_done_as_asked_passes(task: Task) -> None:
    """The right answer has no problem; the file as it was has one."""
    project = made(task)

    assert problem(project, edited(project, right(project))) == ""
    assert problem(project, project.text) != ""


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_done_wrongly_fails(task: Task) -> None:
    """Each wrong answer fails, for the reason that it was written to fail for."""
    project = made(task)
    expected = wrong(project)

    found = {answer: problem(project, edited(project, answer)) for answer in expected}

    assert len(expected) >= 3
    assert [
        (answer, found[answer], why) for answer, why in expected.items() if why not in found[answer]
    ] == []


def test_a_file_that_does_not_parse_fails() -> None:
    """Not even what stands in it is looked at."""
    project = made(RENAMES[0])

    assert problem(project, edited(project, "def relpath(:")).startswith("It does not parse")
    assert problem(project, "\0") != ""


def test_a_function_of_another_text_is_skipped() -> None:
    """A task is made of one text of a function; another Python's may be another."""
    known = RENAMES[0]
    other = Rename(known.module, known.function, "0" * 12, known.old, known.new)
    gone = Rename(known.module, "no_such", known.digest, known.old, known.new)

    assert begun(other) == Skipped(other, "posixpath.relpath is another one on this Python.")
    assert begun(gone) == Skipped(gone, "posixpath has no no_such on this Python.")
    assert isinstance(begun(Rename("no_such_module", "f", "", "a", "b")), Skipped)
    assert isinstance(begun(Rename("math", "floor", "", "a", "b")), Skipped)


def test_calls_are_bounded() -> None:
    """Code that does not end, or ends the process, gives no results; errors are results."""
    calls = ("f(1)", "f('x')", "missing")

    assert results("def f(x):\n    print(x)\n    return -x\n", calls) == (
        "-1", "raises TypeError", "raises NameError",
    )  # fmt: skip
    assert results("import sys\nsys.exit(0)\n", calls) is None
    assert results("def f(x):\n    while True:\n        pass\n", calls) is None
