"""What must be done so that the index says again what the disk says."""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ownstack.errors import IndexingError
from ownstack.files.availability import device_of
from ownstack.files.listing import Changes, Listing
from ownstack.files.path_case import PathCase
from ownstack.files.reading import NO_STAMP
from ownstack.files.scan import Entry
from ownstack.index.storage.file_state import FileState

log = logging.getLogger(__name__)


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


def plan_listing(
    listing: Listing, stored: Mapping[str, FileState], overlaid: Collection[str]
) -> SyncPlan:
    """Compare all that a folder holds. What is `overlaid` by an editor's text stays as it is.

    Raises:
        IndexingError: the folder is away, or was for a moment: nothing can be said of its files.
    """
    on_disk = dict(listing.checked(holds_files=_holds_files(stored)))
    for path in overlaid:
        on_disk.pop(path, None)
    return plan_sync(on_disk, {path: stored[path] for path in stored if path not in overlaid})


def plan_changes(
    root: Path, changes: Changes, stored: Mapping[str, FileState], overlaid: Collection[str]
) -> SyncPlan | None:
    """Compare single files of a folder; None if all of it must be looked at.

    So it must where a path was a folder, or the whole may be away. What is `overlaid` by an
    editor's text stays as it is.
    """
    on_disk: dict[str, Entry] = {}
    concerned: dict[str, FileState] = {}
    folders = functools.cache(lambda: _folders(stored))
    for path in PathCase(root, stored).all(changes):
        if path in overlaid:
            continue
        if path in stored:
            concerned[path] = stored[path]
        elif path in folders():
            return None
        entry = changes.get(path)
        if entry is not None and (not entry.reason or path in stored):
            # Somebody says that it changed: its stamp does not prove the contrary.
            on_disk[path] = replace(entry, stamp=NO_STAMP)
    plan = plan_sync(on_disk, concerned)
    try:
        if plan.gone:
            device_of(root, holds_files=_holds_files(stored, without=frozenset(plan.gone)))
    except IndexingError as error:
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
