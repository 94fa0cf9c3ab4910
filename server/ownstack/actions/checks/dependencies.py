"""Packages of a project that git ignores and its tests need, put beside a copy of the project.

They are too many to be copied: folders are made anew, and their files are links. So whatever a
runner writes beside them, its caches above all, and what it replaces or removes stays in the copy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ownstack.errors import ToolError

MAX_ENTRIES = 200_000
"""Files and folders of all packages."""
_FOLDER = "node_modules"
_MANIFEST = "package.json"
_CACHES = (".cache",)
_MADE_BY_INSTALLING = (".bin", ".pnpm")
"""Hidden folders whose files no run writes again; those of the others are copied."""


def link_dependencies(root: Path, shadow: Path, paths: Iterable[str]) -> None:
    """Put the packages of a project into its copy; `paths` are the files that the copy has.

    Raises:
        ToolError: there are too many of them.
        OSError: they cannot be read, or the copy cannot be written.
    """
    left = MAX_ENTRIES
    parted = (path.rpartition("/") for path in paths)
    for folder in sorted({folder for folder, _, name in parted if name == _MANIFEST}):
        source, place = root / folder / _FOLDER, shadow / folder / _FOLDER
        if source.is_dir() and not source.is_symlink() and not place.exists():
            left = _link_folder(root, shadow, source, left)


def _link_folder(root: Path, shadow: Path, source: Path, left: int) -> int:
    """Return how many entries may be left in other folders."""
    stack = [(os.fspath(source), False)]
    while stack:
        folder, is_copied = stack.pop()
        there = _in_copy(root, shadow, folder)
        os.makedirs(there, exist_ok=True)
        with os.scandir(folder) as entries:
            for entry in entries:
                left -= 1
                if left < 0:
                    raise ToolError(f"The project's packages have more than {MAX_ENTRIES:,} files.")
                place = os.path.join(there, entry.name)
                if entry.is_symlink():
                    _link_within(root, shadow, entry.path, place)
                elif not entry.is_dir():
                    _link(entry.path, place, is_copied=is_copied)
                elif entry.name not in _CACHES:
                    is_hidden = entry.name[0] == "." and entry.name not in _MADE_BY_INSTALLING
                    stack.append((entry.path, is_copied or is_hidden))
    return left


def _link_within(root: Path, shadow: Path, link: str, place: str) -> None:
    """Let a link of the project, to a package of its own say, lead to the same in the copy.

    One that leads out of the project is left out.
    """
    target = os.path.normpath(os.path.join(os.path.dirname(link), os.readlink(link)))
    if Path(target).is_relative_to(root):
        os.symlink(_in_copy(root, shadow, target), place, target_is_directory=os.path.isdir(link))


def _link(file: str, place: str, *, is_copied: bool) -> None:
    if not is_copied:
        try:
            os.symlink(file, place)
            return
        except OSError:
            if os.name != "nt":
                raise
            # Windows lets few users make links.
    shutil.copy2(file, place)


def _in_copy(root: Path, shadow: Path, path: str) -> str:
    return os.path.join(shadow, os.path.relpath(path, root))
