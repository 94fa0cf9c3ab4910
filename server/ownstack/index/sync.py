"""What must be done so that the index says again what the disk says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ownstack.index.columns import Document
from ownstack.index.reading import NO_STAMP, Stamp
from ownstack.index.scan import Entry


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
