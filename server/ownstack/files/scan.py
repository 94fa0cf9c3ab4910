"""Which files of a folder are text that somebody wrote, judged by their names.

Depth is walked breadth first, so that a cap keeps what is near the top. Links are not followed:
they may lead outside or back. What is ignored is left out (`ignore/`).
"""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import in_words
from ownstack.files.availability import is_passing
from ownstack.files.ignore.folder_rules import EXCLUDE, IGNORE_FILES, Ignored, LeftOutError
from ownstack.files.ignore.repository import GIT
from ownstack.files.notebook.text import max_file_bytes
from ownstack.files.reading import MAX_FILE_BYTES, NO_STAMP, Stamp
from ownstack.files.secret.detection import secret_path

MAX_ENTRIES = 400_000

_SKIPPED_FOLDERS = frozenset(
    (
        *(".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", "site-packages"),
        *(
            "__pycache__",
            ".ipynb_checkpoints",
            ".venv",
            "venv",
            ".tox",
            ".nox",
            ".mypy_cache",
            ".ruff_cache",
        ),
        *(".pytest_cache", ".gradle", ".idea", ".next", ".nuxt", ".terraform"),
    )
)
_SKIPPED_FILES = re.compile(
    r"""(?ix) \. (?: png | jpe?g | gif | webp | ico | svg | pdf | zip | gz | xz | zst | bz2 | 7z
    | tar | jar | whl | so | dll | dylib | exe | o | a | lib | pyc | class | wasm | woff2? | ttf
    | otf | mp[34] | mov | ogg | wav | db | sqlite3? | parquet | npy | npz | gguf | safetensors
    | bin | map | csv | tsv | lock | snap | min\.js | min\.css ) $
    | ^(?: package-lock\.json | pnpm-lock\.yaml | go\.sum | npm-shrinkwrap\.json )$"""
)

_BY_FOLDER = "Folders of this name hold what others made, or what tools keep."
_BY_NAME = "Files of this name are binary, or data, or written by tools."
_SECRET = "Files of this name hold secrets by custom."
_IGNORED = "It is ignored ({})."
_POINTER = "It only tells git where the repository lies."
_NOTHING_LEFT = "No file is left to be read: others are ignored ({})."
_LINK = "It is a link."
_ODD = "It is neither a file nor a folder."
EMPTY = "It is empty."


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or what was left out and why; folders that are left out end in `/`."""

    path: str
    """Relative, with `/`; "" stands for all that was not looked at any more."""
    stamp: Stamp
    reason: str = ""
    """Why it is left out, for a person; "" if it is to be read."""
    is_away: bool = False
    """It could not be looked at for the moment: what was known of it, and below it, stays so."""


def scan(folder: Path, max_bytes: int = MAX_FILE_BYTES) -> Iterator[Entry]:
    """Yield every file, and what is left out. Never raises.

    What is ignored is not yielded: there may be more of it than of everything else. Only if
    nothing is left besides, that is said at the end.
    """
    try:
        waiting = deque([("", Ignored.above(folder))])
    except OSError as error:
        yield _away("", error)
        return
    left = MAX_ENTRIES
    ignored_by, is_any_read = "", False
    while waiting:
        relative, above = waiting.popleft()
        here = os.path.join(folder, relative) if relative else str(folder)
        if left <= 0:
            reason = f"The folder holds more than {MAX_ENTRIES:,} entries; the rest is left out."
            yield Entry("", NO_STAMP, reason)
            return
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            ignored = above.below(relative, {entry.name for entry in found})
        except OSError as error:
            yield _away(relative, error)
            continue
        except LeftOutError as left_out:
            yield Entry(relative, NO_STAMP, left_out.reason)
            continue
        found = found[:left]
        left -= len(found)
        for name, judged, by in _judged(found, relative, ignored, max_bytes):
            ignored_by = ignored_by or by
            if judged is not None:
                is_any_read = is_any_read or not (judged.reason or tells_of_others(name))
                yield judged
            elif not by:
                waiting.append((name, ignored))
    if ignored_by and not is_any_read:
        yield Entry("", NO_STAMP, _NOTHING_LEFT.format(ignored_by))


def is_skipped_folder(relative: str) -> bool:
    """Say whether a path lies in a folder (or is one) that is never looked into."""
    return not _SKIPPED_FOLDERS.isdisjoint(relative.split("/"))


class Judge:
    """Says of single paths what `scan` would; remembers the rules of the folders it has seen."""

    def __init__(self, folder: Path, max_bytes: int = MAX_FILE_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._below: dict[str, Ignored | str] = {}

    def reason(self, relative: str) -> str:
        """Say why `scan` would leave a path out, or return ""; it need not exist."""
        above = relative.rpartition("/")[0]
        if is_skipped_folder(above):
            return _BY_FOLDER
        ignored = self._rules_below(above + "/" if above else "")
        if isinstance(ignored, str):
            return ignored
        if by := ignored.match(relative):
            return _IGNORED.format(by)
        try:
            status = os.stat(os.path.join(self._folder, relative), follow_symlinks=False)
        except (OSError, ValueError):
            return _by_name(relative)
        if not stat.S_ISREG(status.st_mode):
            return _LINK if stat.S_ISLNK(status.st_mode) else _ODD
        max_bytes = max_file_bytes(relative, self._max_bytes)
        return _by_name(relative) or _by_size(status.st_size, max_bytes)

    def folder_reason(self, relative: str) -> str:
        """Say why `scan` would not look into a folder, or return ""; it may be the whole one."""
        if is_skipped_folder(relative):
            return _BY_FOLDER
        rules = self._rules_below(relative + "/" if relative else "")
        return rules if isinstance(rules, str) else ""

    def inside(self, relative: str, max_entries: int) -> tuple[list[Entry], list[str]]:
        """Return the files that stand in a folder and count, and the folders that do, by name.

        Raises:
            OSError: it cannot be listed.
        """
        rules = self._rules_below(here := relative + "/" if relative else "")
        if isinstance(rules, str) or is_skipped_folder(relative):
            return [], []
        with os.scandir(os.path.join(self._folder, relative)) as entries:
            found = sorted(itertools.islice(entries, max_entries), key=lambda entry: entry.name)
        judged = list(_judged(found, here, rules, self._max_bytes))
        files = [entry for _, entry, _ in judged if entry is not None and not entry.reason]
        return files, [path[:-1] for path, entry, by in judged if entry is None and not by]

    def _rules_below(self, here: str) -> Ignored | str:
        """Return the rules for what stands in a folder, or why that is left out as a whole."""
        if here not in self._below:
            self._below[here] = self._look_up(here)
        return self._below[here]

    def _look_up(self, here: str) -> Ignored | str:
        if not here:
            return Ignored.above(self._folder).below("")
        above = self._rules_below(here[: here.rstrip("/").rfind("/") + 1])
        if isinstance(above, str):
            return above
        if os.path.islink(os.path.join(self._folder, here[:-1])):
            return _LINK
        if by := above.match(here):
            return _IGNORED.format(by)
        try:
            return above.below(here)
        except LeftOutError as left_out:
            return left_out.reason


def reason(folder: Path, relative: str, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Say why `scan` would leave a path out, or return ""; it need not exist. Never raises."""
    try:
        return Judge(folder, max_bytes).reason(relative)
    except OSError as error:
        return _away(relative, error).reason


