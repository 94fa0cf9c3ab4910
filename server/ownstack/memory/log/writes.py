"""What can be done to the log, as values: each is run in a transaction, or waits for the disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from ownstack.errors import NewerFormatError, SessionNotFoundError
from ownstack.memory.events import FORMAT, Event
from ownstack.memory.log import rows
from ownstack.memory.log.rows import SessionInfo
from ownstack.text import truncate

MAX_TITLE_CHARS = 80


class Write(Protocol):
    """Something to write."""

    @property
    def waits(self) -> bool:
        """Whether it may be kept in memory until the disk takes it. Else it fails."""
        ...

    @property
    def is_durable(self) -> bool:
        """Whether it must outlive a loss of power, not only of the process."""
        ...

    @property
    def erases(self) -> bool:
        """Whether what it removes must be gone from the disk as well."""
        ...

    def run(self, db: sqlite3.Connection, began_anew: bool) -> Any:
        """Write it, in a transaction. `began_anew`: the file is another one than when it was asked.

        Raises:
            MemoryStoreError: it cannot be; nothing is changed.
        """
        ...


class _Kept:
    waits: ClassVar[bool] = True
    is_durable: ClassVar[bool] = True
    erases: ClassVar[bool] = False


class _Asked:
    waits: ClassVar[bool] = False
    is_durable: ClassVar[bool] = True
    erases: ClassVar[bool] = False


@dataclass(frozen=True)
class NewSession(_Kept):
    """Begin a session, in a project whose folder is `root`."""

    info: SessionInfo
    root: str

    def run(self, db: sqlite3.Connection, began_anew: bool) -> bool:
        row = (self.info.project, os.fsencode(self.root))
        db.execute("INSERT OR REPLACE INTO project VALUES (?, ?)", row)
        rows.insert_session(db, self.info)
        return True


@dataclass(frozen=True)
class Append(_Kept):
    """Put events at the end of a session's; `answer` names pieces that they make needless."""

    info: SessionInfo
    events: tuple[Event, ...]
    history: Callable[[], Sequence[Event]]
    """What stands before them, for a file that was begun anew."""
    answer: str = ""
    recovers: bool = False
    """Only if that answer still has no end."""

    def run(self, db: sqlite3.Connection, began_anew: bool) -> bool:
        if self.recovers and not _has_answer(db, self.answer):
            return False
        known = _writable(db, self.info, self.history() if began_anew else None)
        _add(db, known, self.events)
        if self.answer:
            _forget_answer(db, self.answer)
        return True


@dataclass(frozen=True)
class Derive:
    """Add events that follow from those of the whole project, while nobody else adds any."""

    info: SessionInfo
    history: Callable[[], Sequence[Event]]
    kinds: tuple[str, ...]
    make: Callable[[Sequence[Event]], tuple[Any, Sequence[Event]]]
    """Returns what `run` is to return, and the events."""
    events: tuple[Event, ...] = ()
    """If the disk takes nothing: what they are in memory, until they are derived again there."""
    is_durable: ClassVar[bool] = True
    erases: ClassVar[bool] = False

    @property
    def waits(self) -> bool:
        return bool(self.events)

    def run(self, db: sqlite3.Connection, began_anew: bool) -> Any:
        known = _writable(db, self.info, self.history() if began_anew else None)
        logged = rows.events_of_kinds(db, known.project, self.kinds)
        value, made = self.make([entry.event for entry in logged])
        _add(db, known, made)
        return value


@dataclass(frozen=True)
class BeginTurn(_Asked):
    """Take the number of the next turn, which nobody else gets."""

    info: SessionInfo
    history: Callable[[], Sequence[Event]]
    at_least: int

    def run(self, db: sqlite3.Connection, began_anew: bool) -> int:
        known = _writable(db, self.info, self.history() if began_anew else None)
        number = max(known.turns + 1, self.at_least)
        db.execute("UPDATE session SET turns = ? WHERE id = ?", (number, known.id))
        return number


@dataclass(frozen=True)
class BeginAnswer(_Kept):
    """A model begins to answer; pieces follow. `owner` names the process that writes them."""

    id: str
    session: str
    turn: int
    at: float
    model: str
    owner: str
    is_durable: ClassVar[bool] = False

    def run(self, db: sqlite3.Connection, began_anew: bool) -> bool:
        if not began_anew and rows.session(db, self.session) is None:
            raise missing(self.session)
        db.execute(
            "INSERT OR IGNORE INTO answer VALUES (?, ?, ?, ?, ?, ?)",
            (self.id, self.session, self.turn, self.at, unicode(self.model), self.owner),
        )
        return True


