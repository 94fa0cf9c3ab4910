"""Which files of a folder are text that somebody wrote, judged by their names.

Depth is walked breadth first, so that a cap keeps what is near the top. Links are not followed:
they may lead outside or back. What git ignores is left out, as is what `.ownstackignore` names.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pathspec

from ownstack.errors import in_words
from ownstack.index.presence import is_passing
from ownstack.index.reading import MAX_FILE_BYTES, NO_STAMP, Stamp
from ownstack.index.spelling import ignores_case
from ownstack.secret import secret_path

log = logging.getLogger(__name__)

MAX_ENTRIES = 400_000
MAX_IGNORE_BYTES = 256 * 1024
IGNORE_FILES = (".gitignore", ".ownstackignore")
"""In one folder, what the later one says counts."""
_EXCLUDE = os.path.join(".git", "info", "exclude")

_SKIPPED_FOLDERS = frozenset(
    (
        *(".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", "site-packages"),
        *("__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache"),
        *(".pytest_cache", ".gradle", ".idea", ".next", ".nuxt", ".terraform"),
    )
)
_SKIPPED_FILES = re.compile(
    r"""(?ix) \. (?: png | jpe?g | gif | webp | ico | svg | pdf | zip | gz | xz | zst | bz2 | 7z
    | tar | jar | whl | so | dll | dylib | exe | o | a | lib | pyc | class | wasm | woff2? | ttf
    | otf | mp[34] | mov | ogg | wav | db | sqlite3? | parquet | npy | npz | gguf | safetensors
    | bin | map | csv | tsv | ipynb | lock | snap | min\.js | min\.css ) $
    | ^(?: package-lock\.json | pnpm-lock\.yaml | go\.sum | npm-shrinkwrap\.json )$"""
)

_BY_FOLDER = "Folders of this name hold what others made, or what tools keep."
_BY_NAME = "Files of this name are binary, or data, or written by tools."
_SECRET = "Files of this name hold secrets by custom."
_IGNORED = "It is ignored ({})."
_LINK = "It is a link."
_ODD = "It is neither a file nor a folder."
_EMPTY = "It is empty."


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


@dataclass(frozen=True, slots=True)
class _Rules:
    """One ignore file, and how paths are seen from it."""

    cut: int
    """So many characters of a path name the ignore file's folder."""
    before: str
    """Or: the ignore file lies above the folder that is walked, by this path."""
    spec: pathspec.GitIgnoreSpec
    name: str
    ignores_case: bool

    def verdict(self, relative: str) -> bool | None:
        path = self.before + relative[self.cut :]
        return self.spec.check_file(path.lower() if self.ignores_case else path).include


class Ignored:
    """The ignore files of the folders above a path; the deepest rule that matches decides.

    Like git, rules ignore case where the file system does.
    """

    def __init__(self, rules: tuple[_Rules, ...] = (), *, ignores_case: bool = False) -> None:
        self._rules = rules
        self._ignores_case = ignores_case

    @classmethod
    def above(cls, folder: Path) -> Ignored:
        """Return what holds for a whole folder: of its repository, which may begin above it.

        Raises:
            OSError: an ignore file cannot be read for the moment; so do `below` and `Judge`.
        """
        ignored = cls(ignores_case=ignores_case(folder))
        root = next(filter(_is_repository, (folder, *folder.parents)), None)
        if root is None:
            return ignored
        before = "".join(f"{part}/" for part in folder.relative_to(root).parts)
        ignored = ignored._with(str(root), (_EXCLUDE,), 0, before)
        here = ""
        for part in folder.relative_to(root).parts:
            ignored = ignored._with(
                os.path.join(root, here), IGNORE_FILES, 0, before[len(here) :], here
            )
            here += f"{part}/"
        return ignored

    def below(self, folder: str, relative: str) -> Ignored:
        """Return the rules that hold in a folder; `relative` names it, "" or ending in `/`."""
        return self._with(folder, IGNORE_FILES, len(relative), "", relative)

    def match(self, relative: str) -> str:
        """Return the ignore file by which a path is ignored, or ""; a folder's ends in `/`."""
        for rules in self._rules:
            verdict = rules.verdict(relative)
            if verdict is not None:
                return rules.name if verdict else ""
        return ""

    def _with(
        self, folder: str, files: tuple[str, ...], cut: int, before: str, where: str = ""
    ) -> Ignored:
        rules = self._rules
        for name in files:
            spec = _spec(os.path.join(folder, name), self._ignores_case)
            if spec is not None:
                shown = where + name.replace("\\", "/")
                rules = (_Rules(cut, before, spec, shown, self._ignores_case), *rules)
        return self if rules is self._rules else Ignored(rules, ignores_case=self._ignores_case)


