"""Finds what was said before: by words and by meaning, in the sessions of a project.

Two rankings, BM25 over terms and the cosine of vectors, are fused by their ranks (reciprocal rank
fusion, Cormack, Clarke and Büttcher 2009, with their k = 60), and the best passage stands for its
event.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ownstack.errors import MemoryStoreError, in_words
from ownstack.extract.terms import STOP_WORDS, terms
from ownstack.memory import ids
from ownstack.memory.log import rows
from ownstack.memory.log.passages import searchable
from ownstack.memory.log.recall_index import ProjectPassages, RecallIndex
from ownstack.memory.log.store import LogStore

log = logging.getLogger(__name__)
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Vector = npt.NDArray[np.float32]

K = 60
CANDIDATES = 100
"""Passages that each ranking names."""
MAX_QUERY_TERMS = 24
MAX_QUERY_CHARS = 4_000
MAX_MATCHES = 4_000
"""Passages that are scored by their words: the rarest terms of a query come first, and those that
stand in so many passages tell them apart the least."""
MIN_COSINE = 0.2
"""Below it two texts have no more in common than any two."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """Something that was said, and where."""

    session: str
    turn: int
    event: str
    """Its id."""
    kind: str
    at: float
    text: str
    """The passage that answers, at most `passages.MAX_CHARS` long."""
    score: float
    """Orders the results of one query; means nothing beside that."""


class Recall:
    """Asks the index, and the log for the texts. Waits for the disk: call it off the event loop."""

    def __init__(self, index: RecallIndex, store: LogStore) -> None:
        self._index = index
        self._store = store
        self._reading: threading.Thread | None = None
        self._closed = threading.Event()
        self.problem = ""
        """Why results may be missing, "" if none are."""

    def search(self, query: str, root: str, limit: int = 8, session: str = "") -> list[Recalled]:
        """Return what fits a query best, from one session or all of a project's.

        Raises:
            MemoryStoreError: the log cannot be read.
        """
        project, query = ids.project_id(root), query[:MAX_QUERY_CHARS]
        self._catch_up()
        try:
            ranked = self._index.use(lambda db: self._ranked(db, query, project, session, limit))
        except (sqlite3.Error, OSError) as error:
            self.problem = f"Conversations cannot be searched ({in_words(error)})."
            log.warning("%s", self.problem)
            return []
        return self._with_texts(ranked)

    def prepare(self) -> None:
        """Take in all that was logged, which makes the next search a quick one.

        Raises:
            MemoryStoreError: the log cannot be read.
            sqlite3.Error, OSError: the index cannot be written.
        """
        while not self._closed.is_set() and not self._index.catch_up(max_batches=1):
            pass  # One batch after another, so that searches and `close` come in between.

    def close(self) -> None:
        """End what is read in the background."""
        self._closed.set()
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.join()

    def _catch_up(self) -> None:
        """Take in what is new; if that is much, the rest of it in the background."""
        try:
            is_whole = self._index.catch_up(max_batches=1)
        except (sqlite3.Error, OSError) as error:
            self.problem = f"What is new in conversations is not found ({in_words(error)})."
            log.warning("%s", self.problem)
            return
        self.problem = "" if is_whole else "Older conversations are still being read."
        if not is_whole and (self._reading is None or not self._reading.is_alive()):
            self._reading = threading.Thread(target=self._read, name="recall", daemon=True)
            self._reading.start()

    def _read(self) -> None:
        try:
            self.prepare()
        except (sqlite3.Error, OSError, MemoryStoreError) as error:
            log.warning("What is new in conversations is not found: %s", error)

    def _ranked(
        self, db: sqlite3.Connection, query: str, project: str, session: str, limit: int
    ) -> list[_Hit]:
        known = self._index.passages(db, project)
        wanted = np.ones(len(known.ids), np.bool_)
        if session:
            wanted = known.sessions == known.numbers.get(session, -1)
        vector = self._index.embedder.embed([query])[0]
        scores: dict[int, float] = {}
        for ranking in (_by_words(db, query, known, wanted), _by_meaning(vector, known, wanted)):
            for rank, row in enumerate(ranking.tolist(), 1):
                scores[row] = scores.get(row, 0.0) + 1 / (K + rank)
        best: dict[str, _Hit] = {}
        for row in sorted(scores, key=lambda row: (-scores[row], -row)):
            event, start, end = db.execute(
                "SELECT event, start, end FROM passage WHERE id = ?", (int(known.ids[row]),)
            ).fetchone()
            best.setdefault(event, _Hit(event, start, end, scores[row]))
            if len(best) >= limit:
                break
        return list(best.values())

    def _with_texts(self, ranked: Sequence[_Hit]) -> list[Recalled]:
        names = [hit.event for hit in ranked]
        said = self._store.read(lambda db: rows.events_named(db, names))
        found = []
        for hit in ranked:
            event = said.get(hit.event)
            if event is not None:  # Else its session was deleted just now.
                text = searchable(event)[hit.start : hit.end].strip()
                found.append(
                    Recalled(
                        *(event.session, event.turn, event.id, event.kind, event.at),
                        *(text, hit.score),
                    )
                )
        return found


@dataclass(frozen=True, slots=True)
class _Hit:
    event: str
    start: int
    end: int
    score: float


def _by_meaning(asked: Vector, known: ProjectPassages, wanted: Mask) -> Rows:
    """Return the rows of the passages nearest to a vector, nearest first."""
    if not len(known.ids):
        return np.zeros(0, np.intp)
    cosines = np.where(wanted, known.vectors @ asked, -1.0)
    nearest = _greatest(cosines)
    return nearest[cosines[nearest] >= MIN_COSINE]


def _by_words(db: sqlite3.Connection, query: str, known: ProjectPassages, wanted: Mask) -> Rows:
    """Return the rows of the passages that hold the words of a query, best first."""
    said = _rarest(db, [term for term in dict.fromkeys(terms(query)) if term not in STOP_WORDS])
    if not said:
        return np.zeros(0, np.intp)
    match = " OR ".join(f'"{term}"' for term in said)
    found = db.execute("SELECT rowid, bm25(words) FROM words WHERE words MATCH ?", (match,))
    hits = np.array(found.fetchall(), np.float64).reshape(-1, 2)
    rows = known.rows_of(hits[:, 0].astype(np.int64))
    here = (rows >= 0) & wanted[rows] if len(wanted) else np.zeros(len(rows), np.bool_)
    # FTS5 says "better" by smaller numbers.
    return rows[here][_greatest(-hits[here, 1])]


def _rarest(db: sqlite3.Connection, wanted: Sequence[str]) -> list[str]:
    """Return terms that are known, the rarest first, as many as `MAX_MATCHES` allows."""
    counts: dict[str, int] = {}
    for term in wanted[:MAX_QUERY_TERMS]:
        found = db.execute("SELECT doc FROM frequencies WHERE term = ?", (term,)).fetchone()
        if found:
            counts[term.replace('"', '""')] = int(found[0])
    kept: list[str] = []
    total = 0
    for term in sorted(counts, key=lambda term: counts[term]):
        total += counts[term]
        if kept and total > MAX_MATCHES:
            break
        kept.append(term)
    return kept


def _greatest(values: npt.NDArray[np.floating[Any]]) -> Rows:
    """Return the places of the greatest values, greatest first."""
    count = min(CANDIDATES, len(values))
    if not count:
        return np.zeros(0, np.intp)
    places = np.argpartition(-values, count - 1)[:count]
    return places[np.argsort(-values[places], kind="stable")]
