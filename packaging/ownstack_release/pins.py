"""What a lock file says: which version of each distribution, where, and its hashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging import tags
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ownstack_release.errors import ReleaseError
from ownstack_release.project import ROOT
from ownstack_release.targets import Target

LOCKS = ROOT / "packaging" / "locks"
RUNTIME, DEVELOPMENT, BUILD = "runtime.txt", "development.txt", "build.txt"
RELEASE = "release.txt"
"""What `scripts/package` uses, without what it packages: installed where releases are made."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution at one version, for all or some Pythons and platforms."""

    requirement: Requirement
    """Such as `numpy==2.4.6 ; python_full_version >= '3.11'`."""
    hashes: tuple[str, ...]
    """`sha256:...` of each file of that version, as the index says them."""

    @property
    def name(self) -> str:
        """Its normalised name, such as "llama-cpp-python"."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The one version that is taken."""
        return next(iter(self.requirement.specifier)).version

    def wanted(self, target: Target, python: str) -> bool:
        """Whether it is installed there; `python` is such as "3.12"."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(environment(target, python))

    def line(self, hashes: tuple[str, ...] | None = None) -> str:
        """Return it as a line of a requirements file."""
        stated = [str(self.requirement), *(self.hashes if hashes is None else hashes)]
        return " --hash=".join(stated)


def read(path: Path) -> list[Pin]:
    """Return what a lock file pins, in its order.

    Raises:
        ReleaseError: there is none, or a line pins no version.
    """
    if not path.is_file():
        raise ReleaseError(f"{path} is missing: scripts/package lock makes it.")
    return list(parse(path.read_text("utf-8")))


def parse(text: str) -> Iterator[Pin]:
    """Read a requirements file whose lines are pins with hashes, maybe continued by a backslash.

    Raises:
        ReleaseError: a line pins no version.
    """
    for line in text.replace("\\\n", " ").split("\n"):
        stated, *hashes = line.split(" --hash=")
        if not stated.strip() or stated.lstrip().startswith("#"):
            continue
        requirement = Requirement(stated.strip())
        if [one.operator for one in requirement.specifier] != ["=="]:
            raise ReleaseError(f"The lock has to pin a version by ==: {stated.strip()}")
        yield Pin(requirement, tuple(one.strip() for one in hashes))


def environment(target: Target, python: str) -> dict[str, str]:
    """Return what markers are judged by at one target and Python, such as "3.12"."""
    versions = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_version": f"{python}.0",
    }
    return {**target.environment, **versions}


def wheel_tags(target: Target, python: str) -> set[tags.Tag]:
    """Return the tags of the wheels that one target and Python can take, also one built there."""
    major, minor = (int(part) for part in python.split("."))
    platforms = [*target.pip_platforms, f"{target.system}_{target.machine}"]
    if target.system == "darwin":
        _, *release, machine = target.pip_platforms[0].split("_", 3)
        platforms = list(tags.mac_platforms((int(release[0]), int(release[1])), machine))
    return {
        *tags.cpython_tags((major, minor), None, platforms),
        *tags.compatible_tags((major, minor), f"cp{major}{minor}", platforms),
    }
