"""What the log holds, as values, and how they stand in its tables."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ownstack.memory.canonical import canonical
from ownstack.memory.events import Event

log = logging.getLogger(__name__)

DAMAGED = "damaged"
"""Kind of an event of which the data cannot be read; nobody knows it, so it is passed over."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A conversation, as a list shows it."""

    id: str
    project: str
    """Id of the project it was begun in."""
    title: str
    """What the user calls it, or the first line that was said; "" before that."""
    created: float
    updated: float
    """Seconds since 1970."""
    turns: int
    parent: str
    """Id of the session that this one goes on from, "" for none."""
    format: int
    """Of its newest events; see `events.FORMAT`."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An event and its place in the order of the whole log."""

    seq: int
    event: Event


_SESSION = "SELECT id, project, title, created, updated, turns, parent, format FROM session"
_EVENT = "SELECT seq, id, session, turn, kind, at, data FROM event"


def session(db: sqlite3.Connection, id: str) -> SessionInfo | None:
    """Return a session, if it is there."""
    row = db.execute(f"{_SESSION} WHERE id = ?", (id,)).fetchone()
    return SessionInfo(*row) if row else None


def sessions(db: sqlite3.Connection) -> list[SessionInfo]:
    """Return all sessions, the one that was used last first."""
    return [SessionInfo(*row) for row in db.execute(f"{_SESSION} ORDER BY updated DESC, id DESC")]


def insert_session(db: sqlite3.Connection, info: SessionInfo) -> None:
    """Put a session there, unless it is."""
    db.execute(
        "INSERT OR IGNORE INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(info.id, info.project, info.title, info.created, info.updated),
            *(info.turns, info.parent, info.format),
        ),
    )


def insert_events(db: sqlite3.Connection, events: Sequence[Event]) -> None:
    """Put events at the end, but for those that are there."""
    db.executemany(
        "INSERT OR IGNORE INTO event (id, session, turn, kind, at, data) VALUES (?, ?, ?, ?, ?, ?)",
        (
            (event.id, event.session, event.turn, event.kind, event.at, canonical(event.data))
            for event in events
        ),
    )


def events_of(db: sqlite3.Connection, session: str, after: int = 0) -> list[Logged]:
    """Return the events of a session in their order, those that came after a number."""
    asked = (session, after)
    return list(_logged(db.execute(f"{_EVENT} WHERE session = ? AND seq > ? ORDER BY seq", asked)))


def events_after(db: sqlite3.Connection, after: int, limit: int) -> list[Logged]:
    """Return events of all sessions in their order, at most so many."""
    asked = (after, limit)
    return list(_logged(db.execute(f"{_EVENT} WHERE seq > ? ORDER BY seq LIMIT ?", asked)))


def events_of_kinds(db: sqlite3.Connection, project: str, kinds: Sequence[str]) -> list[Logged]:
    """Return the events of some kinds from all sessions of a project, in their order."""
    marks = ", ".join("?" * len(kinds))
    return list(
        _logged(
            db.execute(
                f"{_EVENT} WHERE kind IN ({marks})"
                " AND session IN (SELECT id FROM session WHERE project = ?) ORDER BY seq",
                (*kinds, project),
            )
        )
    )


def events_named(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Event]:
    """Return events by their ids; those that are gone are left out."""
    marks = ", ".join("?" * len(ids))
    found = _logged(db.execute(f"{_EVENT} WHERE id IN ({marks})", tuple(ids)))
    return {logged.event.id: logged.event for logged in found}


def _logged(rows: sqlite3.Cursor) -> Iterator[Logged]:
    for seq, id, session, turn, kind, at, text in rows:
        try:
            data = json.loads(text)
            if not isinstance(data, dict):
                raise ValueError("it is no object")
        except (ValueError, RecursionError) as error:
            log.warning("Event %s of the log cannot be read: %s", seq, error)
            kind, data = DAMAGED, {}
        yield Logged(seq, Event(id, session, turn, kind, at, MappingProxyType(data)))
