"""What must be done so that the index says again what the disk says."""

from __future__ import annotations

import functools
import logging
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import IndexingError
from ownstack.index.columns import Document
from ownstack.index.presence import away, device_of, steady
from ownstack.index.reading import NO_STAMP, Stamp
from ownstack.index.scan import IGNORE_FILES, Entry, Judge, scan
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
    """Compare a scan with what is stored. A file whose stamp is the stored one is unchanged.

    So is what could not be looked at for the moment, and what is stored of a folder that could not.
    """
    read, left_out, n_unchanged = [], [], 0
    for path, entry in on_disk.items():
        state = stored.get(path)
        if entry.reason:
            if state is None or not (entry.is_away or state.reason == entry.reason):
                left_out.append(entry)
            else:
                n_unchanged += 1
        elif state is None or state.stamp != entry.stamp or entry.stamp == NO_STAMP:
            read.append(path)
        else:
            n_unchanged += 1
    missing = [path for path in stored if path not in on_disk]
    unseen = {entry.path.rstrip("/") for entry in on_disk.values() if entry.is_away}
    gone = [path for path in missing if not (unseen and _lies_in(unseen, path))]
    n_unchanged += len(missing) - len(gone)
    return SyncPlan(tuple(read), tuple(gone), tuple(left_out), n_unchanged)


def plan_all(root: Path, stored: Mapping[str, FileState], overlaid: Collection[str]) -> SyncPlan:
    """Look at a whole folder. What is `overlaid` by an editor's text stays as it is.

    Raises:
        IndexingError: the folder is away, or was for a moment: nothing can be said of its files.
    """
    with steady(root, holds_files=_holds_files(stored)):
        on_disk = {entry.path: entry for entry in scan(root)}
    top = on_disk.get("")
    if top is not None and top.is_away:
        raise away(top.reason)
    for path in overlaid:
        on_disk.pop(path, None)
    return plan_sync(on_disk, {path: stored[path] for path in stored if path not in overlaid})


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
        plan = plan_sync(on_disk, concerned)
        if plan.gone:
            device_of(root, holds_files=_holds_files(stored, without=frozenset(plan.gone)))
    except (OSError, IndexingError) as error:
        log.debug("all of %s is looked at: %s", root, error)
        return None
    return plan


def _holds_files(stored: Mapping[str, FileState], without: Collection[str] = ()) -> bool:
    return any(state.document and path not in without for path, state in stored.items())


def _lies_in(folders: Collection[str], path: str) -> bool:
    while path := path.rstrip("/").rpartition("/")[0]:
        if path in folders:
            return True
    return False


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
