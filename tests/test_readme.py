"""The README's promises that a test can keep."""

import re
from pathlib import Path

import pytest

from ownstack.cli import main

ROOT = Path(__file__).parents[1]


def commands() -> list[str]:
    """The one-line shell blocks of the README, in order."""
    return re.findall(r"```sh\n(.+)\n```", (ROOT / "README.md").read_text("utf-8"))


def test_the_gate_runs_the_readmes_test_command() -> None:
    """What a newcomer is told to run is what decides whether a change lands."""
    assert commands()[1] in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def test_files_that_the_readme_names_exist() -> None:
    """Links into the tree lead somewhere."""
    readme = (ROOT / "README.md").read_text("utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", readme)

    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_first_command_completes_what_stands_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The completion that a newcomer sees first is the right one."""
    monkeypatch.chdir(ROOT)
    command = commands()[0].split("ownstack ", 1)[1].split()
    path, line, column = command[-1].split(":")
    rest = (ROOT / path).read_text("utf-8").split("\n")[int(line) - 1][int(column) - 1 :]

    assert (main(command), capsys.readouterr().out) == (0, f"{rest}\n")
