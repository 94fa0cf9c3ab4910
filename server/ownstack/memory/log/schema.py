"""The tables of the log's file, one migration after another."""

from __future__ import annotations

import secrets
import sqlite3

from ownstack.database import Migration


def _m001_events(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    db.execute("INSERT INTO meta VALUES ('log', ?)", (secrets.token_hex(16),))
    db.execute("CREATE TABLE project (id TEXT PRIMARY KEY, root BLOB NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE session (id TEXT PRIMARY KEY, project TEXT NOT NULL, title TEXT NOT NULL,"
        " created REAL NOT NULL, updated REAL NOT NULL, turns INTEGER NOT NULL,"
        " parent TEXT NOT NULL, format INTEGER NOT NULL) WITHOUT ROWID"
    )
    # AUTOINCREMENT: a number is never given twice, so "what came after it" is never wrong.
    db.execute(
        "CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
        " session TEXT NOT NULL, turn INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL,"
        " data TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX event_session ON event (session, seq)")
    db.execute("CREATE INDEX event_kind ON event (kind, session)")
    db.execute(
        "CREATE TRIGGER event_stays BEFORE UPDATE ON event"
        " BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
    )
    db.execute(
        "CREATE TRIGGER event_goes_with_its_session BEFORE DELETE ON event"
        " WHEN EXISTS (SELECT 1 FROM session WHERE id = OLD.session)"
        " BEGIN SELECT RAISE(ABORT, 'events go only with their session'); END"
    )
    db.execute(
        "CREATE TABLE answer (id TEXT PRIMARY KEY, session TEXT NOT NULL, turn INTEGER NOT NULL,"
        " at REAL NOT NULL, model TEXT NOT NULL, owner TEXT NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE piece (answer TEXT NOT NULL, number INTEGER NOT NULL,"
        " reasoning INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (answer, number))"
        " WITHOUT ROWID"
    )


def _m002_scratch(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE scratch (project TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,"
        " expires REAL NOT NULL, PRIMARY KEY (project, key)) WITHOUT ROWID"
    )


MIGRATIONS: tuple[Migration, ...] = (_m001_events, _m002_scratch)
"""Append only: files in the world have had each of them."""
