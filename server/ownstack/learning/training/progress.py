"""What a training tells of itself: a line of JSON for every step, for whoever watches."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ownstack.learning.training.plan import PROGRESS

State = Literal["loading", "training", "saving", "exporting", "done", "stopped"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of `progress.jsonl`."""

    state: State
    trained_s: float = 0.0
    """All of it, also of earlier processes."""
    step: int = 0
    tokens: int = 0
    samples: int = 0
    loss: float | None = None
    """Of the last step, nats a token."""
    learning_rate: float | None = None
    held_out_loss: float | None = None
    """Where it was just computed: nats a token of what is missing, on what is held out."""
    rate: float | None = None
    """Tokens a second."""


class ProgressFile:
    """Appends lines; a reader may meet half a line at the end."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PROGRESS
        self._started = time.monotonic()

    def write(self, progress: Progress) -> None:
        """Append a line. Raises OSError."""
        row = {"at": round(time.monotonic() - self._started, 2), **asdict(progress)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
