"""What a user is told of an index."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ownstack.files import reading, scan

Phase = Literal[
    "new", "loaded", "scanning", "skimming", "reading", "embedding", "paused", "ready", "failed"
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is, in files."""

    phase: Phase
    n_done: int
    n_all: int
    of_work: tuple[float, float] = (0.0, 1.0)
    """Which part of the whole work this phase is."""

    @property
    def share(self) -> float:
        """How much of the whole work is done, 0..1."""
        first, last = self.of_work
        return first + (last - first) * self.n_done / max(1, self.n_all)


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class ProjectIndexStatus:
    """What an index says of itself; counts are those of what can be found now."""

    root: str
    phase: Phase
    progress: Progress
    n_files: int
    n_lines: int
    n_symbols: int
    n_chunks: int
    n_embedded: int
    left_out: dict[str, int]
    """Why files are not in it → how many."""
    size_bytes: int
    """On disk."""
    source_bytes: int
    refreshed: float | None
    """When it was last compared with the whole folder (seconds since the epoch)."""
    is_reader: bool
    """Another process keeps it up to date."""
    message: str
    """What is wrong, in words, or ""."""


def reason_of_place(root: Path, path: str) -> str:
    """Say why a file is left out wherever its text comes from, or return ""."""
    reason = scan.reason(root, path, max_bytes=sys.maxsize)
    return "" if reason == scan.EMPTY else reason


def reason_on_disk(root: Path, path: str) -> str:
    """Say why a file cannot be in an index, or return ""; reads it."""
    if reading.stamp_of(root, path) is None:
        return "There is no such file."
    if reason := scan.reason(root, path):
        return reason
    found = reading.read(root, path)
    return found.reason if isinstance(found, reading.Refusal) else ""