def tells_of_others(relative: str) -> bool:
    """Say whether a file says something about others: what is ignored, where a worktree is."""
    above, _, name = relative.rpartition("/")
    if name.lower() not in (*IGNORE_FILES, GIT):
        whole = f"/{relative}"
        above = whole.removesuffix(f"/{GIT}/{EXCLUDE}")
        if above == whole:
            return False
    return not is_skipped_folder(above)


def too_broad(root: Path) -> str:
    """Say why a folder is hardly one project, or return ""."""
    home = Path.home().resolve()
    if root == home:
        return f"{root} is your home folder."
    if root in home.parents:
        return f"{root} holds your home folder."
    return ""


def _judged(
    found: Iterable[os.DirEntry[str]], relative: str, ignored: Ignored, max_bytes: int
) -> Iterator[tuple[str, Entry | None, str]]:
    """Yield paths in a folder: files with what is said of them, else by what they are ignored.

    Neither is said of a folder that is to be looked into.
    """
    for entry in found:
        name, judged, by = relative + entry.name, None, ""
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            name += "/" if is_folder else ""
            if is_folder and entry.name in _SKIPPED_FOLDERS:
                judged = Entry(name, NO_STAMP, _BY_FOLDER)
            elif not (by := ignored.match(name)) and not is_folder:
                judged = _file(name, entry, max_bytes)
        except (OSError, ValueError) as error:
            reason = f"It cannot be looked at: {error}."
            judged = Entry(name, NO_STAMP, reason, is_passing(error))
        yield name, judged, by


def _away(relative: str, error: OSError) -> Entry:
    what = "It" if relative else "The folder"
    # If the whole folder cannot be listed, for whatever reason, nothing is known of any file.
    is_away = is_passing(error) or not relative
    return Entry(relative, NO_STAMP, f"{what} cannot be listed: {in_words(error)}.", is_away)


def _file(name: str, entry: os.DirEntry[str], max_bytes: int) -> Entry:
    if not entry.is_file(follow_symlinks=False):
        return Entry(name, NO_STAMP, _LINK if entry.is_symlink() else _ODD)
    status = entry.stat(follow_symlinks=False)
    stamp = (status.st_mtime_ns, status.st_size)
    max_bytes = max_file_bytes(name, max_bytes)
    return Entry(name, stamp, _by_name(name) or _by_size(status.st_size, max_bytes))


def _by_name(relative: str) -> str:
    if relative.rpartition("/")[2] == GIT:
        return _POINTER
    if _SKIPPED_FILES.search(relative.rpartition("/")[2]):
        return _BY_NAME
    return _SECRET if secret_path(relative) else ""


def _by_size(size: int, max_bytes: int) -> str:
    if size == 0:
        return EMPTY
    if size > max_bytes:
        return f"It is too large ({size / 1e6:,.1f} MB; the limit is {max_bytes / 1e6:,.1f} MB)."
    return ""
