"""What can still be read of a damaged log, taken over into a new one."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ownstack.database import connect, transaction

log = logging.getLogger(__name__)

_TABLES = {
    "project": ("id", "root"),
    "session": ("id", "project", "title", "created", "updated", "turns", "parent", "format"),
    "event": ("seq", "id", "session", "turn", "kind", "at", "data"),
    "answer": ("id", "session", "turn", "at", "model", "owner"),
    "piece": ("answer", "number", "reasoning", "text"),
    "scratch": ("project", "key", "text", "expires"),
}
_BY_ROWID = ("event",)
"""Tables that can be read from either end, so that a bad page in the middle costs that page."""


def salvage(damaged: Path, db: sqlite3.Connection) -> int:
    """Copy what is readable of a damaged file; return how many events that were."""
    with closing(connect(damaged)) as old, transaction(db):
        old.execute("PRAGMA query_only = ON")
        for table, columns in _TABLES.items():
            insert = (
                f"INSERT OR IGNORE INTO {table} ({', '.join(columns)})"
                f" VALUES ({', '.join('?' * len(columns))})"
            )
            for row in _readable(old, table, columns):
                db.execute(insert, row)
        # Events whose session is lost belong to one again, or nobody would find them.
        db.execute(
            "INSERT OR IGNORE INTO session SELECT session, '', 'Recovered conversation', min(at),"
            " max(at), max(turn), '', 1 FROM event"
            " WHERE session NOT IN (SELECT id FROM session) GROUP BY session"
        )
        return int(db.execute("SELECT COUNT(*) FROM event").fetchone()[0])


def _readable(
    db: sqlite3.Connection, table: str, columns: tuple[str, ...]
) -> Iterator[tuple[object, ...]]:
    ask = f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED"
    ends = (" ORDER BY rowid", " ORDER BY rowid DESC") if table in _BY_ROWID else ("",)
    for end in ends:
        try:
            yield from db.execute(ask + end)
            return
        except sqlite3.Error as error:
            log.warning("Not all of %s can be read: %s", table, error)
