"""What a window is told of code actions: an edit that waits, and how far one is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ownstack.app.chats.tool_values import ChatFileChange

EditStage = Literal["waiting", "reading", "writing", "checking", "repairing"]
EditCheckState = Literal["passed", "failed", "skipped"]
FindingSeverity = Literal["error", "warning", "information", "hint"]


@dataclass(frozen=True, slots=True)
class EditCheck:
    """Something that was checked of an edit before it was shown."""

    name: str
    state: EditCheckState
    detail: str = ""
    """What is wrong, or why it was skipped."""


@dataclass(frozen=True, slots=True)
class EditResult:
    """An edit that was made and waits for the user, or what is left of one."""

    id: str
    label: str
    """One line: what it does, such as "Simplify repair"."""
    tier: int
    """1: no model made it; 2: a small one; 3: a large one."""
    model: str
    """"" if none."""
    rounds: int
    drafts: int
    """How many were written; more than rounds where several were tried at once."""
    seconds: float
    checks: list[EditCheck]
    files: list[ChatFileChange] = field(default_factory=list)
    """One for each file that is still to be changed, as it is now; none: all is done."""


@dataclass(frozen=True, slots=True)
class EditProgressed:
    """How far an edit is."""

    id: str
    stage: EditStage
    round: int
    """1-based."""
    done: int
    total: int
    """reading: tokens of the prompt."""
    start_line: int
    end_line: int
    """Of what is replaced, 1-based and inclusive, in the file as it was asked for; of tests that
    is the test file."""
    text: str | None = None
    """writing: what these lines become, as far as it is written; with null, as it was told last."""
