"""A log that a thread writes: whatever its disk does, no caller waits or fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ownstack.log_database import MAX_WAITING, LogDatabase


def _m001(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE note (text TEXT NOT NULL)")


def _m002(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE note ADD COLUMN size INTEGER NOT NULL DEFAULT 0")


def nothing(db: sqlite3.Connection) -> None:
    """Have nothing to do with a database that was opened."""


def note(text: str) -> Callable[[sqlite3.Connection], object]:
    return lambda db: db.execute("INSERT INTO note (text) VALUES (?)", (text,))


def texts(log: LogDatabase) -> list[str]:
    return log.ask(lambda db: [row[0] for row in db.execute("SELECT text FROM note")], [], 30)


def test_a_file_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Only what has not run yet runs; what was written stays."""
    file = tmp_path / "notes.sqlite"
    old = LogDatabase(file, "notes", (_m001,), nothing)
    old.write(note("before"))
    old.close()
    new = LogDatabase(file, "notes", (_m001, _m002), nothing)
    new.write(note("after"))

    assert texts(new) == ["before", "after"]
    assert new.ask(lambda db: db.execute("PRAGMA user_version").fetchone()[0], 0, 30) == 2
    new.close()


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """It lives in memory, and says why."""
    file = tmp_path / "notes.sqlite"
    newer = LogDatabase(file, "notes", (_m001, _m002), nothing)
    newer.write(note("theirs"))
    newer.close()
    log = LogDatabase(file, "notes", (_m001,), nothing)
    log.write(note("ours"))

    assert texts(log) == ["ours"]
    assert log.problem.startswith("Notes are kept in memory only: It was written by a newer")
    log.close()
    again = LogDatabase(file, "notes", (_m001, _m002), nothing)
    assert texts(again) == ["theirs"]
    again.close()


def test_a_damaged_file_is_kept(tmp_path: Path) -> None:
    """Under another name; a new one is begun."""
    file = tmp_path / "notes.sqlite"
    file.write_bytes(b"no database at all" * 100)
    log = LogDatabase(file, "notes", (_m001,), nothing, now=lambda: 7.0)
    log.write(note("new"))

    assert texts(log) == ["new"]
    assert log.problem == ""
    log.close()
    assert (tmp_path / "notes.sqlite.broken-7").read_bytes().startswith(b"no database")


def test_a_disk_that_becomes_full(tmp_path: Path) -> None:
    """From then on it lives in memory, with what was on its way."""
    log = LogDatabase(tmp_path / "notes.sqlite", "notes", (_m001,), nothing)
    log.write(note("before"))
    texts(log)

    def full(db: sqlite3.Connection) -> None:
        if not log.problem:
            raise sqlite3.OperationalError("database or disk is full")
        note("meanwhile")(db)

    log.write(full)
    log.write(note("after"))

    assert texts(log) == ["meanwhile", "after"]
    assert log.problem == "Notes are kept in memory only: database or disk is full."
    log.close()


def test_a_question_that_fails_is_answered_by_an_error(tmp_path: Path) -> None:
    """Nobody waits for it until time is over, and the log goes on."""
    log = LogDatabase(tmp_path / "notes.sqlite", "notes", (_m001,), nothing)

    with pytest.raises(sqlite3.Error):
        log.ask(lambda db: db.execute("SELECT * FROM nothing").fetchall(), [], 30)
    log.write(note("later"))
    assert texts(log) == ["later"]
    log.close()


def test_a_question_that_stumbles_over_what_it_finds_is_answered_by_an_error(
    tmp_path: Path,
) -> None:
    """Anything may stand in a file; the thread lives on, and so does what was written."""
    log = LogDatabase(tmp_path / "notes.sqlite", "notes", (_m001,), nothing)
    log.write(note("before"))

    with pytest.raises(TypeError):
        log.ask(lambda db: [1 + text for (text,) in db.execute("SELECT text FROM note")], [], 5)
    log.write(note("later"))
    assert texts(log) == ["before", "later"]
    assert not log.problem
    log.close()


def test_too_much_for_a_disk_that_hangs_is_dropped(tmp_path: Path) -> None:
    """Memory does not grow without an end."""
    log = LogDatabase(tmp_path / "notes.sqlite", "notes", (_m001,), nothing)
    for _ in range(MAX_WAITING):
        log._jobs.put_nowait(nothing)

    log._jobs.mutex.acquire()  # The disk hangs: the thread gets no further.
    full = len(log._jobs.queue)
    log._jobs.mutex.release()
    assert full == MAX_WAITING
    log._thread = object()  # type: ignore[assignment]
    log.write(note("one too many"))
    log._thread = None

    assert log._dropped == 1
    log.close()
