"""What became of the edits that were proposed in a conversation, read from its log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ownstack.chat.proposals import CLOSED, PROPOSED, Proposal, TextEdit
from ownstack.memory.conversation import text_list, text_of, undone
from ownstack.memory.events import JSON, Event

CHECKPOINT, RESTORED = "checkpoint", "checkpoint_restored"
"""Topics of notes: what was saved before edits, and that it was given back."""

State = Literal["pending", "applied", "refused", "replaced"]
"""replaced: its turn was taken back, or a later proposal for the file took its place."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal, and what became of it."""

    proposal: Proposal
    turn: int
    state: State
    checkpoint: str = ""
    """applied: what files held before; "" if an older version applied it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A checkpoint, as the log has it."""

    id: str
    turn: int
    at: float
    paths: tuple[str, ...]
    restored: bool


def proposed(log: Sequence[Event]) -> tuple[Proposed, ...]:
    """Return all proposals, the oldest first. Of one file at most the newest is pending."""
    left = _turns_taken_back(log)
    found: dict[str, Proposed] = {}
    newest: dict[str, str] = {}
    """Ids, by path."""
    for event in log:
        details = _details(event)
        if details is None:
            continue
        topic = text_of(event.data, "topic")
        if topic == PROPOSED:
            item = _read(event.id, details)
            if item is None:
                continue
            state: State = "replaced" if event.turn in left else "pending"
            if state == "pending":
                older = found.get(newest.get(item.path, ""))
                if older is not None and older.state == "pending":
                    found[older.proposal.id] = replace(older, state="replaced")
                newest[item.path] = item.id
            found[item.id] = Proposed(item, event.turn, state)
        elif topic == CLOSED:
            _close(found, event.text, details)
    return tuple(found.values())


def pending(log: Sequence[Event]) -> tuple[Proposal, ...]:
    """Return the proposals that wait, the oldest first; of one file the newest counts."""
    return tuple(item.proposal for item in proposed(log) if item.state == "pending")


def taken(log: Iterable[Event]) -> tuple[Taken, ...]:
    """Return the checkpoints that were taken, the oldest first."""
    found: dict[str, Taken] = {}
    for event in log:
        details = _details(event)
        topic, name = text_of(event.data, "topic"), text_of(details, "id")
        if topic == CHECKPOINT and details is not None:
            paths = tuple(text_list(details.get("paths")))
            found[name] = Taken(name, event.turn, event.at, paths, restored=False)
        elif topic == RESTORED and name in found:
            found[name] = replace(found[name], restored=True)
    return tuple(found.values())


def counts(item: Proposal) -> dict[str, JSON]:
    """Return what a note about applied proposals has of one of which a part was applied."""
    return {"added": item.added, "removed": item.removed}


def _turns_taken_back(log: Sequence[Event]) -> frozenset[int]:
    """Return the turns of which the question holds no more."""
    if not any(event.kind == "undo" for event in log):
        return frozenset()
    gone = undone(log)
    questions = [event for event in log if event.kind == "user"]
    holding = {event.turn for event in questions if event.id not in gone}
    return frozenset({event.turn for event in questions} - holding)


def _close(found: dict[str, Proposed], how: str, details: Mapping[str, Any]) -> None:
    parts = details.get("parts")
    for name in text_list(details.get("proposals")):
        item = found.get(name)
        if item is None:
            continue
        part = parts.get(name) if isinstance(parts, Mapping) else None
        made = item.proposal if part is None else _counted(item.proposal, part)
        state: State = "applied" if how == "applied" else "refused"
        found[name] = Proposed(made, item.turn, state, text_of(details, "checkpoint"))


def _counted(item: Proposal, part: object) -> Proposal:
    match part:
        case {"added": int(added), "removed": int(removed)}:
            return replace(item, added=added, removed=removed)
    return item


def _details(event: Event) -> Mapping[str, Any] | None:
    details = event.data.get("details") if event.kind == "note" else None
    return details if isinstance(details, Mapping) else None


def _read(event_id: str, details: Mapping[str, JSON]) -> Proposal | None:
    """Return a proposal as it was logged; None if the entry is not one."""
    path, base, diff = (text_of(details, name) for name in ("path", "base", "diff"))
    listed = details.get("edits")
    edits = []
    for entry in listed if isinstance(listed, (list, tuple)) else ():
        match entry:
            case [int(start), int(end), str(text)]:
                edits.append(TextEdit(start, end, text))
            case _:
                return None
    added, removed = details.get("added"), details.get("removed")
    if not path or not isinstance(added, int) or not isinstance(removed, int):
        return None
    return Proposal(event_id, path, base, tuple(edits), diff, added, removed)
