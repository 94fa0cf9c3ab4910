"""What was said is found again, by its words and by what it means."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ownstack.memory import events
from ownstack.memory.log import recall as recall_module
from ownstack.memory.log import recall_index
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.recall_index import RecallIndex
from tests.memory.log.conftest import ROOT, OpenLog, ToyEmbedder, say


def found(log: ConversationLog, query: str, root: str = ROOT, session: str = "") -> list[str]:
    return [hit.text for hit in log.recall.search(query, root, session=session)]


@pytest.fixture
def said(log: ConversationLog) -> ConversationLog:
    session = log.sessions.create(ROOT)
    say(session, "Where is parseHTTPHeader called?", "In net/client.py, by retry_request.")
    say(session, "The kitten sleeps", "Über die Straße: 你好世界")
    say(log.sessions.create("/elsewhere"), "parseHTTPHeader is elsewhere too")
    return log


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("parse_http_header", "Where is parseHTTPHeader called?"),
        ("retries of requests", "In net/client.py, by retry_request."),
        ("feline", "The kitten sleeps"),
        ("straße", "Über die Straße: 你好世界"),
        ("世界", "Über die Straße: 你好世界"),
        ('"retry_request" OR NEAR(', "In net/client.py, by retry_request."),
    ],
)
def test_what_was_said_is_found(said: ConversationLog, query: str, first: str) -> None:
    assert found(said, query)[0] == first


@pytest.mark.parametrize("query", ["", "   ", "the of", "zzzzunheard", '"', "\udcff\x00", "* - ^"])
def test_a_query_that_says_nothing_finds_nothing(said: ConversationLog, query: str) -> None:
    assert found(said, query) == []


def test_other_projects_and_sessions_are_left_out(said: ConversationLog) -> None:
    assert found(said, "parseHTTPHeader", "/elsewhere") == ["parseHTTPHeader is elsewhere too"]
    other = said.sessions.create(ROOT)
    say(other, "parseHTTPHeader again")
    assert found(said, "parseHTTPHeader", session=other.id) == ["parseHTTPHeader again"]
    assert found(said, "parseHTTPHeader", session="none") == []
    assert found(said, "parseHTTPHeader", "/nowhere") == []


def test_a_result_says_where_it_was_said(said: ConversationLog) -> None:
    hit = said.recall.search("client.py", ROOT)[0]
    session = said.sessions.resume(hit.session)
    event = next(event for event in session.events if event.id == hit.event)
    assert (hit.turn, hit.kind, hit.at) == (1, "assistant", event.at)


def test_decisions_edits_and_tools_are_found_too(log: ConversationLog) -> None:
    session = log.sessions.create(ROOT)
    stamp = session.stamp(1)
    session.append(
        events.decision(stamp, "D001", "Store vectors as halves", rationale="Half the disk."),
        events.edit(stamp, "src/quux.py", True),
        events.tool_call(stamp, "c", "read", '{"path": "frobnicate.rs"}'),
        events.tool_result(stamp, "c", "read", "fn wibble() {}"),
        events.note(stamp, "audit", "nobody looks for wombats"),
    )
    for query, kind in (
        ("half", "decision"),
        ("quux", "edit"),
        ("frobnicate", "tool_call"),
        ("wibble", "tool_result"),
    ):
        assert [hit.kind for hit in log.recall.search(query, ROOT)] == [kind]
    assert found(log, "wombats") == []


def test_a_long_text_is_found_by_the_part_that_fits(log: ConversationLog) -> None:
    paragraphs = [f"Paragraph {number} " + "filler words here " * 30 for number in range(40)]
    paragraphs[30] = "The zygote problem is solved by a lock."
    say(log.sessions.create(ROOT), "\n\n".join(paragraphs))
    (text,) = found(log, "zygote")
    assert "zygote problem" in text
    assert len(text) <= 1_200


@pytest.mark.slow
def test_a_paste_of_megabytes_is_found_to_its_end(log: ConversationLog) -> None:
    say(log.sessions.create(ROOT), "some words of a paste\n" * 100_000 + "\nand a zygote")
    (hit,) = log.recall.search("zygote", ROOT, limit=1)
    assert hit.text.endswith("and a zygote")


def test_each_event_is_named_once(log: ConversationLog) -> None:
    say(log.sessions.create(ROOT), "\n\n".join(["wibble " * 150] * 5))
    assert len(found(log, "wibble")) == 1


def test_common_words_do_not_hide_rare_ones(
    log: ConversationLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall_module, "MAX_MATCHES", 3)
    session = log.sessions.create(ROOT)
    for number in range(20):
        session.submit(events.user(session.stamp(number), f"common thing {number}"))
    say(session, "common wibble")
    assert found(log, "common wibble") == ["common wibble"]
    assert len(found(log, "common")) == 8


def test_an_index_that_is_damaged_or_gone_is_made_again(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log()
    say(log.sessions.create(ROOT), "wibble")
    assert found(log, "wibble") == ["wibble"]
    log.close()
    for content in (b"no database at all" * 100, b""):
        for file in (tmp_path / "recall").iterdir():
            file.write_bytes(content)
        log = open_log()
        assert found(log, "wibble") == ["wibble"]
        log.close()


def test_an_index_of_another_version_embedder_or_log_is_made_again(
    open_log: OpenLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log()
    session = log.sessions.create(ROOT)
    say(session, "wibble kitten")
    assert found(log, "wibble") == ["wibble kitten"]

    monkeypatch.setattr(recall_index, "VERSION", 2)
    assert found(log, "feline") == ["wibble kitten"]
    log.close()
    with closing(sqlite3.connect(tmp_path / "recall" / "r.sqlite")) as db:
        assert db.execute("SELECT COUNT(*) FROM passage").fetchone() == (1,)
        db.execute("PRAGMA user_version = 99")
    log = open_log()
    assert found(log, "feline") == ["wibble kitten"]
    log.close()
    (tmp_path / "log" / "log.sqlite").unlink()
    assert found(open_log(), "wibble") == []


def test_what_another_process_says_is_found(open_log: OpenLog) -> None:
    first, second = open_log(), open_log()
    session = first.sessions.create(ROOT)
    say(session, "wibble one")
    assert found(second, "wibble") == ["wibble one"]
    say(session, "wibble two")
    assert set(found(first, "wibble")) == {"wibble one", "wibble two"}
    second.sessions.delete(session.id)
    assert found(first, "wibble") == found(second, "wibble") == []


def test_much_that_is_new_is_read_in_the_background(
    log: ConversationLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is said that not all is found yet."""
    monkeypatch.setattr(recall_index, "BATCH_EVENTS", 2)
    session = log.sessions.create(ROOT)
    words = ["aardvark", "badger", "caracal", "dingo", "echidna", "ferret", "gibbon"]
    session.append(*(events.user(session.stamp(n), word) for n, word in enumerate(words)))
    assert found(log, "aardvark") == ["aardvark"]
    assert "still being read" in log.recall.problem
    log.recall.prepare()
    assert found(log, "gibbon") == ["gibbon"]
    assert log.recall.problem == ""


def test_an_index_that_cannot_be_written_is_said_and_costs_no_conversation(
    tmp_path: Path, open_log: OpenLog
) -> None:
    (tmp_path / "recall").write_text("in the way")
    log = open_log()
    session = log.sessions.create(ROOT)
    say(session, "wibble")
    assert found(log, "wibble") == []
    assert "cannot be searched" in log.recall.problem


def test_the_shipped_table_finds_by_meaning(tmp_path: Path, open_log: OpenLog) -> None:
    """With the default embedder."""
    log = ConversationLog.open(tmp_path / "l" / "l.sqlite", tmp_path / "r" / "r.sqlite")
    try:
        session = log.sessions.create(ROOT)
        for text in (
            "delete the file from the folder",
            "encrypt the password with a key",
            "draw a red circle on the canvas",
        ):
            say(session, text)
        assert found(log, "remove a directory")[0] == "delete the file from the folder"
    finally:
        log.close()


def test_the_toy_embedder_is_one(tmp_path: Path) -> None:
    index = RecallIndex(tmp_path / "x", None, ToyEmbedder)  # type: ignore[arg-type]
    assert index.embedder.embed(["a puppy"]).tolist() == [[0.0, 1.0]]