def scan(folder: Path, max_bytes: int = MAX_FILE_BYTES) -> Iterator[Entry]:
    """Yield every file, and what is left out. Never raises.

    What git ignores is not yielded at all: there may be more of it than of everything else.
    """
    try:
        waiting = deque([("", Ignored.above(folder))])
    except OSError as error:
        yield _away("", error)
        return
    left = MAX_ENTRIES
    while waiting:
        relative, above = waiting.popleft()
        here = os.path.join(folder, relative) if relative else str(folder)
        if left <= 0:
            reason = f"The folder holds more than {MAX_ENTRIES:,} entries; the rest is left out."
            yield Entry("", NO_STAMP, reason)
            return
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda entry: entry.name)[:left]
            ignored = above.below(here, relative)
        except OSError as error:
            yield _away(relative, error)
            continue
        left -= len(found)
        for entry in found:
            name = relative + entry.name
            try:
                if not entry.is_dir(follow_symlinks=False):
                    one = None if ignored.match(name) else _file(name, entry, max_bytes)
                elif entry.name in _SKIPPED_FOLDERS:
                    one = Entry(name + "/", NO_STAMP, _BY_FOLDER)
                else:
                    one = None
                    if not ignored.match(name + "/"):
                        waiting.append((name + "/", ignored))
            except (OSError, ValueError) as error:
                reason = f"It cannot be looked at: {error}."
                one = Entry(name, NO_STAMP, reason, is_passing(error))
            if one is not None:
                yield one


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
        return _by_name(relative) or _by_size(status.st_size, self._max_bytes)

    def _rules_below(self, here: str) -> Ignored | str:
        """Return the rules for what stands in a folder, or why that is left out as a whole."""
        if here not in self._below:
            self._below[here] = self._look_up(here)
        return self._below[here]

    def _look_up(self, here: str) -> Ignored | str:
        if not here:
            return Ignored.above(self._folder).below(str(self._folder), "")
        above = self._rules_below(here[: here.rstrip("/").rfind("/") + 1])
        if isinstance(above, str):
            return above
        if os.path.islink(os.path.join(self._folder, here[:-1])):
            return _LINK
        if by := above.match(here):
            return _IGNORED.format(by)
        return above.below(os.path.join(self._folder, here), here)


def reason(folder: Path, relative: str, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Say why `scan` would leave a path out, or return ""; it need not exist. Never raises."""
    try:
        return Judge(folder, max_bytes).reason(relative)
    except OSError as error:
        return _away(relative, error).reason


def too_broad(root: Path) -> str:
    """Say why a folder is hardly one project, or return ""."""
    home = Path.home().resolve()
    if root == home:
        return f"{root} is your home folder."
    if root in home.parents:
        return f"{root} holds your home folder."
    return ""


def _is_repository(folder: Path) -> bool:
    try:
        return (folder / ".git").exists()
    except PermissionError:
        return False


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
    return Entry(name, stamp, _by_name(name) or _by_size(status.st_size, max_bytes))


def _by_name(relative: str) -> str:
    if _SKIPPED_FILES.search(relative.rpartition("/")[2]):
        return _BY_NAME
    return _SECRET if secret_path(relative) else ""


def _by_size(size: int, max_bytes: int) -> str:
    if size == 0:
        return _EMPTY
    if size > max_bytes:
        return f"It is too large ({size / 1e6:,.1f} MB; the limit is {max_bytes / 1e6:,.1f} MB)."
    return ""


def _spec(file: str, ignores_case: bool) -> pathspec.GitIgnoreSpec | None:
    try:
        with open(file, "rb") as opened:
            text = opened.read(MAX_IGNORE_BYTES).decode("utf-8", "replace")
        lines = (text.lower() if ignores_case else text).splitlines()
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and is_passing(error):
            raise
        log.debug("no ignore rules from %s: %s", file, error)
        return None
