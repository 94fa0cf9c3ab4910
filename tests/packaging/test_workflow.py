"""Workflows are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack_release.errors import ReleaseError
from ownstack_release.workflow import chosen, read

WORKFLOW = """
on: push
permissions: {contents: read}
env: {A: 1}
defaults: {run: {shell: bash}}
jobs:
  build:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    strategy:
      fail-fast: false
      matrix:
        include:
          - {target: linux-x64, vulkan: false}
          - {target: win32-x64, vulkan: false}
          - {target: win32-x64, vulkan: true}
    steps:
      - uses: actions/checkout@v7
        with: {fetch-depth: 0}
      - name: Build
        run: make ${{ matrix.target }}
        env: {B: true}
        working-directory: sub
      - run: |
          first
          second
        shell: sh
"""


def written(folder: Path, text: str) -> Path:
    """Write a workflow."""
    path = folder / "workflow.yml"
    path.write_text(text, "utf-8")
    return path


def test_a_job_is_read_with_what_the_workflow_says_for_all(tmp_path: Path) -> None:
    """Defaults of the workflow, values as GitHub writes them, names of steps without one."""
    job = read(written(tmp_path, WORKFLOW), "build")

    assert (job.runs_on, job.timeout_min, job.env) == ("ubuntu-24.04", 5, ({"A": "1"}, {}))
    assert [step.name for step in job.steps] == ["actions/checkout@v7", "Build", "first"]
    assert [step.shell for step in job.steps] == ["bash", "bash", "sh"]
    assert job.steps[0].inputs == {"fetch-depth": "0"}
    assert (job.steps[1].env, job.steps[1].directory) == ({"B": "true"}, "sub")


def test_one_combination_of_the_matrix_is_chosen(tmp_path: Path) -> None:
    """By as many keys as it takes; else the error lists what there is."""
    job = read(written(tmp_path, WORKFLOW), "build")

    assert chosen(job, {"target": "linux-x64"}) == {"target": "linux-x64", "vulkan": False}
    assert chosen(job, {"vulkan": "true"})["target"] == "win32-x64"
    with pytest.raises(ReleaseError, match=r"Several.*vulkan=false; target=win32-x64 vulkan=true"):
        chosen(job, {"target": "win32-x64"})
    with pytest.raises(ReleaseError, match="No combination fits"):
        chosen(job, {"target": "linux-arm64"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("jobs:", "jobs: 1\nx:", "x is not understood"),
        ("    timeout-minutes: 5", "    services: {}", "services is not understood"),
        ("        shell: sh", "        continue-on-error: true", "continue-on-error"),
        ("        run: make ${{ matrix.target }}\n", "", "either `run` or `uses`"),
        ("          - {target: linux-x64, vulkan: false}", "          - {target: [1]}", "target"),
        ("        include:", "        exclude: []\n        include:", "only `include`"),
        ("timeout-minutes: 5", "timeout-minutes: soon", "must be a number"),
        ("runs-on: ubuntu-24.04", "runs-on: [self-hosted]", "runs-on of job build"),
        ("  build:", "  other:", "no job build; its jobs are other"),
        ("jobs:", "jobs: [", "cannot be read"),
        (WORKFLOW, "[" * 100_000, "cannot be read"),
        (WORKFLOW, "", "no table"),
        (WORKFLOW, "jobs: {build: {runs-on: x, steps: []}}", "no steps"),
    ],
)
def test_what_is_not_known_is_an_error(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A key that would be left out silently changes what was run."""
    with pytest.raises(ReleaseError, match=message):
        read(written(tmp_path, WORKFLOW.replace(old, new)), "build")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(ReleaseError, match=r"none\.yml cannot be read"):
        read(tmp_path / "none.yml", "build")
