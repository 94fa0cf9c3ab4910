"""What a window is told of project memory: what is kept in files, and what waits for its user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownstack.memory.entries.project_memory import Overview

MAX_SHOWN = 500
"""Of each list."""


@dataclass(frozen=True, slots=True)
class ChatEntry:
    """What a file of project memory says."""

    name: str
    """M001 and so on, U001 of the user's own."""
    text: str
    place: str
    """"decisions", "conventions", "glossary", "preferences" …: the file."""
    tier: float
    """How sure it is: 0 a guess, 1 established."""


@dataclass(frozen=True, slots=True)
class ChatProposal:
    """What is proposed for project memory: in no file before the user accepts it."""

    name: str
    """P001 and so on; D001 for a decision of the log that no file says."""
    text: str
    place: str
    tier: float
    source: str
    """Where it was said."""
    contradicts: list[str] = field(default_factory=list)
    """Names of entries and decisions that it contradicts."""


@dataclass(frozen=True, slots=True)
class ChatMemory:
    """All of it."""

    entries: list[ChatEntry]
    inbox: list[ChatProposal]
    problems: list[str]


def shown(overview: Overview) -> ChatMemory:
    """Return what a window shows of project memory."""
    proposals = [
        ChatProposal(one.name, one.text, one.place, one.tier, one.source)
        for one in overview.inbox[:MAX_SHOWN]
    ]
    decisions = [
        ChatProposal(
            known.name, known.text, "decisions", known.tier, "", list(known.conflicts_with)
        )
        for known in overview.decisions[:MAX_SHOWN]
        if known.name not in {one.decision for one in overview.inbox}
    ]
    entries = [
        ChatEntry(entry.name, entry.text, entry.place, entry.tier)
        for entry in overview.entries[:MAX_SHOWN]
    ]
    return ChatMemory(entries, [*proposals, *decisions], list(overview.problems))
