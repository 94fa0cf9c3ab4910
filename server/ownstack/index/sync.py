"""What must be done so that the index says again what the disk says."""

from __future__ import annotations

import functools
import logging
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ownstack.index.columns import Document
from ownstack.index.reading import NO_STAMP, Stamp
from ownstack.index.scan import IGNORE_FILES, Entry, Judge
from ownstack.index.spelling import Spelling

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileState:
    """What the index holds of one file."""

    stamp: Stamp
    """The stamp its content had, or `NO_STAMP` if that proves nothing."""
    reason: str = ""
    """Why there is nothing of it in the index; "" if there is."""
    document: Document | None = None
    """What of it is in the index."""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """All paths are relative to the project's folder; no path is in two of the fields."""

    read: tuple[str, ...]
    """New, or perhaps changed: their content must be looked at. In the order of the scan."""
    gone: tuple[str, ...]
    """In the index, and not on the disk."""
    left_out: tuple[Entry, ...]
    """Not to be in the index, for a reason that is not known yet."""
    n_unchanged: int

    @property
    def is_empty(self) -> bool:
        return not (self.read or self.gone or self.left_out)


def plan_sync(on_disk: Mapping[str, Entry], stored: Mapping[str, FileState]) -> SyncPlan:
    """Compare a scan with what is stored. A file whose stamp is the stored one is unchanged."""
    read, left_out, n_unchanged = [], [], 0
    for path, entry in on_disk.items():
        state = stored.get(path)
        if entry.reason:
            if state is None or state.reason != entry.reason:
                left_out.append(entry)
            else:
                n_unchanged += 1
        elif state is None or state.stamp != entry.stamp or entry.stamp == NO_STAMP:
            read.append(path)
        else:
            n_unchanged += 1
    gone = tuple(path for path in stored if path not in on_disk)
    return SyncPlan(tuple(read), gone, tuple(left_out), n_unchanged)


def plan_update(
    root: Path, paths: Iterable[str], stored: Mapping[str, FileState], overlaid: Collection[str]
) -> SyncPlan | None:
    """Look at single files of a folder; None if one of them says something about others.

    A folder does so, and a file that tells what is ignored: then all must be scanned; so must
    they where a file cannot be looked at. Those `overlaid` by an editor's text stay as they are.
    """
    on_disk: dict[str, Entry] = {}
    concerned: dict[str, FileState] = {}
    judge, spelling = Judge(root), Spelling(root, stored)
    folders = functools.cache(lambda: _folders(stored))
    try:
        for path in spelling.all(paths):
            mode = _mode(root / path)
            if stat.S_ISDIR(mode) or path.rpartition("/")[2].lower() in IGNORE_FILES:
                return None
            if path in overlaid:
                continue
            if path in stored:
                concerned[path] = stored[path]
            elif path in folders():
                return None
            if mode and spelling.listed(path) == path:
                entry = Entry(path, NO_STAMP, judge.reason(path))
                if not entry.reason or path in stored:
                    on_disk[path] = entry
    except OSError as error:
        log.debug("all of %s is looked at: %s", root, error)
        return None
    return plan_sync(on_disk, concerned)


def _folders(paths: Iterable[str]) -> set[str]:
    """Return all folders that paths lie in, at any depth."""
    folders = {path.rpartition("/")[0] for path in paths}
    for folder in list(folders):
        while folder := folder.rpartition("/")[0]:
            folders.add(folder)
    return folders


def _mode(place: Path) -> int:
    """Return what stands at a place, links not followed; 0 if nothing does."""
    try:
        return os.lstat(place).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return 0
