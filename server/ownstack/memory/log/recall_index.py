"""An index over what was said, by terms and by vectors. Made from the log, and made again at will.

It has a file of its own beside other things that can be made again: what is damaged, of another
version or of another log is dropped, and `catch_up` makes it anew.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ownstack import database
from ownstack.database import Migration
from ownstack.errors import MemoryStoreError, NewerFormatError, in_words
from ownstack.extract.terms import terms
from ownstack.index.embedding.embedder import TextEmbedder
from ownstack.memory.log import rows
from ownstack.memory.log.passages import searchable, split
from ownstack.memory.log.rows import Logged
from ownstack.memory.log.store import LogStore
from ownstack.memory.log.writes import unicode
from ownstack.paths import private_folder, remove

log = logging.getLogger(__name__)
T = TypeVar("T")

VERSION = 1
"""Another one when passages or terms are made otherwise: what is stored is made anew then."""
BATCH_EVENTS = 100
"""Some 30 ms of work."""
_Matrix = npt.NDArray[np.float32]


@dataclass(slots=True)
class ProjectPassages:
    """The passages of a project, one a row, in the order of their ids."""

    ids: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    sessions: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """Numbers of sessions; see `numbers`."""
    vectors: _Matrix = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    numbers: dict[str, int] = field(default_factory=dict)

    def rows_of(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        """Return the row of each passage, -1 for those of other projects."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.intp)
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[places] == ids, places, -1)


