"""A job of a GitHub workflow, read strictly: a key that is not known here is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ownstack_release.errors import ReleaseError

Matrix = Mapping[str, str | bool | int]

WORKFLOW = {"name", "on", "permissions", "concurrency", "env", "defaults", "jobs"}
JOB = {
    *("name", "runs-on", "container", "strategy", "env", "defaults", "steps", "timeout-minutes"),
    *("permissions", "if"),
}
STEP = {
    *("name", "id", "if", "uses", "with", "run", "env", "working-directory", "shell"),
    "timeout-minutes",
}
GITHUBS_OWN = {
    "permissions": "what GitHub's token may do",
    "concurrency": "which runs GitHub ends for a newer one",
    "on": "when GitHub starts it",
}
"""Keys that mean nothing on this machine."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, its expressions not yet replaced."""

    number: int
    """From 1."""
    name: str
    id: str
    condition: str
    """What stands after `if:`; "" is none."""
    uses: str
    """The action, such as "actions/checkout@v7"; "" if the step runs a script."""
    inputs: Mapping[str, str]
    run: str
    shell: str
    directory: str
    env: Mapping[str, str]
    timeout_min: float | None


@dataclass(frozen=True, slots=True)
class Job:
    """One job with what the workflow says for all of its jobs."""

    id: str
    runs_on: str
    container: str
    matrices: tuple[Matrix, ...]
    """The combinations of the matrix; one empty one without a matrix."""
    env: tuple[Mapping[str, str], ...]
    """The workflow's, then the job's."""
    steps: tuple[Step, ...]
    condition: str
    timeout_min: float | None


def read(path: Path, name: str) -> Job:
    """Return one job of a workflow.

    Raises:
        ReleaseError: the file is no workflow, has no such job, or says what is not known here.
    """
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ReleaseError(f"{path} cannot be read: {error}") from None
    # YAML takes the word `on` for a truth value.
    table: Mapping[Any, Any] = _table(document, path)
    known = {"on" if key is True else key: value for key, value in table.items()}
    _only(known, WORKFLOW, str(path))
    jobs = _table(known.get("jobs"), f"{path}: jobs")
    if name not in jobs:
        raise ReleaseError(f"{path} has no job {name}; its jobs are {', '.join(map(str, jobs))}.")
    return _job(name, _table(jobs[name], f"job {name}"), known)


def chosen(job: Job, wanted: Mapping[str, str]) -> Matrix:
    """Return the one combination of the matrix in which all that is wanted stands.

    Raises:
        ReleaseError: none does, or several do.
    """
    fitting = [
        matrix
        for matrix in job.matrices
        if all(key in matrix and _text(matrix[key]) == value for key, value in wanted.items())
    ]
    if len(fitting) == 1:
        return fitting[0]
    options = "; ".join(
        " ".join(f"{key}={_text(value)}" for key, value in matrix.items()) or "(no matrix)"
        for matrix in (fitting or job.matrices)
    )
    count = "Several combinations fit" if fitting else "No combination fits"
    raise ReleaseError(
        f"{count} of the matrix of {job.id}: {options}. Name one by --matrix KEY=VALUE."
    )


def _job(name: str, table: Mapping[str, Any], workflow: Mapping[str, Any]) -> Job:
    where = f"job {name}"
    _only(table, JOB, where)
    defaults = {
        **_defaults(workflow.get("defaults"), "the workflow's defaults"),
        **_defaults(table.get("defaults"), f"defaults of {where}"),
    }
    steps = table.get("steps")
    if not isinstance(steps, list) or not steps:
        raise ReleaseError(f"{where} has no steps.")
    container = table.get("container", "")
    if not isinstance(container, str):
        raise ReleaseError(f"container of {where} is understood as the name of an image only.")
    return Job(
        id=name,
        runs_on=_string(table.get("runs-on"), f"runs-on of {where}"),
        container=container,
        matrices=_matrices(table.get("strategy"), where),
        env=(_strings(workflow.get("env"), "env"), _strings(table.get("env"), f"env of {where}")),
        steps=tuple(
            _step(number, _table(step, f"step {number}"), defaults)
            for number, step in enumerate(steps, 1)
        ),
        condition=_text(table.get("if", "")),
        timeout_min=_minutes(table.get("timeout-minutes"), where),
    )


def _step(number: int, table: Mapping[str, Any], defaults: Mapping[str, str]) -> Step:
    where = f"step {number}"
    _only(table, STEP, where)
    run, uses = (_string(table.get(key, ""), f"{key} of {where}") for key in ("run", "uses"))
    if bool(run) == bool(uses):
        raise ReleaseError(f"{where} must have either `run` or `uses`.")
    title = _text(table.get("name", "")) or uses or run.strip().splitlines()[0]
    return Step(
        number=number,
        name=title,
        id=_text(table.get("id", "")),
        condition=_text(table.get("if", "")),
        uses=uses,
        inputs=_strings(table.get("with"), f"with of {where}"),
        run=run,
        shell=_text(table.get("shell", defaults.get("shell", ""))),
        directory=_text(table.get("working-directory", defaults.get("working-directory", ""))),
        env=_strings(table.get("env"), f"env of {where}"),
        timeout_min=_minutes(table.get("timeout-minutes"), where),
    )


def _matrices(strategy: Any, where: str) -> tuple[Matrix, ...]:
    """Return the combinations: of a list under `include`, or of one key with a list of values."""
    if strategy is None:
        return ({},)
    table = _table(strategy, f"strategy of {where}")
    _only(table, {"matrix", "fail-fast", "max-parallel"}, f"strategy of {where}")
    matrix = _table(table.get("matrix"), f"matrix of {where}")
    if set(matrix) == {"include"} and isinstance(matrix["include"], list):
        rows = [_table(row, f"matrix of {where}") for row in matrix["include"]]
    elif len(matrix) == 1 and all(isinstance(values, list) for values in matrix.values()):
        ((key, values),) = matrix.items()
        rows = [{key: value} for value in values]
    else:
        raise ReleaseError(f"matrix of {where}: only `include`, or one key with a list, is known.")
    for row in rows:
        for key, value in row.items():
            if not isinstance(value, str | bool | int):
                raise ReleaseError(f"matrix of {where}: {key} must be a text, a number or a truth.")
    return tuple(rows)


def _defaults(value: Any, where: str) -> dict[str, str]:
    table = _table(value or {}, where)
    _only(table, {"run"}, where)
    run = _table(table.get("run") or {}, where)
    _only(run, {"shell", "working-directory"}, where)
    return _strings(run, where)


def _minutes(value: Any, where: str) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ReleaseError(f"timeout-minutes of {where} must be a number.")
    return value


def _table(value: Any, where: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ReleaseError(f"{where} is no table of keys and values.")
    return value


def _strings(value: Any, where: str) -> dict[str, str]:
    table = _table(value or {}, where)
    for key, text in table.items():
        if not isinstance(text, str | bool | int | float):
            raise ReleaseError(f"{where}: {key} must be one value.")
    return {str(key): _text(text) for key, text in table.items()}


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ReleaseError(f"{where} must be a text.")
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in table if key not in known)
    if unknown:
        raise ReleaseError(f"{where}: {', '.join(unknown)} is not understood here.")
