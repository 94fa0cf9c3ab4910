"""The platforms a release is made for, in the words of each tool that is asked for them."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
"""What the extension may find on a machine; each has wheels of its own in a wheelhouse."""
GLIBC = (2, 28)
"""The oldest glibc (major, minor): Debian 10, Ubuntu 20.04, RHEL 8. LanceDB needs as much."""
MACOS = {"arm64": (12, 0), "x86_64": (12, 0)}
"""The oldest macOS by processor: Arrow's and LanceDB's wheels need as much."""


@dataclass(frozen=True, slots=True)
class Target:
    """One operating system on one kind of processor."""

    name: str
    """As `vsce package --target` calls it, such as "linux-x64"."""
    system: str
    """As Python calls it (`sys.platform`): "linux", "darwin" or "win32"."""
    machine: str
    """As wheels call it: "x86_64", "aarch64", "arm64" or "amd64"."""
    uv: str
    """As `uv pip compile --python-platform` calls it."""

    @property
    def pip_platforms(self) -> tuple[str, ...]:
        """What `pip download --platform` is to take, the newest first."""
        if self.system == "linux":
            newest = GLIBC[1]
            dated = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
            oldest = 5 if self.machine == "x86_64" else 17
            tags = []
            for minor in range(newest, oldest - 1, -1):
                tags.append(f"manylinux_2_{minor}_{self.machine}")
                if minor in dated:
                    tags.append(f"{dated[minor]}_{self.machine}")
            return tuple(tags)
        if self.system == "darwin":
            major, minor = MACOS[self.machine]
            return (f"macosx_{major}_{minor}_{self.machine}",)
        return (f"win_{self.machine}",)

    @property
    def environment(self) -> Mapping[str, str]:
        """What markers of requirements are judged by (PEP 508), but for the version of Python."""
        system = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[self.system]
        return {
            "implementation_name": "cpython",
            "os_name": "nt" if self.system == "win32" else "posix",
            "platform_machine": "AMD64" if self.system == "win32" else self.machine,
            "platform_python_implementation": "CPython",
            "platform_system": system,
            "sys_platform": self.system,
        }


TARGETS = {
    target.name: target
    for target in (
        Target("linux-x64", "linux", "x86_64", "x86_64-manylinux_2_28"),
        Target("linux-arm64", "linux", "aarch64", "aarch64-manylinux_2_28"),
        Target("darwin-arm64", "darwin", "arm64", "aarch64-apple-darwin"),
        Target("darwin-x64", "darwin", "x86_64", "x86_64-apple-darwin"),
        Target("win32-x64", "win32", "amd64", "x86_64-pc-windows-msvc"),
    )
}


def here() -> Target | None:
    """Return the target that this machine is, if it is one."""
    for target in TARGETS.values():
        if (target.system, target.machine) == (sys.platform, platform.machine().lower()):
            return target
    return None


def add_target(command: argparse.ArgumentParser) -> None:
    """Let a command take `--target`; `parsed.target` is a `Target`."""
    command.add_argument(
        "--target",
        type=_named,
        default=here(),
        required=here() is None,
        metavar="T",
        help=f"one of {', '.join(TARGETS)} (default: this machine)",
    )


def _named(name: str) -> Target:
    if name not in TARGETS:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(TARGETS)}")
    return TARGETS[name]