def _m001(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE passage (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL,"
        " session TEXT NOT NULL, project TEXT NOT NULL, start INTEGER NOT NULL,"
        " end INTEGER NOT NULL, vector BLOB NOT NULL)"
    )
    db.execute("CREATE INDEX passage_session ON passage (session)")
    db.execute("CREATE INDEX passage_project ON passage (project, id)")
    db.execute(
        # Terms come folded and cut: this tokenizer cuts them at spaces only, in any script.
        """CREATE VIRTUAL TABLE words USING fts5(terms, tokenize = "ascii tokenchars '._$'")"""
    )
    db.execute("CREATE VIRTUAL TABLE frequencies USING fts5vocab(words, row)")


_MIGRATIONS: tuple[Migration, ...] = (_m001,)


class RecallIndex:
    """One per process. Methods may be called from any thread, and wait for the disk."""

    def __init__(self, path: Path, store: LogStore, embedder: Callable[[], TextEmbedder]) -> None:
        """`embedder` is asked for when it is needed first: a table takes a moment to load."""
        self._path = path
        self._store = store
        self._embedder = embedder
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._projects: dict[str, ProjectPassages] = {}
        self._removals = ""

    @property
    def embedder(self) -> TextEmbedder:
        return self._embedder()

    def catch_up(self, max_batches: int | None = None) -> bool:
        """Take in what was logged since; return whether that is all, or stop after some batches.

        Raises:
            MemoryStoreError: the log cannot be read.
            sqlite3.Error, OSError: the index cannot be written.
        """
        mark = f"{VERSION} {self.embedder.name} {self._store.read(_log_mark)}"
        count = 0
        while batch := self.use(lambda db: self._next_batch(db, mark)):
            if count == max_batches:
                return False
            self.use(partial(self._take, batch))
            count += 1
        return True

    def use(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the file, which is made anew once if it is damaged."""
        with self._lock:
            try:
                return work(self._opened())
            except (sqlite3.DatabaseError, NewerFormatError) as error:
                if not (isinstance(error, NewerFormatError) or database.is_damage(error)):
                    raise
                log.warning("The index of conversations is made anew: %s", error)
                self._drop()
                return work(self._opened())

    def forget(self, session: str) -> None:
        """Remove all that was said in a session, from the disk too.

        Raises:
            MemoryStoreError: it cannot be removed.
        """
        try:
            self.use(lambda db: self._forget(db, session))
        except (sqlite3.Error, OSError) as error:
            log.warning("The index of conversations is removed, to forget one: %s", error)
            try:
                with self._lock:
                    self._drop()
            except OSError as again:
                raise MemoryStoreError(
                    f"What finds this conversation cannot be removed: {in_words(again)}.",
                    f"It is in {self._path.parent}.",
                ) from again

    def passages(self, db: sqlite3.Connection, project: str) -> ProjectPassages:
        """Return what a project has; what is new is read, what is known is kept."""
        removals = _meta(db, "removals")
        if removals != self._removals:
            self._removals = removals
            self._projects.clear()
        known = self._projects.setdefault(project, ProjectPassages())
        last = int(known.ids[-1]) if len(known.ids) else 0
        new = db.execute(
            "SELECT id, session, vector FROM passage WHERE project = ? AND id > ? ORDER BY id",
            (project, last),
        ).fetchall()
        if new:
            ids = np.array([row[0] for row in new], np.int64)
            numbers = known.numbers
            sessions = np.array([numbers.setdefault(row[1], len(numbers)) for row in new], np.int32)
            halves = np.frombuffer(b"".join(row[2] for row in new), np.float16)
            vectors = halves.reshape(len(new), -1).astype(np.float32)
            if len(known.ids):
                ids = np.concatenate([known.ids, ids])
                sessions = np.concatenate([known.sessions, sessions])
                vectors = np.concatenate([known.vectors, vectors])
            known = self._projects[project] = ProjectPassages(ids, sessions, vectors, numbers)
        return known

    def close(self) -> None:
        """Close the file; it opens again when it is used."""
        with self._lock:
            self._shut()

    def _next_batch(self, db: sqlite3.Connection, mark: str) -> list[Logged]:
        if _meta(db, "mark") != mark:
            with database.transaction(db):
                _clear(db)
                _set_meta(db, "mark", mark)
        seen = int(_meta(db, "seq") or 0)
        return self._store.read(lambda log: rows.events_after(log, seen, BATCH_EVENTS))

    def _take(self, batch: Sequence[Logged], db: sqlite3.Connection) -> int:
        projects = {info.id: info.project for info in self._store.read(rows.sessions)}
        found = [
            (logged.event, span, text[span.start : span.end])
            for logged in batch
            if logged.event.session in projects and (text := searchable(logged.event))
            for span in split(text)
        ]
        texts = [text for _, _, text in found]
        vectors = self.embedder.embed(texts).astype(np.float16)
        with database.transaction(db):
            if int(_meta(db, "seq") or 0) >= batch[0].seq:
                return 0  # Another process was quicker.
            for (event, span, text), vector in zip(found, vectors, strict=True):
                row = (
                    *(event.id, event.session, projects[event.session]),
                    *(span.start, span.end, vector.tobytes()),
                )
                id = db.execute(
                    "INSERT INTO passage (event, session, project, start, end, vector)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    row,
                ).lastrowid
                said = unicode(" ".join(terms(text)))
                db.execute("INSERT INTO words (rowid, terms) VALUES (?, ?)", (id, said))
            _set_meta(db, "seq", str(batch[-1].seq))
        return len(found)

    def _forget(self, db: sqlite3.Connection, session: str) -> None:
        gone = "SELECT id FROM passage WHERE session = ?"
        with database.transaction(db):
            db.execute(f"DELETE FROM words WHERE rowid IN ({gone})", (session,))
            # What is deleted of a full-text index stays in its older segments until they merge.
            db.execute("INSERT INTO words (words) VALUES ('optimize')")
            db.execute("DELETE FROM passage WHERE session = ?", (session,))
            _set_meta(db, "removals", str(int(_meta(db, "removals") or 0) + 1))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            private_folder(self._path.parent)
            db = database.connect(self._path)
            try:
                database.migrate(db, _MIGRATIONS)
            except BaseException:
                db.close()
                raise
            db.execute("PRAGMA synchronous = NORMAL")
            self._db = db
        return self._db

    def _drop(self) -> None:
        self._shut()
        for end in ("", *database.SIDE_FILES):
            remove(self._path.with_name(self._path.name + end))

    def _shut(self) -> None:
        self._projects.clear()
        db, self._db = self._db, None
        if db is not None:
            db.close()


def _log_mark(db: sqlite3.Connection) -> str:
    found = db.execute("SELECT value FROM meta WHERE key = 'log'").fetchone()
    return str(found[0])


def _meta(db: sqlite3.Connection, key: str) -> str:
    found = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(found[0]) if found else ""


def _set_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _clear(db: sqlite3.Connection) -> None:
    removals = str(int(_meta(db, "removals") or 0) + 1)
    for table in ("passage", "words", "meta"):
        db.execute(f"DELETE FROM {table}")
    _set_meta(db, "removals", removals)
