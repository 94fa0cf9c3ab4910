"""Which files of a folder count at one moment, and why not: of all of it, or of some paths."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import IndexingError, in_words
from ownstack.files.availability import away, emptied, steady
from ownstack.files.path_case import PathCase
from ownstack.files.scan import Entry, Judge, scan, tells_of_others

log = logging.getLogger(__name__)

Changes = Mapping[str, "Entry | None"]
"""Paths that may have changed → what stands there now; None: nothing does."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a look at a whole folder found."""

    entries: Mapping[str, Entry]
    """By their paths, in the order of the scan."""
    began: float
    """On the monotonic clock; what changed later may be missing."""
    took_s: float
    problem: IndexingError | None = None
    """Why nothing can be said of its files: the folder is away, or was for a moment."""
    emptied: IndexingError | None = None
    """The same, for those who know that it held files: it is empty."""

    def checked(self, *, holds_files: bool) -> Mapping[str, Entry]:
        """Return the entries. `holds_files`: it did when it was looked at last.

        Raises:
            IndexingError: the folder is away, or was for a moment.
        """
        if problem := self.problem or (self.emptied if holds_files else None):
            raise problem
        return self.entries


def look(root: Path, pause: Callable[[], None] = lambda: None) -> Listing:
    """Look at a whole folder; `pause` is called after every entry."""
    began = time.monotonic()
    entries: dict[str, Entry] = {}
    problem, is_empty = None, None
    try:
        with steady(root):
            is_empty = emptied(root)
            for entry in scan(root):
                entries[entry.path] = entry
                pause()
            is_empty = is_empty or emptied(root)
    except IndexingError as error:
        problem = error
    except OSError as error:
        problem = away(f"The folder cannot be listed: {in_words(error)}.")
    top = entries.get("")
    if problem is None and top is not None and top.is_away:
        problem = away(top.reason)
    return Listing(entries, began, time.monotonic() - began, problem, is_empty)


def look_at(root: Path, paths: Iterable[str]) -> dict[str, Entry | None] | None:
    """Look at single files of a folder; None if one of them says something about others.

    A folder does so, and a file that tells of others, as of what is ignored: then all must be
    looked at; so must it where a file cannot be. A file is found under the name that its folder
    lists.
    """
    found: dict[str, Entry | None] = {}
    judge, path_case = Judge(root), PathCase(root)
    try:
        for path in path_case.all(paths):
            status = _status(root / path)
            is_folder = status is not None and stat.S_ISDIR(status.st_mode)
            if is_folder or tells_of_others(path):
                return None
            if ".." in path.split("/"):
                continue
            found[path] = None
            if status is not None and path_case.listed(path) == path:
                stamp = (status.st_mtime_ns, status.st_size)
                found[path] = Entry(path, stamp, judge.reason(path))
    except (OSError, ValueError) as error:
        log.debug("all of %s is looked at: %s", root, error)
        return None
    return found


def _status(place: Path) -> os.stat_result | None:
    """Return what stands at a place, links not followed; None if nothing does."""
    try:
        return os.lstat(place)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
