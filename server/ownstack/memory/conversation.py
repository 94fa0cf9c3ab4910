"""The state of a conversation that a model is shown, folded from its events.

Nothing here is stored: the log is append-only, and whatever is undone, cleared or compacted is so
because a later event says it. Folding the same events gives the same conversation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ownstack.memory.events import Event

SHOWN = frozenset({"user", "assistant", "tool_call", "tool_result"})
"""The kinds that a model is shown; the others are about them."""
MASKING = "masking"
"""The method of a compaction that only hides old output, and has no summary."""

ARCHIVED = "archive"
"""The method of a compaction that stands for turns which only another session has."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What stands for older events: a summary, a ledger, and what of them stays verbatim."""

    event: Event
    summary: str
    ledger: str
    kept: tuple[Event, ...]
    """Of what it covers, the user's messages that are shown in full, in their order."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A text that stays verbatim whatever is compacted."""

    event: str
    text: str
    shown: bool
    """Whether history or the checkpoint shows it anyway, in full."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a model is shown of a conversation, and what that was made from."""

    rules: str = ""
    checkpoint: Checkpoint | None = None
    history: tuple[Event, ...] = ()
    """Events of the kinds in `SHOWN` that the checkpoint does not cover."""
    masked: frozenset[str] = frozenset()
    """Events of which a handle is shown in place of their output."""
    pins: tuple[Pin, ...] = ()
    events: tuple[Event, ...] = ()
    """All that holds since the last clearing: neither undone nor an undoing."""
    order: tuple[str, ...] = ()
    """The ids of all events, undone ones as well, from the first."""

    @property
    def newest_user(self) -> Event | None:
        """What the user said last."""
        return next((event for event in reversed(self.events) if event.kind == "user"), None)

    def through(self, event_id: str) -> tuple[Event, ...]:
        """Return what holds up to an event and with it; nothing if the event does not hold."""
        for index, event in enumerate(self.events):
            if event.id == event_id:
                return self.events[: index + 1]
        return ()


def fold(events: Iterable[Event]) -> Conversation:
    """Return the conversation that events amount to, in the order of the log.

    A compaction holds if it is not undone and covers what is really there (`covered_hash`); of
    those that do, the newest counts. What a newer version recorded is passed over.
    """
    everything = list({event.id: event for event in events}.values())
    order = tuple(event.id for event in everything)
    gone = undone(everything)
    rules = ""
    holding: list[Event] = []
    for event in everything:
        if event.id in gone or not event.is_known or event.kind == "undo":
            continue
        if event.kind == "rules":
            rules = event.text
        if event.kind == "clear":
            holding = []
        holding.append(event)
    state = Conversation(rules, events=tuple(holding), order=order)
    return _shown(state, everything)


def covered_hash(order: Sequence[str], covers: str) -> str:
    """Return the SHA-256 of the ids up to an event and with it, in hex."""
    digest = hashlib.sha256()
    for event_id in order:
        digest.update(event_id.encode() + b"\n")
        if event_id == covers:
            break
    return digest.hexdigest()


def text_list(value: object) -> list[str]:
    """Return the texts of a list of JSON; of anything else, none."""
    if not isinstance(value, (list, tuple)):
        return []
    return [item for item in value if isinstance(item, str)]


def text_of(data: object, key: str) -> str:
    """Return a text of a JSON object; "" if it has none of that name."""
    value = data.get(key) if isinstance(data, Mapping) else None
    return value if isinstance(value, str) else ""


def undone(events: Sequence[Event]) -> frozenset[str]:
    """Return the ids of what does not hold: an undoing counts unless a later one undoes it."""
    gone: set[str] = set()
    for index in range(len(events) - 1, -1, -1):
        event = events[index]
        if event.kind == "undo" and event.id not in gone:
            gone |= {text_of(event.data, "event"), *taken_back(events, index)}
    return frozenset(gone)


def taken_back(events: Sequence[Event], index: int) -> tuple[str, ...]:
    """Return what an undoing takes back beside the event that it names: what was said after it."""
    first = text_of(events[index].data, "event")
    if events[index].data.get("onward") is not True:
        return ()
    start = next((at for at in range(index) if events[at].id == first), index)
    return tuple(event.id for event in events[start:index] if event.kind in SHOWN)


def _shown(state: Conversation, everything: Sequence[Event]) -> Conversation:
    hashes = _hashes(everything)
    places = {event.id: index for index, event in enumerate(state.events)}
    masked: set[str] = set()
    checkpoint: Checkpoint | None = None
    start = 0
    for event in state.events:
        covers = text_of(event.data, "covers")
        if event.kind != "compaction" or covers not in places:
            continue
        if hashes.get(covers) != event.data.get("covers_hash"):
            continue  # Made for a log that is not this one.
        details = event.data.get("details")
        if text_of(event.data, "method") == MASKING:
            masked |= set(text_list(_get(details, "masked")))
            continue
        wanted = set(text_list(_get(details, "kept")))
        start = places[covers] + 1
        kept = tuple(item for item in state.events[:start] if item.id in wanted)
        ledger = text_of(event.data, "ledger")
        checkpoint = Checkpoint(event, event.text, ledger, kept)
    history = tuple(item for item in state.events[start:] if item.kind in SHOWN)
    pins = _pins(state.events, history, checkpoint)
    pinned = {pin.event for pin in pins}
    return Conversation(
        state.rules,
        checkpoint,
        history,
        frozenset(masked - pinned),
        pins,
        state.events,
        state.order,
    )


def _pins(
    events: Sequence[Event], history: Sequence[Event], checkpoint: Checkpoint | None
) -> tuple[Pin, ...]:
    texts = {event.id: event.text for event in events}
    pinned: dict[tuple[str, str], Pin] = {}
    kept = checkpoint.kept if checkpoint is not None else ()
    visible = {event.id for event in (*history, *kept)}
    if checkpoint is not None:
        visible.add(checkpoint.event.id)
    for event in events:
        if event.kind != "pin":
            continue
        target, text = text_of(event.data, "event"), event.text
        if not event.data.get("pinned", True):
            pinned = {key: pin for key, pin in pinned.items() if key[0] != target}
        elif text or texts.get(target):
            said = texts.get(target, "")
            shown = target in visible and text in said
            pinned[target, text] = Pin(target, text or said, shown)
    return tuple(pinned.values())


def _hashes(events: Sequence[Event]) -> dict[str, str]:
    """Return `covered_hash` for each event that a compaction names, in one pass."""
    wanted = {text_of(event.data, "covers") for event in events if event.kind == "compaction"}
    found: dict[str, str] = {}
    digest = hashlib.sha256()
    for event in events:
        digest.update(event.id.encode() + b"\n")
        if event.id in wanted:
            found[event.id] = digest.hexdigest()
    return found


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else None
