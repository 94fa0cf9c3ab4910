"""An answer while it streams: each piece is in the log before anybody is shown it.

Whoever writes pieces holds a lock that ends with the process. An answer whose writer is gone is
made an event, with what had been written (`finish` is "interrupted").
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import MemoryStoreError
from ownstack.locking import FileLock
from ownstack.memory import events
from ownstack.memory.events import Event, Finish, Stamp
from ownstack.memory.log.writes import BeginAnswer, Piece, Write

log = logging.getLogger(__name__)


class Owner:
    """This process, as one who writes answers: a file that is locked as long as it lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = ""
        self._lock: FileLock | None = None
        self._taking = threading.Lock()

    def name(self) -> str:
        """Return the name under which answers are written, "" if no lock can be had."""
        with self._taking:
            if self._lock is None:
                name = uuid.uuid4().hex
                try:
                    self._lock = FileLock.take(self._folder / name)
                except OSError:
                    return ""
                self._name = name
            return self._name

    def is_gone(self, name: str) -> bool:
        """Say whether nobody writes under a name any more."""
        if name == self._name:
            return False
        file = self._folder / name
        if not name or not file.exists():
            return True
        lock = FileLock.take(file)
        if lock is None:
            return False
        lock.release()
        _remove(file)
        return True

    def release(self) -> None:
        """Write no more."""
        with self._taking:
            lock, self._lock = self._lock, None
            if lock is not None:
                lock.release()
                _remove(self._folder / self._name)


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:  # Somebody just looks at it; it means nothing any more.
        log.debug("%s stays: %s", file, error)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An answer of which pieces were written, and no end."""

    id: str
    stamp: Stamp
    model: str
    owner: str
    text: str
    reasoning: str

    def event(self) -> Event:
        return events.assistant(
            self.stamp,
            self.text,
            finish="interrupted",
            reasoning=self.reasoning,
            model=self.model,
            answer=self.id,
        )


def unfinished(db: sqlite3.Connection, session: str) -> list[Unfinished]:
    """Return the answers of a session that have no end yet, whoever writes them."""
    found = db.execute(
        "SELECT id, session, turn, at, model, owner FROM answer WHERE session = ? ORDER BY at",
        (session,),
    ).fetchall()
    answers = []
    for id, of_session, turn, at, model, owner in found:
        pieces = db.execute(
            "SELECT reasoning, text FROM piece WHERE answer = ? ORDER BY number", (id,)
        ).fetchall()
        text, thought = (
            "".join(piece for is_thought, piece in pieces if bool(is_thought) is wanted)
            for wanted in (False, True)
        )
        answers.append(Unfinished(id, Stamp(of_session, turn, at), model, owner, text, thought))
    return answers


class AnswerWriter:
    """Writes one answer. What `write` has been awaited for may be shown: no crash loses it.

    `async with` ends it in any case: what came of an answer that is stopped or fails is kept.
    """

    def __init__(
        self,
        stamp: Stamp,
        model: str,
        owner: str,
        submit: Callable[[Write], Future[bool]],
        append: Callable[[Event, str], Future[bool]],
        refresh: Callable[[], object],
    ) -> None:
        self._begun = BeginAnswer(
            uuid.uuid4().hex, stamp.session, stamp.turn, stamp.at, model, owner
        )
        self._submit = submit
        self._append = append
        self._refresh = refresh
        self._number = 0
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._ended = False
        submit(self._begun)

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self._texts)

    async def __aenter__(self) -> AnswerWriter:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if self._ended:
            return
        if error is None:
            await self.end()
            return
        try:
            await self.end("cancelled" if isinstance(error, asyncio.CancelledError) else "error")
        except MemoryStoreError as again:
            log.warning("What came of an answer is not kept: %s", again)

    async def write(self, text: str, *, is_reasoning: bool = False) -> bool:
        """Log a piece; return whether it is on disk, else it waits in memory.

        Raises:
            MemoryStoreError: it cannot be logged, or the answer has ended.
        """
        return await asyncio.wrap_future(self.submit(text, is_reasoning=is_reasoning))

    def submit(self, text: str, *, is_reasoning: bool = False) -> Future[bool]:
        """Log a piece, for callers without an event loop."""
        if self._ended:
            raise MemoryStoreError("This answer has ended; nothing can be added to it.")
        (self._thoughts if is_reasoning else self._texts).append(text)
        piece = Piece(self._begun, self._number, text, is_reasoning)
        self._number += 1
        return self._submit(piece)

    async def end(self, finish: Finish = "stop") -> bool:
        """Make an event of the answer, and have the session's events hold it.

        Returns whether it is on disk, else it waits in memory.

        Raises:
            MemoryStoreError: it cannot be kept, or the answer has ended.
        """
        kept = await asyncio.wrap_future(self.finish(finish))
        await asyncio.to_thread(self._refresh)
        return kept

    def finish(self, finish: Finish = "stop", *, at: float | None = None) -> Future[bool]:
        """Make an event of the answer, as far as it came, in place of its pieces.

        For callers without an event loop; `SessionLog.refresh` shows the event.
        """
        if self._ended:
            raise MemoryStoreError("This answer has ended already.")
        begun = self._begun
        event = events.assistant(
            Stamp(begun.session, begun.turn, time.time() if at is None else at),
            self.text,
            finish=finish,
            reasoning="".join(self._thoughts),
            model=begun.model,
            answer=begun.id,
        )
        self._ended = True
        return self._append(event, begun.id)
