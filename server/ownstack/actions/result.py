"""An edit that was made, and what is told while it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ownstack.actions.checks.check import Check
from ownstack.chat.proposals import Proposal

Stage = Literal["waiting", "reading", "writing", "checking", "repairing"]
Tier = Literal[1, 2, 3]
"""1: no model; 2: a small model; 3: a large one."""


@dataclass(frozen=True, slots=True)
class EditProgress:
    """How far an edit is."""

    stage: Stage
    round: int = 1
    """1-based."""
    done: int = 0
    total: int = 0
    """Of "reading": tokens of the prompt."""
    text: str | None = None
    """Of "writing": the answer, as far as it is written; `streamed.so_far` finds its lines."""


Hear = Callable[[EditProgress], None]


@dataclass(frozen=True, slots=True)
class MadeEdit:
    """A checked edit of one file. It has changed nothing yet."""

    proposal: Proposal
    """Smallest edits, and the diff."""
    after: str
    """The whole file with it."""
    checks: tuple[Check, ...]
    model: str
    """"" for tier 1."""
    tier: Tier
    rounds: int
    drafts: int
    """How many were written; more than rounds where several were tried at once."""
    seconds: float
    generated_tokens: int = 0
