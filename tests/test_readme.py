"""The README's promises that a test can keep."""

import re
from pathlib import Path

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
