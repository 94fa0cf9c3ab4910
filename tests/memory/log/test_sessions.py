"""Sessions are begun, listed, resumed, renamed and deleted, also beside another window."""

import sqlite3
from pathlib import Path

import pytest

from ownstack.errors import EventError, NewerFormatError, SessionNotFoundError
from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
from tests.memory.log.conftest import ROOT, OpenLog, say, texts


def test_what_was_said_is_there_the_next_day(open_log: OpenLog) -> None:
    first = open_log()
    session = first.sessions.create(ROOT)
    say(session, "Why SQLite?", "One file.")
    first.close()

    again = open_log().sessions.resume(session.id)
    assert again.events == session.events
    assert again.info.title == "Why SQLite?"
    assert again.last_turn == 1


def test_sessions_are_listed_by_project_the_newest_first(log: ConversationLog) -> None:
    old, new = log.sessions.create(ROOT, "old"), log.sessions.create(ROOT, "new")
    other = log.sessions.create("/elsewhere", "other")
    say(old, "again")

    assert [info.id for info in log.sessions.list(ROOT)] == [old.id, new.id]
    assert {info.id for info in log.sessions.list()} == {old.id, new.id, other.id}
    assert set(log.sessions.roots().values()) == {ROOT, "/elsewhere"}


def test_a_second_window_sees_the_events_of_the_first(open_log: OpenLog) -> None:
    """And the other way round, in one order, though each is a process of its own."""
    first = open_log().sessions.create(ROOT)
    say(first, "one")
    second = open_log().sessions.resume(first.id)
    assert texts(second) == ["one"]

    say(second, "two")
    say(first, "three")
    second.refresh()
    assert texts(first) == texts(second) == ["one", "two", "three"]
    assert [event.turn for event in first.events] == [1, 2, 3]


def test_two_windows_never_take_the_same_turn(open_log: OpenLog) -> None:
    first = open_log().sessions.create(ROOT)
    second = open_log().sessions.resume(first.id)
    turns = [window.begin_turn() for _ in range(5) for window in (first, second)]
    assert turns == list(range(1, 11))


def test_an_event_that_is_written_twice_is_there_once(log: ConversationLog) -> None:
    session = log.sessions.create(ROOT)
    event = events.user(session.stamp(1), "once")
    session.append(event)
    session.append(event)
    assert log.sessions.resume(session.id).events == (event,)


def test_a_session_is_found_by_id_end_of_id_and_title(log: ConversationLog) -> None:
    session = log.sessions.create(ROOT, "Parser")
    for name in (session.id, session.id[-8:], session.id[:20], "Parser"):
        assert log.sessions.find(name, ROOT).id == session.id
    with pytest.raises(SessionNotFoundError, match="No conversation is called 'x'"):
        log.sessions.find("x")
    log.sessions.create(ROOT, "Parser")
    with pytest.raises(SessionNotFoundError, match="2 conversations"):
        log.sessions.find("Parser")


def test_a_session_is_renamed(log: ConversationLog) -> None:
    session = log.sessions.create(ROOT)
    log.sessions.rename(session.id, "A\nbetter \udcff name")
    say(session, "first line")
    assert log.sessions.list()[0].title == "A better ? name"
    with pytest.raises(SessionNotFoundError):
        log.sessions.rename("no", "x")


def test_folders_texts_and_names_that_are_no_unicode_are_kept(log: ConversationLog) -> None:
    session = log.sessions.create("/home/\udcff")
    say(session, "\udcff what?")
    session.answer(1, model="\udcff").submit("\udcff").result()
    assert list(log.sessions.roots().values()) == ["/home/\udcff"]
    (info,) = log.sessions.list("/home/\udcff")
    assert info.title == "? what?"
    assert texts(log.sessions.resume(session.id)) == ["\udcff what?"]


def test_an_event_of_another_session_is_refused(log: ConversationLog) -> None:
    first, second = log.sessions.create(ROOT), log.sessions.create(ROOT)
    with pytest.raises(EventError, match="another conversation"):
        first.append(events.clear(second.stamp(1)))


def test_lineage_goes_from_the_oldest_to_the_newest(log: ConversationLog) -> None:
    first = log.sessions.create(ROOT, "first")
    second = log.sessions.create(ROOT, "second", parent=first.id)
    third = log.sessions.create("/other", "third", parent=second.id)
    lineage = [info.title for info in log.sessions.lineage(third.id)]
    assert lineage == ["first", "second", "third"]

    log.sessions.delete(first.id)
    assert [info.title for info in log.sessions.lineage(third.id)] == ["second", "third"]
    assert log.sessions.lineage(first.id) == ()


def test_what_is_deleted_is_nowhere(log: ConversationLog, tmp_path: Path) -> None:
    """Neither in a file nor in what recall finds; other sessions stay."""
    gone, kept = log.sessions.create(ROOT), log.sessions.create(ROOT)
    for text in ("xylophonesecret in the attic", "more of xylophonesecret"):
        say(gone, text, f"{text} indeed")
    log.sessions.rename(gone.id, "xylophonesecret")
    say(kept, "harmless cat")
    assert log.recall.search("xylophonesecret", ROOT) != []

    log.sessions.delete(gone.id)

    assert log.recall.search("xylophonesecret", ROOT) == []
    assert log.recall.search("harmless", ROOT)[0].session == kept.id
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) >= 2
    for file in files:
        assert b"xylophonesecret" not in file.read_bytes(), file
    with pytest.raises(SessionNotFoundError):
        log.sessions.resume(gone.id)


def test_a_window_whose_session_was_deleted_is_told(open_log: OpenLog) -> None:
    """Nothing of it comes back by what the window still writes."""
    first = open_log()
    session = first.sessions.create(ROOT)
    say(session, "hello")
    answer = session.answer(1)
    answer.submit("par").result()
    open_log().sessions.delete(session.id)

    with pytest.raises(SessionNotFoundError, match="deleted in another window"):
        session.append(events.clear(session.stamp(1)))
    with pytest.raises(SessionNotFoundError):
        session.begin_turn()
    with pytest.raises(SessionNotFoundError):
        answer.submit("tial").result()
    assert first.sessions.list() == []


def test_a_session_of_a_newer_version_is_only_read(log: ConversationLog, tmp_path: Path) -> None:
    session = log.sessions.create(ROOT)
    say(session, "hello")
    event = events.event(session.stamp(1), "hologram", {"text": "x"})
    session.append(event)
    db = sqlite3.connect(tmp_path / "log" / "log.sqlite")
    with db:
        db.execute("UPDATE session SET format = 99")
    db.close()

    again = log.sessions.resume(session.id)
    assert again.events[-1] == event
    for change in (
        lambda: again.append(events.clear(again.stamp(2))),
        again.begin_turn,
        lambda: log.sessions.rename(session.id, "x"),
    ):
        with pytest.raises(NewerFormatError, match="read here, not continued"):
            change()
    log.sessions.delete(session.id)
    assert log.sessions.list() == []


def test_events_cannot_be_changed_or_removed_one_by_one(
    log: ConversationLog, tmp_path: Path
) -> None:
    """Not even by who opens the file with something else."""
    say(log.sessions.create(ROOT), "hello")
    db = sqlite3.connect(tmp_path / "log" / "log.sqlite")
    for change in ("UPDATE event SET data = '{}'", "DELETE FROM event"):
        with pytest.raises(sqlite3.IntegrityError, match="events"):
            db.execute(change)
    db.close()
