"""What of the index's size is of no use, on disk and in memory, and when it is given back.

On disk three shares, each bounded by what was measured after each write and not by counting or by
time: former states of files (`Balance`), old versions, small files and removed rows of a table
(`needs_compaction`), and, while a table is made compact, its copy, which is removed at once.
"""

from __future__ import annotations

import datetime
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownstack.index.storage.folder import folder_bytes

DEAD_SHARE, KEPT_SHARE = 0.8, 0.6
"""Former states of files may take this share of the live source; then the oldest are forgotten
until it is the second one, since to forget costs some commits."""
DEAD_BYTES = 64 * 1024
"""And so much more, in small projects."""
UNUSED_SHARE, UNUSED_BYTES = 0.2, 32 * 1024
"""A table is made compact when more than this share of it and so many bytes are of no use."""
FRAGMENT_BYTES = 2_048
"""What a file of a table takes whatever it holds."""
DEAD_ROW_SHARE, MIN_DEAD_ROWS = 0.3, 2_000
"""Rows in memory are numbered anew when more than this share of them is dead, and many are."""


@dataclass(slots=True)
class Balance:
    """How much source the stored documents were read from."""

    live_bytes: int = 0
    stored_bytes: int = 0
    """Of the live ones and of others."""

    @property
    def is_too_much(self) -> bool:
        """Say whether former states take too much."""
        return self.stored_bytes - self.live_bytes > DEAD_SHARE * self.live_bytes + DEAD_BYTES

    @property
    def kept_bytes(self) -> float:
        """Return how much of them stays when some are forgotten."""
        return KEPT_SHARE * self.live_bytes


def needs_compaction(table: Any, folder: Path) -> bool:
    """Say whether a LanceDB table, which is kept in a folder, should be made compact."""
    stats = table.stats()
    lengths = stats["fragment_stats"]
    present_bytes = stats["total_bytes"]
    n_rows = lengths["num_fragments"] * lengths["lengths"]["mean"]
    removed = max(0.0, 1 - stats["num_rows"] / n_rows) if n_rows else 0.0
    n_spare = max(0, lengths["num_small_fragments"] - 1)
    old_bytes = folder_bytes(folder) - present_bytes
    unused_bytes = old_bytes + removed * present_bytes + n_spare * FRAGMENT_BYTES
    return bool(unused_bytes > UNUSED_SHARE * present_bytes + UNUSED_BYTES)


def compact(table: Any) -> None:
    """Merge the small files of a LanceDB table, and remove all versions but the present one."""
    with warnings.catch_warnings():
        # It warns of readers, which there are none of.
        warnings.simplefilter("ignore")
        table.optimize(cleanup_older_than=datetime.timedelta(0), delete_unverified=True)


def has_many_dead_rows(n_rows: int, n_live: int) -> bool:
    """Say whether so many rows in memory are of files that changed or went, that it matters."""
    return n_rows - n_live > max(MIN_DEAD_ROWS, DEAD_ROW_SHARE * n_rows)
