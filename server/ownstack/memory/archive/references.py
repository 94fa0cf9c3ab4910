"""Events of a session as an archive keeps them, and as another session is given them.

The ids of events belong to their session. In an archive an event is named by its place, E1 and so
on, wherever another one names it: what a compaction covers, what is undone or pinned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ownstack.memory import events
from ownstack.memory.archive.archive import KeptEvent
from ownstack.memory.conversation import covered_hash, text_of
from ownstack.memory.events import Event, Stamp
from ownstack.memory.imported import IMPORTED

HOLDS = "holds"
"""In place of the hash of what a compaction covers, which is another one in another session."""
_ONE = {"compaction": ("covers",), "undo": ("event",), "pin": ("event",)}
_MANY = ("kept", "masked")
"""Lists of events in the details of a compaction."""


def kept(logged: Sequence[Event], order: Sequence[str]) -> tuple[KeptEvent, ...]:
    """Return events as an archive has them; `order` are the ids of all of the session's."""
    names = {event.id: f"E{place}" for place, event in enumerate(logged, 1)}
    return tuple(_kept(event, names, order) for event in logged)


def plain(event: Event, data: Mapping[str, Any] | None = None) -> KeptEvent:
    """Return an event that names no other."""
    own = event.data if data is None else data
    content = {key: value for key, value in own.items() if key != IMPORTED}
    return KeptEvent(event.turn, event.kind, event.at, content)


def imported(archived: Iterable[KeptEvent], session: str, before: Sequence[str]) -> list[Event]:
    """Return archived events as those of a session; `before` are the ids of what it has already.

    Raises:
        EventError: one is no event.
    """
    order = list(before)
    ids: dict[str, str] = {}
    made: list[Event] = []
    for place, item in enumerate(archived, 1):
        data = _with_references(item.kind, item.data, ids)
        if item.kind == "compaction" and data.get("covers_hash") == HOLDS:
            data["covers_hash"] = covered_hash(order, text_of(data, "covers"))
        stamp = Stamp(session, item.turn, item.at)
        made.append(events.event(stamp, item.kind, data | {IMPORTED: True}))
        ids[f"E{place}"] = made[-1].id
        order.append(made[-1].id)
    return made


def _kept(event: Event, names: Mapping[str, str], order: Sequence[str]) -> KeptEvent:
    data = _with_references(event.kind, event.data, names)
    if event.kind == "compaction":
        covers = text_of(event.data, "covers")
        if covers in names and data.get("covers_hash") == covered_hash(order, covers):
            data["covers_hash"] = HOLDS
    return plain(event, data)


def _with_references(
    kind: str, data: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, Any]:
    """Return data in which events have other names; a name that is not known stays."""
    made = dict(data)
    for key in _ONE.get(kind, ()):
        if isinstance(made.get(key), str):
            made[key] = names.get(made[key], made[key])
    details = made.get("details")
    if kind == "compaction" and isinstance(details, Mapping):
        named = {
            key: [names.get(item, item) if isinstance(item, str) else item for item in details[key]]
            for key in _MANY
            if isinstance(details.get(key), (list, tuple))
        }
        made["details"] = {**details, **named}
    return made
