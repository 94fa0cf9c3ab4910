"""The texts of a folder that echo learns from: those of the index, if they are not too large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ownstack.completion.echo.segment import Source
from ownstack.index import reading
from ownstack.index import scan as index_scan
from ownstack.index.reading import Stamp

MAX_FILE_BYTES = 512 * 1024


def scan(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """Yield path and stamp of every file that may be read. Never raises.

    Paths are relative to `folder`, with `/`.
    """
    return (
        (entry.path, entry.stamp)
        for entry in index_scan.scan(folder, MAX_FILE_BYTES)
        if not entry.reason
    )


def accepts(folder: Path, relative: str) -> bool:
    """Say whether `scan` would yield this path, if it exists; for a single file that changed."""
    return not index_scan.reason(folder, relative, MAX_FILE_BYTES)


def read(folder: Path, relative: str) -> Source | None:
    """Read a file as text with plain line ends; None if it cannot be read or is not such a text."""
    found = reading.read(folder, relative, MAX_FILE_BYTES)
    if isinstance(found, reading.Refusal):
        return None
    return Source(relative, found.stamp, found.text.encode("utf-8", "replace"))
