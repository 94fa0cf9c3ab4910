"""What a container, or a group of processes, may take of memory (Linux control groups)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
OF_THIS_PROCESS = Path("/proc/self/cgroup")
_MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """A control group that limits memory."""

    limit_bytes: int
    used_bytes: int
    """Without what is held only as a cache of files."""

    @property
    def left_bytes(self) -> int:
        return max(0, self.limit_bytes - self.used_bytes)


def memory_group(
    mount: Path = MOUNT, of_this_process: Path = OF_THIS_PROCESS
) -> MemoryGroup | None:
    """Return the group around this process that leaves least; None where none limits it.

    Both versions of control groups are read, from the process's own group up to the root. In a
    container the root of the mount is the container's group.
    """
    groups = [
        group
        for folder, version in _folders(mount, of_this_process)
        if (group := _group(folder, version)) is not None
    ]
    return min(groups, key=lambda group: group.left_bytes, default=None)


_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("memory.max", "memory.current", "inactive_file"),
}
_NO_LIMIT = 1 << 60
"""Version 1 says that there is no limit by a number near 2⁶³."""


def _folders(mount: Path, of_this_process: Path) -> Iterator[tuple[Path, int]]:
    yield mount, 2
    yield mount / "memory", 1
    for line in _read(of_this_process).splitlines():
        number, controllers, path = (*line.split(":", 2), "", "")[:3]
        parts = [part for part in path.split("/") if part]
        if ".." in parts:
            continue  # A group outside of what this process can see.
        if number == "0" and not controllers:
            tops = [(mount, 2), (mount / "unified", 2)]
        elif "memory" in controllers.split(","):
            tops = [(mount / "memory", 1)]
        else:
            continue
        for top, version in tops:
            for depth in range(len(parts), 0, -1):
                yield top.joinpath(*parts[:depth]), version


def _group(folder: Path, version: int) -> MemoryGroup | None:
    limit_file, used_file, cache_key = _FILES[version]
    limit, used = _number(_read(folder / limit_file)), _number(_read(folder / used_file))
    if limit is None or used is None or limit >= _NO_LIMIT:
        return None
    figures = dict(
        line.split(maxsplit=1)
        for line in _read(folder / "memory.stat").splitlines()
        if " " in line.strip()
    )
    reclaimable = _number(figures.get(cache_key, "")) or 0
    return MemoryGroup(limit, max(0, used - reclaimable))


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _read(file: Path) -> str:
    """Return the beginning of a file of the system's, "" if it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(_MAX_BYTES).decode("ascii", "replace")
    except OSError:
        return ""
