"""The log's file: append-only, written by one thread, read by anyone. Loses nothing it was given.

What the disk does not take (it is full, read-only, held by another process) stays in memory, is
read from there, and is written in its order as soon as the disk takes it. A damaged file is set
aside, and what is readable of it taken over. A file of a newer version is only read.
"""

from __future__ import annotations

import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ownstack import database
from ownstack.errors import MemoryStoreError, NewerFormatError, NotWrittenError, OwnstackError
from ownstack.locking import FileLock
from ownstack.memory.events import Event
from ownstack.memory.log.rows import SessionInfo
from ownstack.memory.log.salvage import salvage
from ownstack.memory.log.schema import MIGRATIONS
from ownstack.memory.log.writes import Append, Derive, NewSession, Write
from ownstack.paths import private_folder

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_S = 2.0
"""How long after a refusal the disk is asked again, if nothing else is to be written."""


@dataclass(eq=False, slots=True)
class _Job:
    write: Write
    generation: int
    """Of the file for which it was asked."""
    answer: Future[Any] = field(default_factory=Future)

    def resolve(self, value: object) -> None:
        try:
            self.answer.set_result(value)
        except InvalidStateError:
            return  # Nobody waits any more, or it was said before that it waits in memory.

    def fail(self, error: Exception) -> None:
        try:
            self.answer.set_exception(error)
        except InvalidStateError:
            log.warning("Something said in a conversation cannot be kept: %s", error)


