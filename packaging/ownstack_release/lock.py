"""`scripts/package lock`: which versions are installed, everywhere; asked of the index anew."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ownstack_release.errors import ReleaseError
from ownstack_release.pins import (
    BUILD,
    DEVELOPMENT,
    LOCKS,
    RELEASE,
    RUNTIME,
    Pin,
    environment,
    read,
    wheel_tags,
)
from ownstack_release.project import ROOT, pyproject
from ownstack_release.targets import PYTHONS, TARGETS, Target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHOICES = "constraints.txt"
HEAD = """\
# Made by `scripts/package lock` from pyproject.toml and packaging/locks/constraints.txt, for
# every platform and Python that is supported. Do not edit it: run that command.
"""
KNOWN_GAPS: Mapping[tuple[str, str], str] = {
    ("*", "llama-cpp-python"): "comes as source only: `scripts/package llama` makes the wheel",
    ("darwin-x64", "lancedb"): "has no wheels for Macs with Intel processors",
}
"""(target or "*", distribution) → why it has no wheel there, which is no news."""
TOOLS = ("release", "wheel")
"""The extras of which RELEASE is made."""
UNLOCKED: Mapping[str, str] = {
    "learn": "whose PyTorch depends on the graphics card, and is a hundred times what we ship",
}
"""Extra → why it is in no lock: who wants it installs what fits beside what is locked."""
EDITABLE = "editables"
"""What hatchling asks for beside itself when it builds for `pip install -e`."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A distribution that has no wheel for one target and Python."""

    target: str
    python: str
    name: str
    version: str

    @property
    def known(self) -> str:
        """Why that is no news, or nothing."""
        return KNOWN_GAPS.get((self.target, self.name)) or KNOWN_GAPS.get(("*", self.name), "")


def add_to(commands: Any) -> None:
    """Describe `lock` to argparse."""
    command: argparse.ArgumentParser = commands.add_parser(
        "lock", help="bring packaging/locks up to date (the weekly update)", description=__doc__
    )
    command.add_argument(
        "--keep", action="store_true", help="keep the versions that are locked where they still fit"
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="write nothing: say what disagrees with pyproject.toml, and what has no wheel",
    )
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Refresh or check the locks; return 1 where something has no wheel that had to have one."""
    if not parsed.check:
        refresh(keep=parsed.keep)
    faults = disagreements()
    for fault in faults:
        print(fault)
    found = gaps(_resolved(), TARGETS.values(), PYTHONS)
    for line in sorted({_said(gap) for gap in found}):
        print(line)
    return int(bool(faults) or any(not gap.known for gap in found))


def refresh(*, keep: bool) -> None:
    """Resolve all locks by `uv` and write them.

    Raises:
        ReleaseError: there is no `uv`.
        subprocess.CalledProcessError: nothing fits, or the index does not answer; `uv` said it.
    """
    chosen = ["-c", str(LOCKS / CHOICES)]
    project = str(ROOT / "pyproject.toml")
    upgrade = () if keep else ("--upgrade",)
    _compile(RUNTIME, [project, *chosen, *upgrade])
    within = ["-c", str(LOCKS / RUNTIME), *chosen]
    stated = pyproject()["project"]
    _compile(DEVELOPMENT, [project, *_extras(set(_locked(stated))), *within, *upgrade])
    # What is in no lock has to fit beside it, or it could not be installed there.
    _uv([project, *_extras(UNLOCKED), "-c", str(LOCKS / RUNTIME)])
    tools = _tools(stated)
    _compile(RELEASE, ["-", "-c", str(LOCKS / DEVELOPMENT), *upgrade], "\n".join(tools))
    _compile(
        BUILD, ["-", *upgrade], "\n".join([*pyproject()["build-system"]["requires"], EDITABLE])
    )


def disagreements(root: Path = ROOT) -> list[str]:
    """Say where pyproject.toml and the locks differ; asks nobody."""
    project = pyproject(root)
    locks = root / "packaging" / "locks"
    base = project["project"]["dependencies"]
    extras = [one for lines in _locked(project["project"]).values() for one in lines]
    runtime, development = read(locks / RUNTIME), read(locks / DEVELOPMENT)
    return [
        *_unmet(base, runtime, RUNTIME),
        *_unmet([*base, *extras], development, DEVELOPMENT),
        *_unmet(_tools(project["project"]), read(locks / RELEASE), RELEASE),
        *_unmet(project["build-system"]["requires"], read(locks / BUILD), BUILD),
        *_unmet((str(pin.requirement) for pin in runtime), development, DEVELOPMENT),
    ]


def _locked(project: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the extras that are in the lock of development."""
    extras = project["optional-dependencies"]
    return {name: lines for name, lines in extras.items() if name not in UNLOCKED}


