r"""The values that a dataset is made of. Text is decoded, line ends are `\n`, none is secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Origin = Literal["file", "edit", "pattern", "decision"]
HoldOut = Literal["file", "time"]


@dataclass(frozen=True, slots=True)
class Passage:
    """The text of one file, to learn infilling from. What is held out of it is not in it."""

    path: str
    """Relative to the project's folder, with `/`."""
    language: str
    text: str
    weights: tuple[float, ...]
    """One for each line of `text.split("\\n")`: how much it counts as what is to be filled in.
    1 is usual, 0 never (it is context only), more for what is new or was kept or accepted."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and the answer that was accepted, to learn edits and chat from."""

    request: str
    answer: str
    origin: Origin
    source: str
    """What it disappears with: the id of a session, or a path."""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A file to judge by: of it these lines were never learned from."""

    path: str
    language: str
    text: str
    """The whole of it, as it is now."""
    lines: tuple[int, ...]
    """0-based, ascending: where cursors may be."""
    by: HoldOut
    """ "file": none of it was learned from; "time": these lines are newer than what was."""


@dataclass(frozen=True, slots=True)
class Left:
    """What was left out for one reason."""

    files: int = 0
    lines: int = 0
    characters: int = 0


@dataclass(frozen=True, slots=True)
class Dataset:
    """What would be learned from, what is judged by, and what was left out (reason → how much)."""

    project: str
    """The folder's absolute path; "" for none."""
    passages: tuple[Passage, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    held_out: tuple[HeldOut, ...] = ()
    left: dict[str, Left] = field(default_factory=dict)
    newest: float = 0.0
    """What is learned from was written before this (seconds since 1970)."""
