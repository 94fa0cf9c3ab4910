"""Events: what happens in a conversation, one immutable value each. All else is computed from them.

A kind has a constructor here that says what its data holds and refuses what does not fit.
What a newer version wrote has kinds that this one does not know: they are kept, handed on and
exported as they are, and passed over by whoever folds events into a state (`Event.is_known`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

from ownstack.memory import ids
from ownstack.memory.canonical import JSON as JSON
from ownstack.memory.canonical import canonical, require, wrong

FORMAT = 1
"""Which events this version writes; a session that holds events of a higher one is read only."""
Kind = Literal[
    "user",
    "assistant",
    "tool_call",
    "tool_result",
    "edit",
    "decision",
    "thread",
    "proposal",
    "compaction",
    "undo",
    "pin",
    "rules",
    "note",
    "clear",
    "model",
]
KINDS: frozenset[str] = frozenset(get_args(Kind))
Finish = Literal["stop", "length", "cancelled", "interrupted", "error", "tool_calls"]
"""How an answer ended. "interrupted": the process died, and this is what it had sent."""
ThreadState = Literal["OPEN", "RESOLVED"]
DecisionStatus = Literal["active", "superseded", "rejected", "disputed"]
"""Disputed: it contradicts another one, and the user has not said which holds."""
ProposalStatus = Literal["open", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where in which conversation something happens, and when."""

    session: str
    turn: int
    """From 1 on; 0 is what stands before the first turn."""
    at: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. Two with one id are one."""

    id: str
    session: str
    turn: int
    kind: str
    """One of `Kind`, or a newer version's."""
    at: float
    """Seconds since 1970."""
    data: Mapping[str, JSON]
    """JSON values only; nobody may change it."""

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def is_known(self) -> bool:
        return self.kind in KINDS

    @property
    def text(self) -> str:
        """What was said, for the kinds that say something; "" for others."""
        text = self.data.get("text", "")
        return text if isinstance(text, str) else ""


def event(stamp: Stamp, kind: str, data: Mapping[str, JSON]) -> Event:
    """Return an event with its derived id.

    Raises:
        EventError: the place is none, or the data is no JSON, too deep or too large.
    """
    require(stamp.turn >= 0, "the number of a turn is 0 or more", kind)
    require(math.isfinite(stamp.at), "the time is a number of seconds", kind)
    content, at = canonical(data, kind), float(stamp.at)
    try:
        name = ids.event_id(stamp.session, stamp.turn, kind, at, content)
    except ValueError as error:
        raise wrong(kind, str(error)) from error
    # Read back, so that nobody holds the lists and mappings inside, and all of it is plain JSON.
    kept = MappingProxyType(json.loads(content))
    return Event(name, stamp.session, stamp.turn, kind, at, kept)


def user(stamp: Stamp, text: str, *, context: str = "", mentions: Sequence[str] = ()) -> Event:
    """Return what the user said. `context` is what was retrieved and shown to the model with it."""
    return event(stamp, "user", {"text": text, "context": context, "mentions": list(mentions)})


def assistant(
    stamp: Stamp,
    text: str,
    *,
    finish: Finish = "stop",
    reasoning: str = "",
    model: str = "",
    answer: str = "",
) -> Event:
    """Return what a model answered, all of it or as far as it came (`finish`).

    The calls that it made are `tool_call` events after it, in their order. `answer` is the id
    under which it was written while it streamed.
    """
    _one_of(finish, Finish, "finish", "assistant")
    return event(
        stamp,
        "assistant",
        {
            "text": text,
            "finish": finish,
            "reasoning": reasoning,
            "model": model,
            "answer": answer,
        },
    )


def tool_call(stamp: Stamp, call: str, name: str, arguments: str) -> Event:
    """Return a call that a model made; `arguments` is JSON text, as the model wrote it."""
    _named(call, "the id of the call", "tool_call")
    return event(stamp, "tool_call", {"call": call, "name": name, "arguments": arguments})


def tool_result(
    stamp: Stamp,
    call: str,
    name: str,
    text: str,
    *,
    ok: bool = True,
    files: Sequence[Mapping[str, JSON]] = (),
    command: str = "",
    exit_code: int | None = None,
    failed_tests: Sequence[str] = (),
    handle: str = "",
) -> Event:
    """Return what a tool said to a call.

    `files` are those it read, or of which it shows lines (`file_read`). `command`, `exit_code` and
    `failed_tests` are what a run of something came to. `handle` names the place where the rest of
    a capped result is kept, "" if `text` is all of it.
    """
    _named(call, "the id of the call", "tool_result")
    for file in files:
        _named(file.get("path"), "the path of a file", "tool_result")
    return event(
        stamp,
        "tool_result",
        {
            "call": call,
            "name": name,
            "text": text,
            "ok": ok,
            "handle": handle,
            "files": [dict(file) for file in files],
            "command": command,
            "exit_code": exit_code,
            "failed_tests": list(failed_tests),
        },
    )


def file_read(path: str, hash: str = "", start: int = 1, end: int | None = None) -> dict[str, JSON]:
    """Return an entry of a result's `files`: lines numbered from 1, `end` None for the last one."""
    return {"path": path, "hash": hash, "start": start, "end": end}


def edit(
    stamp: Stamp,
    path: str,
    accepted: bool,
    *,
    hash_before: str = "",
    hash_after: str = "",
    summary: str = "",
) -> Event:
    """Return that the user took or refused a proposed edit of a file."""
    _named(path, "the path", "edit")
    return event(
        stamp,
        "edit",
        {
            "path": path,
            "accepted": bool(accepted),
            "summary": summary,
            "hash_before": hash_before,
            "hash_after": hash_after,
        },
    )