def _extras(names: Iterable[str]) -> list[str]:
    return [word for name in sorted(names) for word in ("--extra", name)]


def _tools(project: Mapping[str, Any]) -> list[str]:
    """Return what `scripts/package` needs to be installed, without what it packages."""
    return [one for extra in TOOLS for one in project["optional-dependencies"].get(extra, ())]


def _unmet(stated: Iterable[str], pins: list[Pin], lock: str) -> Iterator[str]:
    """Say which requirements a lock does not meet, on any target and Python."""
    places = [(target, python) for target in TARGETS.values() for python in PYTHONS]
    for text in stated:
        requirement = Requirement(text)
        if requirement.name == "ownstack":  # An extra that names others of ours.
            continue
        named = [pin for pin in pins if pin.name == canonicalize_name(requirement.name)]
        for target, python in places:
            marker = requirement.marker
            if marker is not None and not marker.evaluate(environment(target, python)):
                continue
            here = [pin.version for pin in named if pin.wanted(target, python)]
            if len(here) != 1 or not requirement.specifier.contains(here[0], prereleases=True):
                has = " and ".join(here) or "nothing"
                yield f"{lock} has {has} for {text} (Python {python}, {target.name})"
                break


def gaps(
    resolved: Mapping[str, Any], targets: Iterable[Target], pythons: Iterable[str]
) -> list[Gap]:
    """Find what has no wheel; `resolved` is a lock in the form of PEP 751, which lists files."""
    pythons = tuple(pythons)
    found = []
    for target in targets:
        for python in pythons:
            fitting = wheel_tags(target, python)
            for package in resolved["packages"]:
                marker = package.get("marker")
                if marker and not Marker(marker).evaluate(environment(target, python)):
                    continue
                if not any(_tags(wheel) & fitting for wheel in package.get("wheels", ())):
                    found.append(Gap(target.name, python, package["name"], package["version"]))
    return found


def _tags(wheel: Mapping[str, str]) -> frozenset[Any]:
    try:
        return parse_wheel_filename(wheel.get("name") or PurePosixPath(wheel["url"]).name)[3]
    except InvalidWheelFilename:
        return frozenset()


def _said(gap: Gap) -> str:
    known = f" ({gap.known})" if gap.known else ""
    where = gap.target if gap.known else f"{gap.target}, Python {gap.python}"
    return f"no wheel of {gap.name} {gap.version} for {where}{known}"


def _resolved() -> Mapping[str, Any]:
    """Ask the index which files there are of what is locked for users; downloads none of them."""
    locked = ["-c", str(LOCKS / RUNTIME), "--format", "pylock.toml"]
    return tomllib.loads(_uv([str(ROOT / "pyproject.toml"), *locked]))


def _compile(lock: str, arguments: list[str], given: str = "") -> None:
    """Resolve to one file, whose versions `uv` keeps where it is not told to upgrade."""
    path = LOCKS / lock
    _uv([*arguments, "--generate-hashes", "--no-header", "-o", str(path)], given)
    path.write_text(f"{HEAD}\n{path.read_text('utf-8')}", "utf-8")
    print(f"{path.relative_to(ROOT)}: {len(read(path))} versions")


def _uv(arguments: list[str], given: str = "") -> str:
    """Resolve for all Pythons and platforms, and return what is chosen.

    `fewest` takes the same version for all Pythons wherever one fits, since a bundle holds what
    the Pythons share only once.
    """
    ours = Path(sys.executable).with_name("uv")
    uv = str(ours) if ours.exists() else shutil.which("uv")
    if uv is None:
        raise ReleaseError("uv is missing: .venv/bin/pip install -e '.[release]'")
    everywhere = ["--universal", "--python-version", PYTHONS[0], "--fork-strategy", "fewest"]
    command = [uv, "pip", "compile", "--quiet", "--no-python-downloads", *everywhere, *arguments]
    quiet = {
        **os.environ,
        "UV_NO_PROGRESS": "1",
        "UV_CUSTOM_COMPILE_COMMAND": "scripts/package lock",
    }
    resolved = subprocess.run(
        command, input=given, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=quiet
    )
    return resolved.stdout
