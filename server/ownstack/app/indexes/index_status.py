"""What a person is told about the index of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

IndexState = Literal["off", "untrusted", "asking", "indexing", "paused", "ready", "error"]


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """One word, one sentence, and what is in the index of one workspace folder."""

    folder: str
    """Path of the folder."""
    state: IndexState
    reason: str
    """One sentence for a person."""
    progress: float | None = None
    """0..1 while files are read."""
    files: int = 0
    symbols: int = 0
    chunks: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Why files are not in it → how many."""
    size_bytes: int = 0
    """On disk."""
    age_s: float | None = None
    """Seconds since folder and index were last compared; None if they never were."""


@dataclass(frozen=True, slots=True)
class FileInIndex:
    """Whether one file is in the index, and why not."""

    path: str
    """Relative to `folder`, with slashes; as it was given if it lies in none."""
    folder: str
    indexed: bool
    reason: str
    """One sentence for a person."""


def reason_of(state: IndexState, *, is_reader: bool) -> str:
    """Say what a state means, where nothing else is to be told."""
    if is_reader:
        return "Another process keeps this index; it is only read here."
    if state == "ready":
        return "The index is up to date."
    return "The index is being built; what has been read is found already."
