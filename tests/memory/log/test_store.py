"""The log's file: what happens when it is full, damaged, newer, older, or gone."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ownstack import database
from ownstack.errors import MemoryStoreError, NewerFormatError, NotWrittenError
from ownstack.memory import events
from ownstack.memory.log.schema import MIGRATIONS
from ownstack.memory.log.store import LogStore
from tests.memory.log.conftest import ROOT, OpenLog, say, texts

if sys.platform != "win32":
    import resource

FILE = Path("log") / "log.sqlite"


def damage(file: Path, start: int, size: int) -> None:
    """Overwrite a part of a file, of which nothing is left beside it."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(b"\xa5" * size)


@contextmanager
def a_full_disk(size_bytes: int) -> Iterator[None]:
    """No file of this process grows beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
def test_what_a_full_disk_does_not_take_is_kept_and_written_later(open_log: OpenLog) -> None:
    """It is said, it is read from memory meanwhile, and stands in its order afterwards."""
    log = open_log()
    session = log.sessions.create(ROOT)
    say(session, "before")
    with a_full_disk(20_000):
        turn = session.begin_turn()
        said = events.user(session.stamp(turn), "during" + "g" * 100_000)
        assert not session.append(said)
        answer = session.answer(turn)
        assert answer.submit("An ").result() is False
        answer.submit("answer")
        assert answer.finish().result() is False
        other = log.sessions.create(ROOT, "begun on a full disk")
        assert not other.append(events.user(other.stamp(1), "new"))
        assert "kept in memory" in log.store.problem
        assert texts(session) == ["before", said.text, "An answer"]
        assert other.id in {info.id for info in log.sessions.list()}
        with pytest.raises(NotWrittenError, match="Make room"):
            log.sessions.rename(session.id, "x")

    say(session, "after")
    assert log.store.problem == ""
    assert texts(session) == ["before", said.text, "An answer", "after"]
    log.close()
    again = open_log()
    assert texts(again.sessions.resume(session.id)) == texts(session)
    assert texts(again.sessions.resume(other.id)) == ["new"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
def test_the_disk_is_asked_again_when_nobody_writes(tmp_path: Path, open_log: OpenLog) -> None:
    log = open_log()
    session = log.sessions.create(ROOT)
    log.close()
    store = LogStore(tmp_path / FILE, retry_s=0.01)
    session._store = store
    with a_full_disk(4_000):
        assert not session.append(events.user(session.stamp(1), "x" * 9_000))
        assert texts(session) == ["x" * 9_000]
        assert len(open_log().sessions.list()) == 1
    written = threading.Event()
    while not written.wait(0.01):
        if not store.waiting_events(session=session.id):
            written.set()
    store.close()
    assert texts(open_log().sessions.resume(session.id)) == ["x" * 9_000]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_where_nothing_can_be_written_the_conversation_goes_on(
    tmp_path: Path, open_log: OpenLog
) -> None:
    (tmp_path / "log").mkdir(mode=0o500)
    log = open_log()
    session = log.sessions.create(ROOT)
    assert not session.append(events.user(session.stamp(1), "hello"))
    assert texts(session) == ["hello"]


def test_a_disk_that_takes_nothing_is_told_of_once(
    tmp_path: Path, open_log: OpenLog, caplog: pytest.LogCaptureFixture
) -> None:
    """The log of a command is its terminal."""
    (tmp_path / "log").write_text("in the way")
    session = open_log().sessions.create(ROOT)
    for text in ("one", "two", "three"):
        assert not session.append(events.user(session.stamp(1), text))

    assert len([said for said in caplog.messages if "cannot be written" in said]) == 1


def test_a_folder_that_is_a_file_loses_nothing(tmp_path: Path, open_log: OpenLog) -> None:
    """Whatever is wrong with the place, it is said, and what was said is written once it can be."""
    (tmp_path / "log").write_text("in the way")
    log = open_log()
    session = log.sessions.create(ROOT)
    assert session.begin_turn() == 1
    assert not session.append(events.user(session.stamp(1), "hello"))
    assert log.store.problem != ""
    assert [info.id for info in log.sessions.list()] == [session.id]

    (tmp_path / "log").unlink()
    assert session.append(events.user(session.stamp(1), "again"))
    assert texts(open_log().sessions.resume(session.id)) == ["hello", "again"]


def test_a_file_that_is_no_database_is_set_aside_and_said(
    tmp_path: Path, open_log: OpenLog
) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / FILE).write_bytes(b"this is no database, whatever its name says" * 100)
    log = open_log()
    session = log.sessions.create(ROOT)
    say(session, "hello")

    assert "damaged" in log.store.notice
    assert log.store.problem == ""
    assert texts(open_log().sessions.resume(session.id)) == ["hello"]
    (aside,) = (tmp_path / "log").glob("log.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")


def test_of_a_file_with_a_bad_part_the_rest_is_taken_over(
    tmp_path: Path, open_log: OpenLog
) -> None:
    log = open_log()
    session = log.sessions.create(ROOT)
    for number in range(200):
        session.submit(events.user(session.stamp(1), f"{number} " + "x" * 500))
    session.refresh()
    log.close()
    place = (tmp_path / FILE).read_bytes().index(b'"100 xxx')
    damage(tmp_path / FILE, place // 4096 * 4096, 4096)

    log = open_log()
    again = log.sessions.resume(session.id)
    assert "could be read" in log.store.notice
    assert 100 < len(again.events) < 200
    say(again, "on we go")
    assert texts(open_log().sessions.resume(session.id))[-1] == "on we go"


def test_a_file_damaged_while_a_window_is_open_costs_the_window_nothing(
    tmp_path: Path, open_log: OpenLog
) -> None:
    """Another one notices; what the first knows of its session is written into the new file."""
    session = open_log().sessions.create(ROOT)
    for text in ("one", "two"):
        say(session, text)
    for name in ("log.sqlite-wal", "log.sqlite"):
        (tmp_path / "log" / name).write_bytes(b"\xff" * 65_536)
    assert open_log().sessions.list() == []

    say(session, "three")
    assert texts(open_log().sessions.resume(session.id)) == ["one", "two", "three"]


def test_a_file_that_was_removed_costs_open_windows_nothing(
    tmp_path: Path, open_log: OpenLog
) -> None:
    session = open_log().sessions.create(ROOT)
    say(session, "one")
    shutil.rmtree(tmp_path / "log")
    say(session, "two")
    assert texts(open_log().sessions.resume(session.id)) == ["one", "two"]


def test_a_file_of_a_newer_version_is_read_and_never_changed(
    tmp_path: Path, open_log: OpenLog
) -> None:
    log = open_log()
    session = log.sessions.create(ROOT)
    say(session, "hello")
    log.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (tmp_path / FILE).read_bytes()

    log = open_log()
    again = log.sessions.resume(session.id)
    assert texts(again) == ["hello"]
    for change in (
        lambda: again.append(events.clear(again.stamp(2))),
        lambda: log.sessions.create(ROOT),
        lambda: log.sessions.delete(session.id),
    ):
        with pytest.raises(NewerFormatError, match=r"newer version.*update Ownstack"):
            change()
    assert "only read" in log.store.problem
    log.close()
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_that_a_newer_version_takes_over_meanwhile_is_not_changed(
    tmp_path: Path, open_log: OpenLog
) -> None:
    session = open_log().sessions.create(ROOT)
    say(session, "hello")
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerFormatError):
        session.append(events.clear(session.stamp(2)))
    assert texts(session) == ["hello"]


@pytest.mark.parametrize("number", range(len(MIGRATIONS)))
def test_a_file_of_each_older_schema_is_brought_up_to_date(
    tmp_path: Path, open_log: OpenLog, number: int
) -> None:
    """With what is in it."""
    (tmp_path / "log").mkdir()
    log = open_log()
    with closing(database.connect(tmp_path / FILE)) as db:
        database.migrate(db, MIGRATIONS[:number])
        assert database.schema(db) == number
        if number:
            row = "INSERT INTO session VALUES (?, ?, 'old', 1, 1, 1, '', 1)"
            made = log.sessions.create("/x").info  # Made by the newest, to have its ids.
            db.execute(row, (f"{made.id[:-4]}abcd", made.project))
    with closing(database.connect(tmp_path / FILE)) as db:
        assert database.schema(db) == (len(MIGRATIONS) if number else 0)

    titles = {info.title for info in log.sessions.list()}
    assert titles == ({"", "old"} if number else set())
    with closing(database.connect(tmp_path / FILE)) as db:
        assert database.schema(db) == len(MIGRATIONS)
        db.execute("SELECT * FROM scratch")


def test_migrations_are_never_run_twice_by_two_who_open_at_once(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            with closing(database.connect(tmp_path / FILE)) as db:
                database.migrate(db, MIGRATIONS)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_event_that_cannot_be_read_is_passed_over(tmp_path: Path, open_log: OpenLog) -> None:
    """Somebody has edited the file by hand; the events beside it are as they were."""
    log = open_log()
    session = log.sessions.create(ROOT)
    say(session, "hello")
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        for number, text in enumerate(("{", "[1]", "[" * 200_000)):
            row = (f"x{number}", session.id, text)
            db.execute(
                "INSERT INTO event (id, session, turn, kind, at, data)"
                " VALUES (?, ?, 1, 'user', 1, ?)",
                row,
            )
    again = log.sessions.resume(session.id)
    assert [event.is_known for event in again.events] == [True, False, False, False]


def test_a_log_that_was_closed_says_so(open_log: OpenLog) -> None:
    log = open_log()
    session = log.sessions.create(ROOT)
    log.close()
    log.close()
    with pytest.raises(MemoryStoreError, match="was closed"):
        session.append(events.clear(session.stamp(1)))


@pytest.mark.process
def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path, open_log: OpenLog) -> None:
    session = open_log().sessions.create(ROOT)
    script = f"""
import sys
from pathlib import Path
from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
log = ConversationLog.open(Path({str(tmp_path / FILE)!r}), Path("unused"))
session = log.sessions.resume({session.id!r})
for number in range(50):
    turn = session.begin_turn()
    session.append(events.user(session.stamp(turn), f"{{sys.argv[1]}} {{number}}"))
log.close()
"""
    writers = [subprocess.Popen([sys.executable, "-c", script, name]) for name in ("a", "b")]
    assert [writer.wait() for writer in writers] == [0, 0]

    session.refresh()
    assert sorted(texts(session)) == sorted(f"{name} {n}" for name in "ab" for n in range(50))
    assert sorted(event.turn for event in session.events) == list(range(1, 101))
