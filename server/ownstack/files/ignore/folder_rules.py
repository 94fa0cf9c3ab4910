"""What is ignored in a folder: by git's rules, as git has them, and by `.ownstackignore`.

From weak to strong: the user's file for all repositories, the repository's `info/exclude`, then
the files in the folders, the deeper ones stronger. Rules of a repository say nothing about
another one inside it, as in git, be that a submodule or a clone of its own: those have their own,
and what they hold counts as part of the project. What a `.ownstackignore` says reaches inside:
somebody wrote it for this program. A folder that is opened by its name counts, even if a
repository above ignores it; then nothing that is said above it counts.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import in_words
from ownstack.files.availability import is_passing
from ownstack.files.ignore.git_config import excludes_file
from ownstack.files.ignore.patterns import Patterns, parse
from ownstack.files.ignore.repository import (
    GIT,
    Repository,
    is_git_directory,
    is_other_worktree,
    repository_around,
    repository_at,
)
from ownstack.files.ignore.wildmatch import as_bytes
from ownstack.files.opening import read_regular
from ownstack.files.path_case import ignores_case

log = logging.getLogger(__name__)

MAX_IGNORE_BYTES = 256 * 1024
IGNORE_FILES = (".gitignore", ".ownstackignore")
"""In one folder, what the later one says counts."""
_OWN_FILE = ".ownstackignore"
EXCLUDE = "info/exclude"


OTHER_WORKTREE = (
    "It is another worktree of a repository that is in the index. Open it by itself to search it."
)
GIT_DIRECTORY = "It is where git keeps a repository."


class LeftOutError(Exception):
    """A folder is left out as a whole."""

    def __init__(self, reason: str) -> None:
        """Take the reason, for a person."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Rules:
    """One ignore file, and what it speaks of."""

    start: int
    """Where in a whole path begins what is relative to the ignore file's folder."""
    patterns: Patterns
    name: str
    """How a person knows the file."""
    is_gits: bool = True
    is_users: bool = False
    """It holds for all of the user's repositories."""


_Stack = tuple[_Rules, ...]
"""The first that says something of a path decides."""


class Ignored:
    """What holds in one folder of those that are walked."""

    def __init__(
        self,
        top: str,
        *,
        before: str = "",
        stack: _Stack = (),
        repository: Repository | None = None,
        ignores_case: bool = False,
    ) -> None:
        """`top`: the folder that is walked; `before`: the path to it from its repository."""
        self._top = top
        self._before = before
        self._stack = stack
        self._repository = repository
        self._ignores_case = ignores_case

    @classmethod
    def above(cls, folder: Path) -> Ignored:
        """Return what holds for a whole folder, of the repository that it lies in.

        Raises:
            OSError: something cannot be read for the moment; so does `below`.
        """
        top, folds = str(folder), ignores_case(folder)
        repository = repository_around(folder)
        if repository is None:
            stack = tuple(_base(None, top, 0, folds))
            return cls(top, stack=stack, ignores_case=folds)
        parts = folder.relative_to(repository.root).parts
        base = tuple(_base(repository, "", 0, folds))
        folders = [
            as_bytes("/".join(parts[: n + 1]), ignores_case=folds) for n in range(len(parts))
        ]
        stack, here = base, ""
        for part, path in zip(parts, folders, strict=True):
            place = os.path.join(repository.root, here)
            stack = (*_files(place, here, len(as_bytes(here)), folds), *stack)
            if _is_left_out(stack, path):
                users = tuple(rules for rules in base if rules.is_users)
                stack = () if any(_is_left_out(users, folder) for folder in folders) else users
                break
            here += f"{part}/"
        before = f"{folders[-1]}/" if folders else ""
        return cls(top, before=before, stack=stack, repository=repository, ignores_case=folds)

    def below(self, relative: str, names: Collection[str] | None = None) -> Ignored:
        """Return what holds in a folder; `relative` names it, "" or ending in `/`.

        `names`: what it lists, if that is known.

        Raises:
            LeftOutError: it is left out as a whole.
        """
        place = os.path.join(self._top, relative)
        stack, repository = self._stack, self._repository
        start = len(self._before) + len(as_bytes(relative))
        if self._ignores_case:
            # It may list them by other spellings.
            names = None
        if relative and (names is None or "HEAD" in names) and is_git_directory(place):
            raise LeftOutError(GIT_DIRECTORY)
        nested = repository_at(place) if relative and (names is None or GIT in names) else None
        if nested is not None:
            if is_other_worktree(nested, repository, self._top):
                raise LeftOutError(OTHER_WORKTREE)
            theirs = _base(nested, relative, start, self._ignores_case)
            stack = (*(rules for rules in stack if not rules.is_gits), *theirs)
            repository = nested
        found = tuple(_files(place, relative, start, self._ignores_case, names))
        if not found and nested is None:
            return self
        return Ignored(
            self._top,
            before=self._before,
            stack=(*found, *stack),
            repository=repository,
            ignores_case=self._ignores_case,
        )

    def match(self, relative: str) -> str:
        """Return the ignore file by which a path is ignored, or ""; a folder's ends in `/`."""
        if not self._stack:
            return ""
        is_folder = relative.endswith("/")
        path = relative[:-1] if is_folder else relative
        path = self._before + as_bytes(path, ignores_case=self._ignores_case)
        for rules in self._stack:
            verdict = rules.patterns.verdict(path, is_folder=is_folder, start=rules.start)
            if verdict is not None:
                return rules.name if verdict else ""
        return ""


