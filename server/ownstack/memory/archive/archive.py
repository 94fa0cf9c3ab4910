"""An archive: what a conversation established, as values, the most important first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from ownstack.memory.events import JSON
from ownstack.memory.facts.decisions import Decision, is_stale
from ownstack.memory.facts.threads import Thread

FORMAT = 1
"""Of archives that this version writes; one of a higher format is not read."""
Mode = Literal["lossless", "normal", "partial"]
"""Lossless: all events. Normal: a summary and the newest turns. Partial: what matters most."""
Priority = Literal["critical", "high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = ("critical", "high", "medium", "low")
ArtifactKind = Literal["failing", "edited", "ran", "read", "named"]
_KINDS: Mapping[ArtifactKind, Priority] = {
    "failing": "critical",
    "edited": "high",
    "ran": "medium",
    "read": "low",
    "named": "low",
}
ESTABLISHED = 0.9
GUESSED = 0.4
"""Tiers from which on a decision is critical, and below which it is only medium."""


@dataclass(frozen=True, slots=True)
class ProjectName:
    """A project, and what its folder is called."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """A decision, and the project in which its name is known."""

    project: ProjectName
    decision: Decision
    given: Priority | None = None
    """The priority that somebody gave it, None if it follows from what it is."""

    @property
    def priority(self) -> Priority:
        if self.given is not None:
            return self.given
        if not self.decision.holds:
            return "low"
        if self.decision.status == "disputed":
            return "high"
        if self.decision.tier >= ESTABLISHED:
            return "critical"
        return "high" if self.decision.tier >= GUESSED else "medium"


@dataclass(frozen=True, slots=True)
class KeptThread:
    """A thread, and the project in which its name is known."""

    project: ProjectName
    thread: Thread
    given: Priority | None = None

    @property
    def priority(self) -> Priority:
        return self.given or ("high" if self.thread.state == "OPEN" else "low")


@dataclass(frozen=True, slots=True)
class Constraint:
    """What the user asked to keep to, in the user's words."""

    text: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file, a command or a test that the conversation had to do with."""

    kind: ArtifactKind
    name: str
    """Path in the project, command line, or name of a test."""
    note: str = ""
    """What of it is known: a hash, an exit code."""
    given: Priority | None = None

    @property
    def priority(self) -> Priority:
        return self.given or _KINDS[self.kind]

    @property
    def is_file(self) -> bool:
        return self.kind in ("edited", "read", "named")


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event without its session. Where it names another, that is E1, E2 … in their order."""

    turn: int
    kind: str
    at: float
    """Seconds since 1970."""
    data: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for turns that are not in the archive."""

    text: str
    ledger: str
    said: tuple[KeptEvent, ...]
    """Older messages of the user's that stay word for word."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A conversation to go on with. Lists are sorted by priority."""

    mode: Mode
    title: str
    project: ProjectName
    """Where it was had last."""
    lineage: tuple[str, ...]
    """Ids of the sessions in which it was had, the oldest first."""
    begun: float
    """Seconds since 1970."""
    continuation: str
    """What a model is told, to go on from here."""
    constraints: tuple[Constraint, ...] = ()
    decisions: tuple[KeptDecision, ...] = ()
    threads: tuple[KeptThread, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    pins: tuple[str, ...] = ()
    """Texts that stay verbatim. Not in the mode partial."""
    summary: Summary | None = None
    """Only in the mode normal."""
    turns: tuple[KeptEvent, ...] = ()
    """The newest, only in the mode normal."""
    events: tuple[KeptEvent, ...] = ()
    """All, only in the mode lossless."""

    @property
    def session(self) -> str:
        """The id of the session in which something was said last."""
        return self.lineage[-1]

    def stale(self, now: float) -> list[KeptDecision]:
        """Return the decisions to check before anybody relies on them."""
        return [kept for kept in self.decisions if is_stale(kept.decision, now)]


Given = TypeVar("Given", KeptDecision, KeptThread, Artifact)
Ranked = TypeVar("Ranked", KeptDecision, KeptThread, Constraint, Artifact)


def ranked(items: Iterable[Ranked]) -> tuple[Ranked, ...]:
    """Return items by priority; those of one priority stay in their order."""
    return tuple(sorted(items, key=lambda item: PRIORITIES.index(item.priority)))


def prioritised(item: Given, priority: Priority | None) -> Given:
    """Return an item of a priority that somebody gave it; None, or what it has anyway, is none."""
    return item if priority in (None, item.priority) else replace(item, given=priority)


def most_important(archive: Archive) -> Archive:
    """Return only what is critical or high, and the continuation prompt."""

    def chosen(items: tuple[Ranked, ...]) -> tuple[Ranked, ...]:
        return tuple(item for item in items if item.priority in ("critical", "high"))

    return replace(
        archive,
        mode="partial",
        constraints=chosen(archive.constraints),
        decisions=chosen(archive.decisions),
        threads=chosen(archive.threads),
        artifacts=chosen(archive.artifacts),
        pins=(),
        summary=None,
        turns=(),
        events=(),
    )
