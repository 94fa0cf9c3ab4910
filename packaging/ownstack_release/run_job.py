"""`scripts/package run-job FILE JOB`: a job of a GitHub workflow on this machine, step by step.

What a step runs is what GitHub runs, read from the same file: `bash --noprofile --norc -eo
pipefail`, the same variables, the same files for what a step leaves to later ones. What stands in
for an action is said in the table at the end; what is not understood is an error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ownstack_release.errors import ReleaseError
from ownstack_release.job_context import Context, left_behind
from ownstack_release.project import ROOT
from ownstack_release.stand_ins import StepFailed, Surroundings, stand_in
from ownstack_release.workflow import GITHUBS_OWN, Job, Matrix, Step, chosen, read

SHELLS = {
    "": ("bash", "-e"),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
}
"""As GitHub starts them: only if bash is asked for by name does a pipeline fail with any part."""
JOB_MINUTES = 360.0
"""GitHub's own limit."""
TIMED_OUT = 124
POLL_S = 0.1
MARK = ".ownstack-job"
"""A file that says that a folder is of a run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one step."""

    number: int
    step: str
    how: str
    """The shell, or what stood in for the action."""
    seconds: float
    status: int | None
    """The exit status; None if the step was left out by its `if`, or by a failure before it."""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "run-job",
        help="run a job of a GitHub workflow on this machine, step by step",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("file", type=Path, help="the workflow")
    command.add_argument("job", help="the name of the job")
    command.add_argument(
        "--matrix",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="which combination of the matrix; may be given more than once",
    )
    command.add_argument(
        "--to", type=Path, metavar="DIR", help="where all of it lies (else: a temporary folder)"
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the table as JSON")
    command.add_argument("--list", action="store_true", help="list the steps, run nothing")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run it, print the table, return 0 if no step failed."""
    job = read(arguments.file, arguments.job)
    matrix = chosen(job, _pairs(arguments.matrix))
    if arguments.list:
        for step in job.steps:
            print(f"{step.number:3} {step.name}")
        return 0
    folder = arguments.to or Path(tempfile.mkdtemp(prefix="ownstack-job-"))
    rows = run_job(job, matrix, _surroundings(folder.resolve()))
    print(f"\n{table(rows)}\nEverything lies in {folder}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps([asdict(row) for row in rows], indent=1) + "\n", "utf-8"
        )
    return 1 if any(row.status for row in rows) else 0


def run_job(job: Job, matrix: Matrix, around: Surroundings) -> list[Ran]:
    """Run the steps of a job and return what came of each.

    Raises:
        ReleaseError: something in it is not understood, or it is for another kind of machine.
    """
    context = Context(job, matrix, around)
    _check_machine(context.filled(job.runs_on))
    for step in job.steps:
        _ = stand_in(step.uses) if step.uses else _shell(step)
    if not context.runs(job.condition):
        raise ReleaseError(f"The job {job.id} is not to run: its `if` does not hold here.")
    if image := context.filled(job.container):
        print(f"This machine ({platform.platform()}) stands in for the container {image}.")
    print(
        "Without meaning here: " + "; ".join(f"{key} ({why})" for key, why in GITHUBS_OWN.items())
    )
    deadline = time.monotonic() + 60 * (job.timeout_min or JOB_MINUTES)
    rows = [_ran(step, context, deadline) for step in job.steps]
    if not context.failed:
        for number, keep in enumerate(around.afterwards, len(rows) + 1):
            began = time.monotonic()
            rows.append(Ran(number, "after the job", keep(), time.monotonic() - began, 0))
    return rows


def table(rows: Sequence[Ran]) -> str:
    """Return the rows as a table of Markdown, with the sum of the seconds."""
    lines = ["| # | step | how | seconds | status |", "|---|---|---|---|---|"]
    for row in rows:
        status = "not run" if row.status is None else str(row.status)
        lines.append(f"| {row.number} | {row.step} | {row.how} | {row.seconds:.1f} | {status} |")
    total = sum(row.seconds for row in rows)
    lines.append(f"| | all | | {total:.1f} | {max((row.status or 0) for row in rows)} |")
    return "\n".join(lines)


def _ran(step: Step, context: Context, deadline: float) -> Ran:
    if not context.runs(step.condition):
        context.outcome(step, "skipped")
        return Ran(step.number, context.filled(step.name), "left out", 0.0, None)
    name = context.filled(step.name)
    print(f"\n== {step.number}. {name}", flush=True)
    began = time.monotonic()
    limit_s = min(deadline - began, 60 * (step.timeout_min or JOB_MINUTES))
    if step.uses:
        status, how = _acted(step, context)
        print(how, flush=True)
    else:
        status, how = _scripted(step, context, limit_s), " ".join(_shell(step))
    context.outcome(step, "failure" if status else "success")
    return Ran(step.number, name, how, time.monotonic() - began, status)


def _acted(step: Step, context: Context) -> tuple[int, str]:
    """Let something stand in for an action; return the status and the words about it."""
    inputs = {key: context.filled(value) for key, value in step.inputs.items()}
    try:
        return 0, stand_in(step.uses)(context.around, step.id, inputs)
    except StepFailed as error:
        return 1, str(error)


def _scripted(step: Step, context: Context, limit_s: float) -> int:
    """Run a script of a step as GitHub does; its output goes to the screen and to a file."""
    around = context.around
    script = around.temporary / f"step-{step.number}.sh"
    script.write_text(context.filled(step.run), "utf-8")
    files = context.fresh_files(step)
    # Without a checkout there is an empty workspace.
    around.workspace.mkdir(exist_ok=True)
    folder = around.workspace / context.filled(step.directory)
    if not folder.is_dir():
        print(f"There is no folder {step.directory}.")
        return 1
    with (around.logs / f"{step.number:02}.txt").open("w+b") as log:
        process = subprocess.Popen(
            [*_shell(step), str(script)],
            cwd=folder,
            env={**context.environment(step), **{name: str(path) for name, path in files.items()}},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status = _followed(process, Path(log.name), limit_s)
    left_behind(files, around, step.id)
    return status


def _followed(process: subprocess.Popen[bytes], log: Path, limit_s: float) -> int:
    """Show the output while it comes; end what runs too long, and what is left running."""
    end = time.monotonic() + limit_s
    with log.open("rb") as shown:
        try:
            while process.poll() is None and time.monotonic() < end:
                sys.stdout.write(shown.read().decode("utf-8", "replace"))
                sys.stdout.flush()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_S)
            timed_out = process.poll() is None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        sys.stdout.write(shown.read().decode("utf-8", "replace"))
    if timed_out:
        print(f"It ran past its limit of {limit_s:.0f} s.")
        return TIMED_OUT
    return process.returncode


def _shell(step: Step) -> tuple[str, ...]:
    if step.shell not in SHELLS:
        raise ReleaseError(f"step {step.number}: the shell {step.shell!r} is not understood here.")
    return SHELLS[step.shell]


def _check_machine(runs_on: str) -> None:
    """Let no job for another kind of machine pretend to have run.

    Raises:
        ReleaseError: this machine is not of the kind that `runs-on` names.
    """
    systems = {"ubuntu": "Linux", "macos": "Darwin", "windows": "Windows"}
    system = systems.get(runs_on.partition("-")[0], "")
    arm = runs_on.endswith("-arm") or (system == "Darwin" and not runs_on.endswith("-intel"))
    machine = platform.machine().lower()
    if (system, arm) != (platform.system(), machine in ("arm64", "aarch64")):
        raise ReleaseError(
            f"The job runs on {runs_on}; this machine is {platform.system()} on {machine}."
        )


def _surroundings(folder: Path) -> Surroundings:
    """Make the folders of a run; what an earlier run left is removed, but for the cache.

    Raises:
        ReleaseError: there is something in the folder that is of no earlier run.
    """
    mark = folder / MARK
    if folder.is_dir() and any(folder.iterdir()) and not mark.is_file():
        raise ReleaseError(f"{folder} is not empty, and of no earlier run; give a new one by --to.")
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text("`scripts/package run-job` removes what is beside this.\n", "utf-8")
    around = Surroundings(ROOT, folder, folder / "cache")
    for path in (around.workspace, around.temporary, around.tools, around.artifacts, around.logs):
        shutil.rmtree(path, ignore_errors=True)
    for path in (around.temporary, around.tools, around.artifacts, around.logs):
        path.mkdir(parents=True)
    return around


def _pairs(texts: Sequence[str]) -> Mapping[str, str]:
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise ReleaseError(f"--matrix {text}: write it as KEY=VALUE.")
        pairs[key] = value
    return pairs
