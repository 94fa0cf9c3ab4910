"""Tests of the project are run when the user says so, each time, and never for ever."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ownstack.chat.retrieval import Project
from ownstack.chat.tools.testing import command_of, failed_tests, runner_tools
from ownstack.chat.tools.tool import Answer, Approval
from ownstack.chat.tools.toolbox import Toolbox
from tests.chat.tools.conftest import MakeToolbox, call


class User:
    """Says the same to whatever is asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Approval] = []

    async def approve(self, asked: Approval) -> Answer:
        self.asked.append(asked)
        return self.answer


def python_project(root: Path, body: str) -> None:
    (root / "conftest.py").write_text("", "utf-8")
    (root / "test_it.py").write_text(f"def test_one():\n    {body}\n", "utf-8")


async def test_without_anybody_to_ask_there_is_no_such_tool(make_toolbox: MakeToolbox) -> None:
    assert "run_tests" not in [spec.name for spec in make_toolbox().specs]


async def test_a_no_is_a_no(project: Project) -> None:
    marker = project.root / "ran"
    python_project(project.root, f"open({str(marker)!r}, 'w')")
    user = User("no")

    output = await call(Toolbox(runner_tools(project.root, user.approve)), "run_tests")

    assert "did not allow" in output.text
    assert not marker.exists()
    assert "-m pytest -q" in user.asked[0].detail


@pytest.mark.process
async def test_a_run_is_asked_for_each_time(project: Project) -> None:
    """Even "always" holds for this run only."""
    python_project(project.root, "assert 1 == 2")
    user = User("always")
    toolbox = Toolbox(runner_tools(project.root, user.approve))

    first = await call(toolbox, "run_tests", path="test_it.py")
    await call(toolbox, "run_tests", path="test_it.py::test_one")

    assert len(user.asked) == 2
    assert not any(asked.can_be_always for asked in user.asked)
    assert (first.ok, first.exit_code) == (False, 1)
    assert first.failed_tests == ("test_it.py::test_one",)
    assert first.command.endswith("-- test_it.py")


@pytest.mark.process
async def test_tests_that_hang_are_ended(project: Project) -> None:
    """With the processes that they have started."""
    alive = project.root / "alive"
    child = f"import time; time.sleep(3); open({str(alive)!r}, 'w')"
    python_project(
        project.root,
        "import subprocess, sys, time; "
        f"subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(600)",
    )
    toolbox = Toolbox(runner_tools(project.root, User("once").approve, timeout_s=2.0))

    output = await call(toolbox, "run_tests")

    assert "It was ended after 2 s." in output.text
    assert (output.ok, output.exit_code) == (False, None)


@pytest.mark.process
async def test_tests_that_flood_are_cut(project: Project) -> None:
    python_project(project.root, "import os; os.write(1, b'x' * 3_000_000); assert 0")
    toolbox = Toolbox(runner_tools(project.root, User("once").approve))

    output = await call(toolbox, "run_tests")

    assert len(output.text) < 500_000
    assert output.exit_code == 1


@pytest.mark.parametrize("path", ["-pevil", "../test_it.py", "none.py", "test_it.py::x; rm -rf ."])
async def test_odd_paths_are_refused_before_anybody_is_asked(project: Project, path: str) -> None:
    python_project(project.root, "pass")
    user = User("once")

    output = await call(Toolbox(runner_tools(project.root, user.approve)), "run_tests", path=path)

    assert not output.ok
    assert user.asked == []


async def test_a_project_without_known_tests(project: Project) -> None:
    user = User("once")

    output = await call(Toolbox(runner_tools(project.root, user.approve)), "run_tests")

    assert "not known how this project's tests are run" in output.text
    assert user.asked == []


@pytest.mark.parametrize(
    ("name", "content", "command"),
    [
        ("Cargo.toml", "", ("cargo", "test")),
        ("go.mod", "", ("go", "test", "./...")),
        ("package.json", '{"scripts": {"test": "jest"}}', ("npm", "test")),
        ("package.json", '{"scripts": {}}', None),
        ("package.json", "{" * 5_000, None),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]",
            (sys.executable, "-m", "pytest", "-q", "-x"),
        ),
    ],
)
def test_how_tests_are_run(
    tmp_path: Path, name: str, content: str, command: tuple[str, ...] | None
) -> None:
    (tmp_path / name).write_text(content, "utf-8")

    found = command_of(tmp_path)

    assert (None if found is None else found.arguments) == command


def test_names_of_failed_tests() -> None:
    output = (
        "FAILED tests/a.py::b - assert\ntest c::d ... FAILED\n--- FAIL: TestE (0.0s)\n"
        "not ok 3 - adds up\nok 4 - fine\n"
    )

    assert failed_tests(output) == ("tests/a.py::b", "c::d", "TestE", "adds up")