class LogStore:
    """One per process and file. Methods may be called from any thread."""

    def __init__(self, path: Path, *, retry_s: float = RETRY_S) -> None:
        self.path = path
        self.problem = ""
        """Why something waits in memory, or nothing can be written; "" if all is well."""
        self.notice = ""
        """What happened to the file that a user should know of: it was damaged."""
        self.generation = 0
        """How often the file was found to be another one than before."""
        self._retry_s = retry_s
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._waiting: tuple[_Job, ...] = ()
        self._db: sqlite3.Connection | None = None
        self._inode = 0
        self._owes_erasure = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, write: Write) -> Future[Any]:
        """Have something written; the future has what `write.run` returns.

        It is False for what waits in memory for the disk (`problem` says why). It has an error for
        what cannot be written, and for what does not wait (NotWrittenError).
        """
        job = _Job(write, self.generation)
        self._put(job)
        return job.answer

    def read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the file something. What waits in memory is not in it (`waiting_events`).

        Raises:
            MemoryStoreError: it cannot be read.
        """
        if self._db is None:
            self.submit(_Opened()).exception()  # So that it is there, and of the newest schema.
        try:
            return self._ask(ask)
        except sqlite3.Error as error:
            if not database.is_damage(error):
                raise _unreadable(self.path, error) from error
        self.submit(_Damaged(self.generation)).exception()
        try:
            return self._ask(ask)
        except sqlite3.Error as error:
            raise _unreadable(self.path, error) from error

    def waiting_events(self, *, session: str = "", project: str = "") -> list[Event]:
        """Return the events of a session or a project that the disk has not taken, in order."""
        return [
            event
            for job in self._waiting
            if isinstance(job.write, (Append, Derive))
            and (job.write.info.id == session or job.write.info.project == project)
            for event in job.write.events
        ]

    def waiting_sessions(self) -> list[SessionInfo]:
        """Return the sessions that the disk has not taken."""
        writes = [job.write for job in self._waiting]
        return [write.info for write in writes if isinstance(write, NewSession)]

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what is waiting and end the thread. Safe to call twice."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join(timeout_s)

    def _put(self, job: _Job) -> None:
        with self._lock:
            if self._closed:
                job.fail(MemoryStoreError("The log of conversations was closed."))
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
            self._jobs.put(job)

    def _ask(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        if self.path.exists():
            try:
                with closing(database.connect(self.path)) as db:
                    return self._ask_file(db, ask)
            except sqlite3.OperationalError:
                if not database.is_at_rest(self.path):
                    raise
                # A full or read-only disk has no place for what SQLite wants beside the file.
                with closing(database.connect(self.path, at_rest=True)) as db:
                    return self._ask_file(db, ask)
        return self._ask_nothing(ask)

    def _ask_file(self, db: sqlite3.Connection, ask: Callable[[sqlite3.Connection], T]) -> T:
        db.execute("PRAGMA query_only = ON")
        return ask(db) if database.schema(db) > 0 else self._ask_nothing(ask)

    def _ask_nothing(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        # It could not be made, so there is nothing in it.
        with closing(database.connect(":memory:")) as db:
            database.migrate(db, MIGRATIONS)
            return ask(db)

    # Below, all runs on the one thread that writes.

    def _run(self) -> None:
        going = True
        try:
            while going:
                jobs = self._next()
                going = None not in jobs
                self._work([job for job in jobs if job is not None])
        finally:
            if self._waiting:
                log.warning("%d writes to the log of conversations are lost", len(self._waiting))
            self._shut()

    def _next(self) -> list[_Job | None]:
        owes = bool(self._waiting) or self._owes_erasure
        try:
            jobs = [self._jobs.get(timeout=self._retry_s if owes else None)]
        except queue.Empty:
            return []
        while not self._jobs.empty():
            jobs.append(self._jobs.get())
        return jobs

    def _work(self, jobs: Sequence[_Job]) -> None:
        batch = [*self._waiting, *jobs]
        if not batch and not self._owes_erasure:
            return
        try:
            self._commit(batch)
        except NewerFormatError as error:
            self.problem = f"The log of conversations is only read. {error}"
            self._refuse(jobs, error)
        except (sqlite3.OperationalError, OSError) as error:
            self._keep(batch, error)
        except Exception as error:  # One of them is at fault, or the file is damaged.
            if database.is_damage(error):
                self._begin_anew(error)
            self._commit_each(batch)

    def _commit(self, batch: Sequence[_Job]) -> None:
        db = self._opened()
        durable = any(job.write.is_durable for job in batch)
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        outcomes: list[Any] = []
        with database.transaction(db):
            for job in batch:
                try:
                    outcomes.append(job.write.run(db, job.generation < self.generation))
                except OwnstackError as error:
                    outcomes.append(error)
        self._waiting, self.problem = (), ""
        if self._owes_erasure or any(job.write.erases for job in batch):
            self._owes_erasure = not _erased(db)
        for job, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, OwnstackError):
                job.fail(outcome)
            else:
                job.resolve(outcome)

    def _commit_each(self, batch: Sequence[_Job]) -> None:
        waiting: list[_Job] = []
        problem = ""
        for job in batch:
            try:
                self._waiting = ()
                self._commit([job])
            except (sqlite3.OperationalError, OSError) as error:
                self._keep([job], error)
                waiting.extend(self._waiting)
                problem = self.problem
            except Exception as error:
                log.exception("A write to the log of conversations failed")
                job.fail(MemoryStoreError(f"It cannot be kept in the log: {error}."))
        self._waiting, self.problem = tuple(waiting), problem

    def _keep(self, batch: Sequence[_Job], error: Exception) -> None:
        """Let in memory what may wait, and say no to the rest."""
        before = self.problem
        self.problem = (
            f"The log of conversations cannot be written ({error}): what is new is kept in memory,"
            " and written once the disk takes it."
        )
        if self.problem != before:  # The disk is asked again and again.
            log.warning("%s", self.problem)
        self._waiting = tuple(job for job in batch if job.write.waits)
        for job in self._waiting:
            job.resolve(False)
        refused = NotWrittenError(
            f"The log of conversations cannot be written: {error}.",
            f"Make room for it, or make {self.path.parent} writable, and try again.",
        )
        self._refuse([job for job in batch if not job.write.waits], refused)

    def _refuse(self, batch: Sequence[_Job], error: Exception) -> None:
        for job in batch:
            job.fail(error)

    def _opened(self) -> sqlite3.Connection:
        if self._db is not None:
            if _inode(self.path) == self._inode:
                database.require_known(self._db, MIGRATIONS)
                return self._db
            # Another process has set it aside, or somebody has removed it.
            self._shut()
            self.generation += 1
        private_folder(self.path.parent)
        db = database.connect(self.path)
        try:
            database.migrate(db, MIGRATIONS)
        except BaseException:
            db.close()
            raise
        self._db, self._inode = db, _inode(self.path)
        return db

    def _shut(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()

    def _begin_anew(self, error: BaseException) -> None:
        """Set the file aside, unless another process did, and take over what is readable."""
        inode = self._inode or _inode(self.path)
        self._shut()
        self.generation += 1
        name = f"{self.path.name}.damaged-{time.time_ns() // 1_000_000}"
        try:
            lock = FileLock.take(self.path.with_name(f"{self.path.name}.lock"), waits=True)
            with lock or threading.Lock():
                if _inode(self.path) == inode:
                    aside = database.set_aside(self.path, name)
                    taken = _salvaged(aside, self._opened())
                    self.notice = (
                        f"The log of conversations was damaged ({error}). It is kept as {aside}; "
                        f"{taken} events could be read and are in the new one."
                    )
                    log.warning("%s", self.notice)
        except (OSError, sqlite3.Error) as again:
            log.warning("A damaged log of conversations cannot be replaced: %s", again)


class _Opened:
    """Has the file opened, and made if need be."""

    waits = is_durable = erases = False

    def run(self, db: sqlite3.Connection, began_anew: bool) -> None:
        return None


@dataclass(frozen=True)
class _Damaged:
    """A reader has found the file damaged; it may have been replaced since."""

    generation: int
    waits = is_durable = erases = False

    def run(self, db: sqlite3.Connection, began_anew: bool) -> None:
        if not began_anew:
            raise sqlite3.DatabaseError("a part of it cannot be read")


def _erased(db: sqlite3.Connection) -> bool:
    """Cut off the write-ahead log, in which what was deleted still stands; False if it cannot be.

    It cannot while somebody reads.
    """
    try:
        return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        log.warning("What was deleted cannot be erased yet: %s", error)
        return False


def _salvaged(aside: Path, db: sqlite3.Connection) -> int:
    try:
        return salvage(aside, db)
    except sqlite3.Error as error:
        log.warning("Nothing of %s can be read: %s", aside, error)
        return 0


def _inode(path: Path) -> int:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def _unreadable(path: Path, error: Exception) -> MemoryStoreError:
    return MemoryStoreError(
        f"The log of conversations cannot be read: {error}.", f"It is the file {path}."
    )
