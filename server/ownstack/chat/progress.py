"""How far the answer to a question is, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Progress:
    """What is done just now."""

    phase: Literal["searching", "compacting", "reading"]
    """Once pieces of the answer come, it is being written."""
    turn: int
    done: int = 0
    total: int = 0
    """reading: tokens of the prompt that the model has to read; 0: not known."""


Watch = Callable[[Progress], None]


def tell_reading(watch: Watch, turn: int, done: int, total: int) -> None:
    """Have a watch know how much of a prompt is read."""
    watch(Progress("reading", turn, done, total))


def unwatched(_progress: Progress) -> None:
    """Watch nothing."""
