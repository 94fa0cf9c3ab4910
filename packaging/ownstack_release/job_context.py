"""What a step of a job can know: variables, values of names in expressions, what others left."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ownstack_release.errors import ReleaseError
from ownstack_release.expressions import Functions, Names, Value, holds, substituted
from ownstack_release.stand_ins import Surroundings
from ownstack_release.workflow import Job, Matrix, Step

FILES = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
NOT_INHERITED = ("GITHUB_", "RUNNER_", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
"""Beginnings of the names of variables that a job is not to see of whoever starts it here."""


@dataclass(slots=True)
class Context:
    """A job on its way through its steps."""

    job: Job
    matrix: Matrix
    around: Surroundings
    failed: bool = False
    outcomes: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        """Return a text with its expressions replaced.

        Raises:
            ReleaseError: one is not understood.
        """
        return substituted(text, self.value, self._functions())

    def runs(self, condition: str) -> bool:
        """Say whether something with this `if:` is to run now.

        Raises:
            ReleaseError: it is not understood.
        """
        return holds(condition, self.value, self._functions())

    def outcome(self, step: Step, outcome: str) -> None:
        """Remember what came of a step: "success", "failure" or "skipped"."""
        self.failed = self.failed or outcome == "failure"
        if step.id:
            self.outcomes[step.id] = outcome
            self.around.outputs.setdefault(step.id, {})

    def environment(self, step: Step) -> dict[str, str]:
        """Return all variables of a step: of this machine, the job, earlier steps, the step."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)
        }
        path = os.pathsep.join((*reversed(self.around.path), inherited.get("PATH", "")))
        own = {name: self.filled(value) for name, value in step.env.items()}
        return {**inherited, **self._githubs(), **self._variables(), "PATH": path, **own}

    def fresh_files(self, step: Step) -> dict[str, Path]:
        """Make the files in which a step leaves things to later ones; return them by variable."""
        files = {
            name: self.around.temporary / f"{name.lower()}-{step.number}.txt" for name in FILES
        }
        for path in files.values():
            path.write_text("", "utf-8")
        return files

    def value(self, name: str) -> Value:
        """Return what a name in an expression stands for.

        Raises:
            ReleaseError: it is not known here.
        """
        where, _, rest = name.partition(".")
        if where == "matrix":
            return self.matrix.get(rest, "")
        if where == "env":
            return self._variables().get(rest, "")
        if where == "steps":
            return self._of_step(name, rest.split("."))
        known = {
            "runner.os": {"Darwin": "macOS"}.get(platform.system(), platform.system()),
            "runner.arch": _architecture(),
            "runner.temp": str(self.around.temporary),
            "github.workspace": str(self.around.workspace),
            "github.sha": _commit(self.around.source),
            "github.event_name": "workflow_dispatch",
        }
        if name not in known:
            raise ReleaseError(f"{name} is not known here.")
        return known[name]

    def _of_step(self, name: str, parts: list[str]) -> Value:
        if parts[0] not in self.outcomes:
            raise ReleaseError(f"{name}: no step with this id came before.")
        match parts:
            case [id, "outputs", output]:
                return self.around.outputs[id].get(output, "")
            case [id, "outcome" | "conclusion"]:
                return self.outcomes[id]
        raise ReleaseError(f"{name} is not known here.")

    def _variables(self) -> dict[str, str]:
        """Return the workflow's, the job's, and those that steps set."""
        written: dict[str, str] = {}
        for table in self.job.env:
            functions = self._functions()
            written |= {
                # A variable may be made of those of the tables before it.
                name: substituted(value, self._before(dict(written)), functions)
                for name, value in table.items()
            }
        return written | self.around.env

    def _before(self, variables: Mapping[str, str]) -> Names:
        def value(name: str) -> Value:
            if name.startswith("env."):
                return variables.get(name.removeprefix("env."), "")
            return self.value(name)

        return value

    def _githubs(self) -> dict[str, str]:
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.around.workspace),
            "GITHUB_SHA": _commit(self.around.source),
            "RUNNER_OS": str(self.value("runner.os")),
            "RUNNER_ARCH": _architecture(),
            "RUNNER_TEMP": str(self.around.temporary),
        }

    def _functions(self) -> Functions:
        return {
            "success": lambda: not self.failed,
            "failure": lambda: self.failed,
            "always": lambda: True,
            "cancelled": lambda: False,
            "hashFiles": lambda *patterns: _hash(self.around.workspace, patterns),
        }


def left_behind(files: Mapping[str, Path], around: Surroundings, step_id: str) -> None:
    """Take over what a step wrote for later ones.

    Raises:
        ReleaseError: a file is not of the form that GitHub understands.
    """
    around.env |= assignments(files["GITHUB_ENV"].read_text("utf-8"))
    around.path += files["GITHUB_PATH"].read_text("utf-8").split("\n")[:-1]
    outputs = assignments(files["GITHUB_OUTPUT"].read_text("utf-8"))
    around.outputs.setdefault(step_id, {}).update(outputs)
    if summary := files["GITHUB_STEP_SUMMARY"].read_text("utf-8"):
        print(summary)


def assignments(text: str) -> dict[str, str]:
    """Return what lines `NAME=value` set, or `NAME<<END`, lines, `END`.

    Raises:
        ReleaseError: there is another line, or an end is missing.
    """
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        before, shift, end = line.partition("<<")
        if shift and "=" not in before:
            taken = []
            for inner in lines:
                if inner == end:
                    break
                taken.append(inner)
            else:
                raise ReleaseError(f"{before}<<{end}: the line {end} is missing.")
            found[before] = "\n".join(taken)
        elif equals:
            found[name] = value
        elif line:
            raise ReleaseError(f"A step left the line {line!r}, which sets nothing.")
    return found


def _hash(workspace: Path, patterns: tuple[Value, ...]) -> str:
    """Return a hash over what files hold, "" for none; another one than GitHub's, as stable."""
    files = sorted({path for pattern in patterns for path in workspace.glob(str(pattern))})
    if not files:
        return ""
    digests = (hashlib.sha256(path.read_bytes()).digest() for path in files if path.is_file())
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _architecture() -> str:
    return "ARM64" if platform.machine().lower() in ("arm64", "aarch64") else "X64"


def _commit(source: Path) -> str:
    asked = ["git", "-C", str(source), "rev-parse", "HEAD"]
    ran = subprocess.run(asked, check=False, capture_output=True, text=True)
    return ran.stdout.strip()
