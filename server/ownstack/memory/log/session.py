"""The log of one session: its events in their order, and what is added to them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from ownstack.errors import EventError, MemoryStoreError, NotWrittenError
from ownstack.memory.events import Event, Stamp
from ownstack.memory.log import rows
from ownstack.memory.log.answers import AnswerWriter, Owner, Unfinished
from ownstack.memory.log.rows import Logged, SessionInfo
from ownstack.memory.log.store import LogStore
from ownstack.memory.log.writes import Append, BeginTurn, Derive, Write

log = logging.getLogger(__name__)
T = TypeVar("T")


class SessionLog:
    """One per window that shows the session. May be used from any thread."""

    def __init__(
        self,
        info: SessionInfo,
        store: LogStore,
        owner: Owner,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.info = info
        """As it was when it was opened; the id and the project stay."""
        self._store = store
        self._owner = owner
        self._now = now
        self._seen: dict[str, Event] = {}
        self._last_seq = 0
        self._generation = store.generation
        self._reading = threading.Lock()

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def events(self) -> tuple[Event, ...]:
        """All that is known of it: what `refresh` read, then what waits for the disk."""
        waiting = {event.id: event for event in self._store.waiting_events(session=self.id)}
        return tuple({**self._seen, **waiting}.values())

    @property
    def last_turn(self) -> int:
        """The number of the newest turn, 0 before the first."""
        return max((event.turn for event in self.events), default=0)

    def refresh(self) -> tuple[Event, ...]:
        """Read what has come since, from other windows too; return what is new.

        Raises:
            MemoryStoreError: it cannot be read.
        """
        with self._reading:
            if self._store.generation != self._generation:
                self._generation, self._last_seq = self._store.generation, 0
            after = self._last_seq
            logged = self._store.read(lambda db: rows.events_of(db, self.id, after))
            new = self._take(logged)
        return new

    def _take(self, logged: list[Logged]) -> tuple[Event, ...]:
        new = [entry.event for entry in logged if entry.event.id not in self._seen]
        self._seen.update((event.id, event) for event in new)
        self._last_seq = max((self._last_seq, *(entry.seq for entry in logged)))
        return tuple(new)

    def _refresh_if_readable(self, written: Sequence[Event]) -> None:
        try:
            self.refresh()
        except MemoryStoreError as error:
            log.warning("%s", error)
            with self._reading:
                self._seen.update((event.id, event) for event in written)

    def stamp(self, turn: int) -> Stamp:
        """Return the place of something that happens now in a turn."""
        return Stamp(self.id, turn, self._now())

    def begin_turn(self) -> int:
        """Return the number of a new turn, which no other window gets.

        Raises:
            MemoryStoreError: the session was deleted, or a newer version writes it.
        """
        at_least = self.last_turn + 1
        asked: Future[int] = self._store.submit(BeginTurn(self.info, self._history, at_least))
        try:
            return asked.result()
        except NotWrittenError:
            return at_least

    def append(self, *events: Event) -> bool:
        """Log events, and return whether they are on disk; else they wait in memory.

        Raises:
            MemoryStoreError: they cannot be kept: the session was deleted, or a newer version
                writes it.
        """
        kept = self.submit(*events).result()
        self._refresh_if_readable(events if kept else ())
        return kept

    def require_open(self) -> None:
        """See that what is logged now is kept, on disk or in memory for it. Logs nothing.

        Raises:
            MemoryStoreError: the session was deleted, or a newer version writes the log.
        """
        self.append()

    async def add(self, *events: Event) -> bool:
        """Log events like `append`, without making the event loop wait."""
        return await asyncio.to_thread(self.append, *events)

    def submit(self, *events: Event, answer: str = "") -> Future[bool]:
        """Have events logged, and wait for nothing.

        Raises:
            EventError: one is another session's.
        """
        if any(event.session != self.id for event in events):
            raise EventError("An event of another conversation cannot be recorded in this one.")
        return self._store.submit(Append(self.info, events, self._history, answer))

    def of_project(self, *kinds: str) -> list[Event]:
        """Return the events of some kinds from all sessions of the project.

        Raises:
            MemoryStoreError: they cannot be read.
        """
        of_project = self._store.waiting_events(project=self.info.project)
        waiting = {event.id: event for event in of_project}
        logged = self._store.read(lambda db: rows.events_of_kinds(db, self.info.project, kinds))
        known = {entry.event.id: entry.event for entry in logged}
        wanted = {id: event for id, event in waiting.items() if event.kind in kinds}
        return list({**known, **wanted}.values())

    def derive(
        self, kinds: Sequence[str], make: Callable[[Sequence[Event]], tuple[T, Sequence[Event]]]
    ) -> T:
        """Log what `make` returns for `of_project`, and let nobody add to those meanwhile.

        Where the disk takes nothing, the events wait in memory like all others.

        Raises:
            MemoryStoreError: they cannot be kept.
        """
        derive = Derive(self.info, self._history, tuple(kinds), make)
        asked: Future[T] = self._store.submit(derive)
        try:
            value = asked.result()
        except NotWrittenError:
            value, made = make(self.of_project(*kinds))
            if made:
                self._store.submit(replace(derive, events=tuple(made))).result()
            return value
        self._refresh_if_readable(())
        return value

    def recover(self, answer: Unfinished) -> bool:
        """Make an event of what a process that is gone had written; False if another one did."""
        append = Append(self.info, (answer.event(),), self._history, answer.id, recovers=True)
        return bool(self._store.submit(append).result())

    def answer(self, turn: int, model: str = "") -> AnswerWriter:
        """Begin to write an answer as it comes."""

        def submit(write: Write) -> Future[Any]:
            return self._store.submit(write)

        def append(event: Event, answer: str) -> Future[bool]:
            return self.submit(event, answer=answer)

        def refresh() -> None:
            self._refresh_if_readable(())

        owner = self._owner.name()
        return AnswerWriter(self.stamp(turn), model, owner, submit, append, refresh)

    def _history(self) -> tuple[Event, ...]:
        return tuple(self._seen.copy().values())