@dataclass(frozen=True)
class Piece(_Kept):
    """An answer goes on with this; it is there before anybody is shown it."""

    answer: BeginAnswer
    number: int
    text: str
    is_reasoning: bool = False
    is_durable: ClassVar[bool] = False

    def run(self, db: sqlite3.Connection, began_anew: bool) -> bool:
        if began_anew:
            self.answer.run(db, began_anew)
        elif not _has_answer(db, self.answer.id):
            raise missing(self.answer.session)
        db.execute(
            "INSERT OR IGNORE INTO piece VALUES (?, ?, ?, ?)",
            (self.answer.id, self.number, int(self.is_reasoning), unicode(self.text)),
        )
        return True


@dataclass(frozen=True)
class Rename(_Asked):
    """Give a session a title."""

    session: str
    title: str

    def run(self, db: sqlite3.Connection, began_anew: bool) -> None:
        found = rows.session(db, self.session)
        if found is None:
            raise missing(self.session)
        _require_known_format(found)
        db.execute("UPDATE session SET title = ? WHERE id = ?", (self.title, self.session))


@dataclass(frozen=True)
class Delete(_Asked):
    """Remove a session with all that was said in it."""

    session: str
    erases: ClassVar[bool] = True

    def run(self, db: sqlite3.Connection, began_anew: bool) -> None:
        if rows.session(db, self.session) is None:
            raise missing(self.session)
        db.execute("DELETE FROM session WHERE id = ?", (self.session,))
        db.execute("DELETE FROM event WHERE session = ?", (self.session,))
        db.execute(
            "DELETE FROM piece WHERE answer IN (SELECT id FROM answer WHERE session = ?)",
            (self.session,),
        )
        db.execute("DELETE FROM answer WHERE session = ?", (self.session,))
        db.execute("DELETE FROM project WHERE id NOT IN (SELECT project FROM session)")


def title_of(events: Sequence[Event]) -> str:
    """Return the first line that a user said, short."""
    said = (event.text for event in events if event.kind == "user" and event.text.strip())
    return first_line(next(said, ""))


def first_line(said: str) -> str:
    """Return the title of a session that begins with this."""
    line = said.strip().partition("\n")[0].rstrip()
    return unicode(truncate(line, MAX_TITLE_CHARS))


def unicode(text: str) -> str:
    """Return a text without lone surrogates, which a column of text does not take."""
    return text.encode("utf-8", "replace").decode()


def missing(session: str) -> SessionNotFoundError:
    """Return the error that says that a session is not there."""
    return SessionNotFoundError(
        f"There is no conversation {session}.", "It may have been deleted in another window."
    )


def _writable(
    db: sqlite3.Connection, info: SessionInfo, history: Sequence[Event] | None
) -> SessionInfo:
    """Return the session as it stands there; `history` brings it back into a file begun anew."""
    found = rows.session(db, info.id)
    if found is None and history is None:
        raise missing(info.id)
    if found is None:
        found = replace(info, title=info.title or title_of(history or ()))
    if history is not None:
        rows.insert_session(db, found)
        rows.insert_events(db, history)
    _require_known_format(found)
    return found


def _add(db: sqlite3.Connection, known: SessionInfo, events: Sequence[Event]) -> None:
    if not events:
        return
    rows.insert_events(db, events)
    db.execute(
        "UPDATE session SET updated = max(updated, ?), turns = max(turns, ?), title = ?,"
        " format = ? WHERE id = ?",
        (
            max(event.at for event in events),
            max(event.turn for event in events),
            known.title or title_of(events),
            FORMAT,
            known.id,
        ),
    )


def _require_known_format(found: SessionInfo) -> None:
    if found.format > FORMAT:
        raise NewerFormatError(
            f"This conversation was continued by a newer version of Ownstack (format "
            f"{found.format}, this one writes {FORMAT}).",
            "It can be read here, not continued: update Ownstack, or begin another one.",
        )


def _has_answer(db: sqlite3.Connection, answer: str) -> bool:
    found = db.execute("SELECT 1 FROM answer WHERE id = ?", (answer,))
    return found.fetchone() is not None


def _forget_answer(db: sqlite3.Connection, answer: str) -> None:
    db.execute("DELETE FROM piece WHERE answer = ?", (answer,))
    db.execute("DELETE FROM answer WHERE id = ?", (answer,))
