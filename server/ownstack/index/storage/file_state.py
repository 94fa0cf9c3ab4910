"""What is remembered of a file between two looks at its folder."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.files.reading import Stamp
from ownstack.index.storage.columns import IndexedDocument


@dataclass(frozen=True, slots=True)
class FileState:
    """What the index holds of one file."""

    stamp: Stamp
    """The stamp its content had, or `NO_STAMP` if that proves nothing."""
    reason: str = ""
    """Why there is nothing of it in the index; "" if there is."""
    document: IndexedDocument | None = None
    """What of it is in the index."""
