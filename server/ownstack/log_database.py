"""A log in a SQLite file: a thread of its own writes it in batches, and no caller waits for a disk.

A damaged file is moved aside and a new one begun. Where none can be written, the log lives in
memory and `problem` says why.
"""

from __future__ import annotations

import concurrent.futures
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ownstack import database
from ownstack.errors import NewerFormatError

log = logging.getLogger(__name__)

MAX_WAITING = 10_000
"""Rows that wait for a disk that does not answer; more are dropped."""
GATHER_S = 1.0
"""So long the thread lets rows gather: one that woke for each would take turns from the event loop
in the middle of a key. A crash loses no more."""

T = TypeVar("T")
Write = Callable[[sqlite3.Connection], object]
"""Writes rows; called again on another database if the first one fails."""


@dataclass(frozen=True, slots=True)
class _Question:
    ask: Callable[[sqlite3.Connection], Any]
    answer: Future[Any] = field(default_factory=Future)


_Job = Write | _Question | None


class LogDatabase:
    """A log in one file. Methods return at once, but for `ask`; any thread may call them."""

    def __init__(
        self,
        path: Path,
        what: str,
        migrations: Sequence[database.Migration],
        opened: Write,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`what` is what the log calls it, in the plural.

        `migrations` are only ever appended to, see `database.migrate`. `opened`
        is called on the thread with every database that is opened, in a transaction.
        """
        self._path = path
        self._what = what
        self._migrations = migrations
        self._opened = opened
        self._now = now
        self._jobs: queue.Queue[_Job] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self._closed = False
        self._dropped = 0
        self.problem = ""
        """Why nothing is kept on disk, "" if it is. Known after the first write."""

    def write(self, write: Write) -> None:
        """Have rows written soon, in one transaction with others."""
        self._put(write)

    def ask(self, ask: Callable[[sqlite3.Connection], T], otherwise: T, timeout_s: float) -> T:
        """Return what `ask` finds, after all writes before it; `otherwise` if it is closed.

        Raises:
            TimeoutError: the disk does not answer.
        """
        answer = self.ask_soon(ask)
        if answer is None:
            return otherwise
        try:
            return answer.result(timeout_s)
        except concurrent.futures.TimeoutError:  # Not the built-in one before Python 3.11.
            raise TimeoutError(f"The file of {self._what} does not answer.") from None

    def ask_soon(self, ask: Callable[[sqlite3.Connection], T]) -> Future[T] | None:
        """Have `ask` find something after all writes before it; None if the log is closed.

        The future is done on the log's thread.
        """
        question = _Question(ask)
        return question.answer if self._put(question) else None

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is waiting and end the thread. Safe to call twice."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            self._hurry.set()
            thread.join(timeout_s)

    def _put(self, job: Write | _Question) -> bool:
        with self._lock:
            if self._closed:
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._what, daemon=True)
                self._thread.start()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            if not self._dropped:
                log.warning("The log of %s cannot keep up; some are dropped.", self._what)
            self._dropped += 1
            return False
        if isinstance(job, _Question):
            self._hurry.set()
        return True

    def _run(self) -> None:
        db = self._open()
        try:
            going = True
            while going:
                jobs = [self._jobs.get()]
                self._hurry.wait(GATHER_S)
                self._hurry.clear()  # Before they are taken: who comes later is heard again.
                while not self._jobs.empty():
                    jobs.append(self._jobs.get())
                going = None not in jobs
                db = self._write(db, jobs)
        finally:
            db.close()

    def _write(self, db: sqlite3.Connection, jobs: list[_Job]) -> sqlite3.Connection:
        """Do a batch; returns the database to go on with, another one if this one failed."""
        try:
            self._do(db, jobs)
        except sqlite3.Error as error:
            db.close()
            db = self._move_aside(error) if database.is_damage(error) else self._in_memory(error)
            try:
                self._do(db, jobs)
            except sqlite3.Error as again:
                log.warning("%d %s are lost: %s", len(jobs), self._what, again)
                _fail(jobs, again)
        return db

    def _do(self, db: sqlite3.Connection, jobs: list[_Job]) -> None:
        with db:
            for job in jobs:
                if job is not None and not isinstance(job, _Question):
                    job(db)
        for job in jobs:
            if isinstance(job, _Question) and not job.answer.done():
                _answer(job, db)

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._prepare(str(self._path))
        except sqlite3.DatabaseError as error:
            return self._move_aside(error) if database.is_damage(error) else self._in_memory(error)
        except (OSError, NewerFormatError) as error:
            return self._in_memory(error)

    def _prepare(self, name: str) -> sqlite3.Connection:
        db = sqlite3.connect(name, timeout=database.BUSY_S)
        try:
            db.execute("PRAGMA synchronous = NORMAL")
            database.migrate(db, self._migrations)
            with db:
                self._opened(db)
        except BaseException:
            db.close()
            raise
        return db

    def _move_aside(self, error: Exception) -> sqlite3.Connection:
        aside = self._path.with_name(f"{self._path.name}.broken-{int(self._now())}")
        log.warning("%s is damaged (%s); it is kept as %s.", self._path.name, error, aside.name)
        try:
            database.set_aside(self._path, aside.name)
            return self._prepare(str(self._path))
        except (OSError, sqlite3.Error) as again:
            return self._in_memory(again)

    def _in_memory(self, error: Exception) -> sqlite3.Connection:
        why = str(error).rstrip(".")
        self.problem = f"{self._what.capitalize()} are kept in memory only: {why}."
        log.warning("%s", self.problem)
        return self._prepare(":memory:")


def _answer(question: _Question, db: sqlite3.Connection) -> None:
    """Answer a question; one that stumbles over what it finds leaves the database as it is.

    Raises:
        sqlite3.Error: the database does not answer.
    """
    try:
        found = question.ask(db)
    except sqlite3.Error:
        raise
    except Exception as error:  # handed to whoever asked
        question.answer.set_exception(error)
    else:
        question.answer.set_result(found)


def _fail(jobs: Sequence[_Job], error: Exception) -> None:
    for job in jobs:
        if isinstance(job, _Question) and not job.answer.done():
            job.answer.set_exception(error)
