"""What became of suggestions, kept in a local SQLite file.

Stored for each suggestion: a random id, the time, the language id, which tier and model made it,
its length in characters and lines, its confidence, and a keyed hash of its text. The key is
random and lies in the file: equal texts can be counted, but not read back except by guessing.
For each event: the suggestion's id, the time, the kind, and a number (characters typed, or the
share that is still there). Never stored: code, file names, paths. Nothing of it leaves the
machine. Rows older than `KEEP_DAYS` are deleted.

Writing happens on a thread of its own, in batches; nothing here makes an event loop wait.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Union

log = logging.getLogger(__name__)

KEEP_DAYS = 365
MAX_WAITING = 10_000
"""Events that wait for a disk that does not answer; more are dropped."""
_BUSY_S = 2.0
_BUSY_STEP_S = 0.01

Kind = Literal[
    "shown", "typed-through", "accepted", "partly", "rejected", "kept-30s", "kept-2m", "kept-10m"
]


@dataclass(frozen=True, slots=True)
class Offered:
    """A suggestion that was shown. `text` is hashed on the way in."""

    id: str
    language: str
    source: str
    model: str
    text: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class _Event:
    suggestion: str
    at: float
    kind: str
    value: float


_Job = Union[tuple[float, Offered], _Event, "Future[dict[str, int]]", None]


def _m001_tables(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE suggestion (id TEXT PRIMARY KEY, at REAL NOT NULL, language TEXT NOT NULL,"
        " source TEXT NOT NULL, model TEXT NOT NULL, chars INTEGER NOT NULL,"
        " lines INTEGER NOT NULL, confidence REAL, text_hash BLOB NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE event (suggestion TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,"
        " value REAL NOT NULL)"
    )
    db.execute("CREATE INDEX event_at ON event (at)")
    db.execute("CREATE INDEX event_kind ON event (kind)")
    db.execute("INSERT INTO meta VALUES ('hash_key', ?)", (secrets.token_bytes(16),))


_MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_m001_tables,)
"""Append only; `PRAGMA user_version` is how many have run."""


class SignalLog:
    """One per process. Methods return at once and may be called from any thread.

    A damaged file is moved aside and a new one begun; where none can be written, the log lives
    in memory and `problem` says why.
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._jobs: queue.Queue[_Job] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._key = b""
        self._dropped = 0
        self.problem = ""
        """Why nothing is kept on disk, "" if it is. Known after the first write."""

    def offered(self, suggestion: Offered) -> None:
        """Record that a suggestion was shown."""
        self._put((self._now(), suggestion))
        self.event(suggestion.id, "shown", float(len(suggestion.text)))

    def event(self, suggestion: str, kind: Kind, value: float = 0.0) -> None:
        """Record what happened to a suggestion."""
        self._put(_Event(suggestion, self._now(), kind, value))

    def totals(self, timeout_s: float = 5.0) -> dict[str, int]:
        """Return how many events of each kind are in the log. Waits for all writes before it."""
        future: Future[dict[str, int]] = Future()
        if not self._put(future):
            return {}
        return future.result(timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is waiting and end the thread. Safe to call twice."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join(timeout_s)

    def _put(self, job: _Job) -> bool:
        with self._lock:
            if self._closed:
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="signals", daemon=True)
                self._thread.start()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            if not self._dropped:
                log.warning("The signal log cannot keep up; events are dropped.")
            self._dropped += 1
            return False
        return True

    def _run(self) -> None:
        db = self._open()
        try:
            going = True
            while going:
                jobs = [self._jobs.get()]
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
            db = self._move_aside(error) if _is_damage(error) else self._in_memory(error)
            try:
                self._do(db, jobs)
            except sqlite3.Error as again:
                log.warning("%d signals are lost: %s", len(jobs), again)
        return db

    def _do(self, db: sqlite3.Connection, jobs: list[_Job]) -> None:
        with db:
            for job in jobs:
                if isinstance(job, _Event):
                    row = (job.suggestion, job.at, job.kind, job.value)
                    db.execute("INSERT INTO event VALUES (?, ?, ?, ?)", row)
                elif isinstance(job, tuple):
                    db.execute(
                        "INSERT OR REPLACE INTO suggestion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        self._columns(*job),
                    )
        for job in jobs:
            if isinstance(job, Future) and not job.done():
                found = db.execute("SELECT kind, COUNT(*) FROM event GROUP BY kind").fetchall()
                job.set_result(dict(found))

    def _columns(self, at: float, offered: Offered) -> tuple[object, ...]:
        data = offered.text.encode("utf-8", "surrogatepass")
        text_hash = hashlib.blake2b(data, digest_size=8, key=self._key).digest()
        size = len(offered.text), offered.text.count("\n") + 1
        return (
            *(offered.id, at, offered.language, offered.source, offered.model),
            *(*size, offered.confidence, text_hash),
        )

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._prepare(str(self._path))
        except sqlite3.DatabaseError as error:
            return self._move_aside(error) if _is_damage(error) else self._in_memory(error)
        except OSError as error:
            return self._in_memory(error)

    def _prepare(self, name: str) -> sqlite3.Connection:
        db = sqlite3.connect(name, timeout=_BUSY_S)
        try:
            _write_ahead(db)
            db.execute("PRAGMA synchronous = NORMAL")
            done = db.execute("PRAGMA user_version").fetchone()[0]
            for number, migrate in enumerate(_MIGRATIONS[done:], done + 1):
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    # Another process may have been quicker.
                    if db.execute("PRAGMA user_version").fetchone()[0] < number:
                        migrate(db)
                        db.execute(f"PRAGMA user_version = {number}")
            with db:
                oldest = self._now() - KEEP_DAYS * 86_400
                db.execute("DELETE FROM event WHERE at < ?", (oldest,))
                db.execute("DELETE FROM suggestion WHERE at < ?", (oldest,))
            found = db.execute("SELECT value FROM meta WHERE key = 'hash_key'").fetchone()
            self._key = bytes(found[0])
        except BaseException:
            db.close()
            raise
        return db

    def _move_aside(self, error: Exception) -> sqlite3.Connection:
        aside = self._path.with_name(f"{self._path.name}.broken-{int(self._now())}")
        log.warning("The signal log is damaged (%s); it is kept as %s.", error, aside.name)
        try:
            self._path.replace(aside)
            for end in ("-wal", "-shm"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)
            return self._prepare(str(self._path))
        except (OSError, sqlite3.Error) as again:
            return self._in_memory(again)

    def _in_memory(self, error: Exception) -> sqlite3.Connection:
        self.problem = f"Signals are kept in memory only: {error}."
        log.warning("%s", self.problem)
        return self._prepare(":memory:")


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch a database to its write-ahead log; SQLite itself does not wait for others there."""
    ends_at = time.monotonic() + _BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > ends_at:
                raise
            time.sleep(_BUSY_STEP_S)


def _is_damage(error: Exception) -> bool:
    # "Cannot open", "disk full" and "read-only" are OperationalError, and no fault of the file.
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.OperationalError
    )
