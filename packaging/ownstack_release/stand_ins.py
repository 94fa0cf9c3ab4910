"""What stands in on this machine for the actions that GitHub would fetch and run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ownstack_release.errors import ReleaseError

Inputs = Mapping[str, str]
EXECUTABLES = "Scripts" if os.name == "nt" else "bin"


class StepFailed(Exception):
    """A stand-in did what its action does, and failed as that would; the message says why."""


@dataclass(slots=True)
class Surroundings:
    """The folders of one run of a job, and what its steps left for those after them."""

    source: Path
    """The repository whose commit is checked out."""
    folder: Path
    """Where all of the run lies."""
    cache: Path
    """Stays for the next run."""
    env: dict[str, str] = field(default_factory=dict)
    """What steps wrote to $GITHUB_ENV."""
    path: list[str] = field(default_factory=list)
    """What steps wrote to $GITHUB_PATH, the newest last."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the step's id."""
    afterwards: list[Callable[[], str]] = field(default_factory=list)
    """To be done when all steps succeeded; each says what it did."""

    @property
    def workspace(self) -> Path:
        return self.folder / "work"

    @property
    def temporary(self) -> Path:
        return self.folder / "temp"

    @property
    def tools(self) -> Path:
        return self.folder / "tools"

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    @property
    def logs(self) -> Path:
        return self.folder / "log"


def stand_in(uses: str) -> Callable[[Surroundings, str, Inputs], str]:
    """Return what is called instead of an action, with the step's id: it says what it did.

    Raises:
        ReleaseError: nothing stands in for it.
    """
    name = uses.partition("@")[0]
    if name not in _STAND_INS:
        raise ReleaseError(f"Nothing stands in for {uses} here.")
    return _STAND_INS[name]


def _checkout(around: Surroundings, _: str, inputs: Inputs) -> str:
    _known("checkout", inputs, "persist-credentials", "fetch-depth")
    depth = inputs.get("fetch-depth", "1")
    shallow = [] if depth == "0" else ["--depth", depth]
    url = around.source.resolve().as_uri()
    _git("clone", "--quiet", *shallow, url, str(around.workspace))
    commit = _git("-C", str(around.workspace), "rev-parse", "HEAD").strip()
    changed = _git("-C", str(around.source), "status", "--porcelain").splitlines()
    left_out = f"; {len(changed)} changed files are not in it" if changed else ""
    return f"a clone of commit {commit[:10]} into a fresh folder{left_out}"


def _setup_python(around: Surroundings, id: str, inputs: Inputs) -> str:
    _known("setup-python", inputs, "python-version")
    version = inputs.get("python-version", "3")
    if not re.fullmatch(r"3(?:\.\d+)?", version):
        raise ReleaseError(
            f"setup-python: one version such as 3.12 is understood, not {version!r}."
        )
    python = shutil.which(f"python{version}")
    if python is None:
        raise StepFailed(f"There is no python{version} on this machine.")
    made = around.tools / f"python-{version}"
    try:
        subprocess.run([python, "-m", "venv", str(made)], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise StepFailed(f"{python} -m venv: {_last(error.stdout + error.stderr)}") from None
    executables = made / EXECUTABLES
    around.path.append(str(executables))
    around.outputs[id] = {"python-path": str(executables / "python")}
    return f"a virtual environment of {python}"


def _setup_node(_: Surroundings, __: str, inputs: Inputs) -> str:
    _known("setup-node", inputs, "node-version", "package-manager-cache")
    node = shutil.which("node")
    if node is None:
        raise StepFailed("There is no node on this machine.")
    here = subprocess.run([node, "--version"], check=True, capture_output=True, text=True)
    version, wanted = here.stdout.strip().lstrip("v"), inputs.get("node-version", "0")
    if int(version.partition(".")[0]) < int(wanted.partition(".")[0]):
        raise StepFailed(f"Node {version} is here, and the job wants {wanted}.")
    return f"the Node that is here, {version}"


def _cache(around: Surroundings, id: str, inputs: Inputs) -> str:
    _known("cache", inputs, "path", "key")
    key, paths = inputs["key"], _lines(inputs["path"])
    kept = around.cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    hit = kept.is_dir()
    around.outputs[id] = {"cache-hit": "true" if hit else "false"}
    places = [around.workspace / os.path.expanduser(path) for path in paths]
    if hit:
        for number, place in enumerate(places):
            _copy(kept / str(number), place)
        return f"a folder; found for the key {key}"

    def keep() -> str:
        fresh = kept.with_name(f"{kept.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for number, place in enumerate(places):
            _copy(place, fresh / str(number))
        fresh.rename(kept)
        return f"kept for the key {key}: {', '.join(paths)}"

    around.afterwards.append(keep)
    return f"a folder; nothing in it for the key {key}"


def _upload_artifact(around: Surroundings, _: str, inputs: Inputs) -> str:
    names = ("name", "path", "if-no-files-found", "retention-days", "compression-level")
    _known("upload-artifact", inputs, *names)
    target = around.artifacts / inputs.get("name", "artifact")
    found = [path for line in _lines(inputs["path"]) for path in _matching(around.workspace, line)]
    if not found and inputs.get("if-no-files-found") == "error":
        raise StepFailed(f"No file is at {', '.join(_lines(inputs['path']))}.")
    for path in found:
        _copy(path, target / path.name)
    files = [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    return f"the folder artifacts/{target.name}: {len(files)} files, {size / 1e6:.1f} MB"


_STAND_INS: dict[str, Callable[[Surroundings, str, Inputs], str]] = {
    "actions/checkout": _checkout,
    "actions/setup-python": _setup_python,
    "actions/setup-node": _setup_node,
    "actions/cache": _cache,
    "actions/upload-artifact": _upload_artifact,
}


def _known(action: str, inputs: Inputs, *names: str) -> None:
    unknown = sorted(set(inputs) - set(names))
    if unknown:
        raise ReleaseError(f"{action}: the input {', '.join(unknown)} is not understood here.")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _matching(workspace: Path, pattern: str) -> list[Path]:
    """Return what a line of `path` names, in order of names.

    Raises:
        ReleaseError: it is an exclusion, or lies outside.
    """
    if pattern.startswith(("!", "/", "~")) or ".." in Path(pattern).parts:
        raise ReleaseError(f"upload-artifact: the path {pattern} is not understood here.")
    return sorted(workspace.glob(pattern.rstrip("/")))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _git(*arguments: str) -> str:
    try:
        ran = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise StepFailed(f"git {arguments[0]}: {_last(error.stderr.encode())}") from None
    return ran.stdout


def _last(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"
