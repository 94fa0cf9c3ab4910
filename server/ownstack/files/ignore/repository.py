"""Git's folders: where a repository begins, and what of it lies elsewhere.

A working tree has a folder `.git`, or a pointer file of that name: that of a linked worktree
leads to `worktrees/<name>` in the git directory that all of them have in common, a submodule's to
`modules/<name>` in that of the repository around it. What a pointer says is data. It is followed
only to read, to a limit, where the common directory is and what `info/exclude` and `config` say.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ownstack.files.availability import is_passing
from ownstack.files.ignore.git_config import is_bare, is_on_network
from ownstack.files.opening import read_regular

log = logging.getLogger(__name__)

GIT = ".git"
_WORKTREES = "worktrees"
_MAX_POINTER_BYTES = 8_192
_MAX_WORKTREES = 1_000


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree."""

    root: str
    git: str
    """Its git directory,"""
    common: str
    """and the one that it shares with other worktrees: the same, unless it is linked."""

    @property
    def is_linked(self) -> bool:
        return self.git != self.common


def repository_at(folder: str) -> Repository | None:
    """Return the working tree that begins at a folder, if one does.

    Raises:
        OSError: that cannot be told for the moment.
    """
    place = os.path.join(folder, GIT)
    git = os.path.realpath(place) if _is_folder(place) else _pointed(place, "gitdir:")
    if git is None:
        return None
    if _is_git_folder(git):
        return Repository(folder, git, _pointed(os.path.join(git, "commondir"), "") or git)
    # Of a worktree that git was told to forget, the files are still there.
    worktrees = os.path.dirname(git)
    common = os.path.dirname(worktrees)
    if os.path.basename(worktrees) == _WORKTREES and _is_git_folder(common):
        return Repository(folder, git, common)
    return None


def is_git_directory(place: str) -> bool:
    """Say whether a folder, whatever it is called, is where git keeps a repository."""
    return os.path.lexists(os.path.join(place, "HEAD")) and all(
        _is_folder(os.path.join(place, name)) for name in ("objects", "refs")
    )


def repository_around(folder: Path) -> Repository | None:
    """Return the working tree that holds a folder, which may begin above it.

    Raises:
        OSError: that cannot be told for the moment.
    """
    for place in (folder, *folder.parents):
        found = repository_at(str(place))
        if found is not None:
            return found
    return None


def is_other_worktree(nested: Repository, around: Repository | None, top: str) -> bool:
    """Say whether a working tree only repeats what another one in the folder `top` holds.

    `around`: the one it lies in. Of worktrees that lie beside each other the main one counts; if
    it lies elsewhere, or there is none since the repository is bare, then just one of them: that
    of the repository's branch if there is such a worktree, else the first.
    """
    is_own = around is not None and around.common == nested.common
    if not (is_own or nested.is_linked):
        return False
    has_main = not is_bare(nested.common)
    if around is not None and is_own and (has_main or around.is_linked):
        part = os.path.relpath(top, around.root)
        # A folder may be opened that holds nothing but worktrees.
        if part.split(os.sep)[0] == ".." or os.path.isdir(os.path.join(nested.root, part)):
            return True
    top, main = os.path.realpath(top), os.path.dirname(nested.common)
    if has_main and os.path.basename(nested.common) == GIT and _lies_in(top, main):
        return main != os.path.realpath(nested.root)
    return _counting(nested.common, top) not in (None, os.path.realpath(nested.root))


def _counting(common: str, top: str) -> str | None:
    """Return the linked worktree that counts of those that lie in a folder."""
    branch = _first_line(os.path.join(common, "HEAD"))
    first = None
    for name in _names(os.path.join(common, _WORKTREES)):
        place = os.path.join(common, _WORKTREES, name)
        pointer = _pointed(os.path.join(place, "gitdir"), "")
        if pointer is None or not os.path.lexists(pointer):
            continue
        root = os.path.dirname(pointer)
        if _lies_in(top, root):
            if _first_line(os.path.join(place, "HEAD")) == branch:
                return root
            first = first or root
    return first


def _names(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = zip(entries, range(_MAX_WORKTREES), strict=False)
            return sorted(entry.name for entry, _ in found)
    except OSError as error:
        log.debug("%s cannot be listed: %s", folder, error)
        return []


def _lies_in(top: str, place: str) -> bool:
    return place == top or place.startswith(os.path.join(top, ""))


def _is_git_folder(place: str) -> bool:
    """Say whether a folder is a git directory, or has at least what we read of one."""
    return any(os.path.lexists(os.path.join(place, name)) for name in ("HEAD", "info"))


def _is_folder(place: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(place).st_mode)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and is_passing(error):
            raise
        return False


def _pointed(file: str, before: str) -> str | None:
    """Return the place that a file names after some word, links followed; None if it does not."""
    line = _first_line(file)
    if line is None or not line.startswith(before):
        return None
    path = line[len(before) :].lstrip(" ")
    if not path or "\0" in path or is_on_network(path):
        return None
    return os.path.realpath(os.path.join(os.path.dirname(file), path))


def _first_line(file: str) -> str | None:
    try:
        data, status = read_regular(file, _MAX_POINTER_BYTES)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and is_passing(error):
            raise
        if getattr(error, "errno", None) not in (errno.ENOENT, errno.ENOTDIR):
            log.debug("%s is not read: %s", file, error)
        return None
    if status.st_size > _MAX_POINTER_BYTES:
        return None
    return data.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