def decision(
    stamp: Stamp,
    name: str,
    text: str,
    *,
    tier: float = 0.5,
    rationale: str = "",
    conflicts_with: Sequence[str] = (),
    last_validated: float | None = None,
    superseded_by: str = "",
    status: DecisionStatus = "active",
) -> Event:
    """Return a decision as it now stands; a later event of the same name replaces it.

    `tier` says how sure it is: 0 a guess, 1 established. `last_validated` is when it was last seen
    to hold, the time of the event if it is not given.
    """
    _named(name, "the name (D001)", "decision")
    require(
        isinstance(tier, (int, float)) and 0 <= tier <= 1, "the tier is from 0 to 1", "decision"
    )
    _one_of(status, DecisionStatus, "status", "decision")
    return event(
        stamp,
        "decision",
        {
            "name": name,
            "text": text,
            "tier": float(tier),
            "rationale": rationale,
            "conflicts_with": list(conflicts_with),
            "superseded_by": superseded_by,
            "status": status,
            "last_validated": stamp.at if last_validated is None else float(last_validated),
        },
    )


def thread(stamp: Stamp, name: str, text: str, state: ThreadState, *, outcome: str = "") -> Event:
    """Return a matter that is open or resolved; a later event of the same name replaces it."""
    _named(name, "the name (T001)", "thread")
    _one_of(state, ThreadState, "state", "thread")
    return event(stamp, "thread", {"name": name, "text": text, "state": state, "outcome": outcome})


def proposal(
    stamp: Stamp,
    name: str,
    text: str,
    *,
    place: str,
    tier: float,
    source: str = "",
    status: ProposalStatus = "open",
    decision: str = "",
    entry: str = "",
) -> Event:
    """Return what is proposed for project memory, as it now stands; a later one replaces it.

    `place` is the file it is meant for, `source` who said it, `decision` the decision (D001) that
    it is, `entry` the entry (M001) that it became.
    """
    _named(name, "the name (P001)", "proposal")
    _named(text, "the text", "proposal")
    _named(place, "the place", "proposal")
    require(
        isinstance(tier, (int, float)) and 0 <= tier <= 1, "the tier is from 0 to 1", "proposal"
    )
    _one_of(status, ProposalStatus, "status", "proposal")
    return event(
        stamp,
        "proposal",
        {
            "name": name,
            "text": text,
            "place": place,
            "tier": float(tier),
            "source": source,
            "status": status,
            "decision": decision,
            "entry": entry,
        },
    )


def compaction(
    stamp: Stamp,
    *,
    covers: str,
    covers_hash: str,
    text: str,
    ledger: str,
    tokens_before: int,
    tokens_after: int,
    method: str,
    focus: str = "",
    details: Mapping[str, JSON] | None = None,
) -> Event:
    """Return that older events are shown to the model as a checkpoint from now on.

    `covers` is the id of the newest event that the checkpoint stands for, `covers_hash` the
    SHA-256 over all of their ids; `text` the summary, `ledger` what was computed beside it,
    `method` how (masking, a model, extraction); `details` whatever else the compactor knows.
    """
    _named(covers, "the event it covers", "compaction")
    require(tokens_before >= 0 and tokens_after >= 0, "tokens are 0 or more", "compaction")
    return event(
        stamp,
        "compaction",
        {
            "covers": covers,
            "covers_hash": covers_hash,
            "text": text,
            "ledger": ledger,
            "tokens_before": tokens_before,
            "tokens_after": tokens_after,
            "method": method,
            "focus": focus,
            "details": dict(details or {}),
        },
    )


def undo(stamp: Stamp, event_id: str, *, onward: bool = False) -> Event:
    """Return that an earlier event (a compaction, an edit of a summary) holds no more.

    `onward`: nor does what was said after it until now. A question of the same turn as this
    stands in its place.
    """
    _named(event_id, "the event", "undo")
    data: dict[str, JSON] = {"event": event_id}
    return event(stamp, "undo", {**data, "onward": True} if onward else data)


def pin(stamp: Stamp, event_id: str, *, text: str = "", pinned: bool = True) -> Event:
    """Return that an event, or a text taken from it, stays verbatim, or no longer has to."""
    _named(event_id, "the event", "pin")
    return event(stamp, "pin", {"event": event_id, "text": text, "pinned": bool(pinned)})


def rules(stamp: Stamp, files: Sequence[Mapping[str, JSON]], text: str) -> Event:
    """Return that rules were read: `files` as {"path", "hash"}, `text` as a model is shown it."""
    for file in files:
        _named(file.get("path"), "the path of a file", "rules")
    return event(stamp, "rules", {"files": [dict(file) for file in files], "text": text})


def note(stamp: Stamp, topic: str, text: str, details: Mapping[str, JSON] | None = None) -> Event:
    """Return a line for the record that no model is shown: `topic` says what about."""
    _named(topic, "the topic", "note")
    return event(stamp, "note", {"topic": topic, "text": text, "details": dict(details or {})})


def clear(stamp: Stamp) -> Event:
    """Return that a model is shown nothing of what was before; the log keeps it."""
    return event(stamp, "clear", {})


def model(stamp: Stamp, name: str, *, context_tokens: int = 0, tier: str = "") -> Event:
    """Return which model answers from now on; `context_tokens` is its window, 0 if not known."""
    require(context_tokens >= 0, "a window is 0 tokens or more", "model")
    return event(stamp, "model", {"name": name, "context_tokens": context_tokens, "tier": tier})


def _named(value: object, what: str, kind: str) -> None:
    require(isinstance(value, str) and value != "", f"{what} is missing", kind)


def _one_of(value: str, choices: Any, what: str, kind: str) -> None:
    known = get_args(choices)
    require(value in known, f"{what} is one of {', '.join(known)}, not {value!r}", kind)
