"""What a window is told of tools: leave that is asked, proposed edits, what can be given back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EditState = Literal["pending", "applied", "refused", "replaced"]
"""replaced: its turn was taken back, or a later proposal for the file took its place."""


@dataclass(frozen=True, slots=True)
class ChatApproval:
    """Something that a model wants to do and that waits for a person's word."""

    id: str
    turn: int
    title: str
    """One line: who wants to do what."""
    detail: str
    """The very command, or the very arguments; bounded."""
    can_be_always: bool = False
    """Whether "always" may be answered; where not, it counts as "once"."""


@dataclass(frozen=True, slots=True)
class ChatApprovals:
    """All that waits for a person's word."""

    session: str
    approvals: list[ChatApproval]


@dataclass(frozen=True, slots=True)
class ChatEdit:
    """A proposed edit of one file."""

    id: str
    turn: int
    """The turn in which it was proposed."""
    title: str
    """One line, such as "src/a.py (+3 -1)"."""
    uri: str
    path: str
    """In the project's folder, with slashes."""
    state: EditState
    is_new: bool
    """Whether it makes the file."""
    added: int
    removed: int
    """Lines."""
    reason: str = ""
    """pending: why it cannot be applied as things stand now, "" if it can."""
    checkpoint: str = ""
    """applied: what gives back the file as it was before."""


@dataclass(frozen=True, slots=True)
class ChatHunk:
    """Lines of a file that become others. Either text may be ""; both are whole lines."""

    index: int
    """From 0 on, by which `ownstack/chat/apply` names it."""
    start_line: int
    """1-based: the first line that is replaced, or before which something is put, in the file as
    it is."""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChatFileChange:
    """What a proposed edit makes of a file as it is now."""

    edit: str
    """Its id."""
    uri: str
    path: str
    is_new: bool
    before: str
    after: str
    """Whole texts; "" with a reason if it does not fit the file any more, or is too long."""
    hunks: list[ChatHunk] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChatCheckpoint:
    """What files held before edits were applied."""

    id: str
    turn: int
    at: float
    """Seconds since 1970."""
    paths: list[str]
    restored: bool
    """Whether they were given back."""


@dataclass(frozen=True, slots=True)
class ChatEditsChanged:
    """The proposed edits, and what can be given back, as they are now."""

    session: str
    edits: list[ChatEdit]
    """Those that are pending, and the newest 20 others; in the order in which they were
    proposed."""
    checkpoints: list[ChatCheckpoint]
    """The newest 20, in their order."""