def _is_left_out(stack: _Stack, folder: str) -> bool:
    """Say whether rules ignore a folder, or all that may be in it."""
    if any(rules.patterns.empties(folder[rules.start :]) for rules in stack):
        return True
    verdicts = (
        rules.patterns.verdict(folder, is_folder=True, start=rules.start) for rules in stack
    )
    return bool(next((verdict for verdict in verdicts if verdict is not None), False))


def _base(
    repository: Repository | None, where: str, start: int, ignores_case: bool
) -> Iterator[_Rules]:
    """Yield the rules that hold for a whole repository, the strongest first.

    `where`: the path to it, "" or ending in `/`. Without one the user's rules hold all the same.
    """
    if repository is not None:
        file = os.path.join(repository.common, *EXCLUDE.split("/"))
        patterns = _read(file, ignores_case, follows_link=True)
        if patterns:
            is_inside = repository.common == os.path.realpath(os.path.join(repository.root, GIT))
            name = f"{where}{GIT}/{EXCLUDE}" if is_inside else _shown(file)
            yield _Rules(start, patterns, name)
    common, root = (repository.common, repository.root) if repository else (None, os.sep)
    users = excludes_file(common, root)
    if users is not None and (patterns := _read(str(users), ignores_case, follows_link=True)):
        yield _Rules(start, patterns, _shown(str(users)), is_users=True)


def _files(
    folder: str, where: str, start: int, ignores_case: bool, names: Collection[str] | None = None
) -> Iterator[_Rules]:
    """Yield the rules that stand in a folder, the strongest first."""
    for name in reversed(IGNORE_FILES):
        if names is None or name in names:
            # Git does not follow a link here either.
            patterns = _read(os.path.join(folder, name), ignores_case, follows_link=False)
            if patterns:
                yield _Rules(start, patterns, where + name, is_gits=name != _OWN_FILE)


def _read(file: str, ignores_case: bool, *, follows_link: bool) -> Patterns | None:
    try:
        data, status = read_regular(file, MAX_IGNORE_BYTES, follows_link=follows_link)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and is_passing(error):
            raise
        log.info("no ignore rules from %s: %s", file, in_words(error))
        return None
    if status.st_size > MAX_IGNORE_BYTES:
        log.warning("%s is too large; rules after the first %d bytes do not count.",
                    file, MAX_IGNORE_BYTES)  # fmt: skip
        data = data[: data.rfind(b"\n") + 1]
    return parse(data, ignores_case=ignores_case)


def _shown(file: str) -> str:
    """Return a path as a person writes it."""
    home = os.path.join(os.path.expanduser("~"), "")
    path = "~/" + file[len(home) :] if file.startswith(home) else file
    return path.replace(os.sep, "/")
