"""Notes with a time to live are gone when it is over, from the disk too."""

from pathlib import Path

import pytest

from ownstack.errors import EventError
from ownstack.memory.facts import scratchpad
from ownstack.memory.facts.scratchpad import Scratchpad
from ownstack.memory.log.conversation_log import ConversationLog
from tests.memory.log.conftest import ROOT, OpenLog


class Clock:
    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


def test_a_note_is_there_until_its_time_is_over(log: ConversationLog, tmp_path: Path) -> None:
    clock = Clock()
    pad = Scratchpad(log.store, ROOT, now=clock)
    pad.put("plan", "quokkasecret first", ttl_s=60)
    pad.put("later", "stays", ttl_s=600)
    assert pad.get("plan") == "quokkasecret first"
    assert [note.key for note in pad.notes()] == ["plan", "later"]

    clock.time += 60
    assert pad.get("plan") is None
    assert pad.sweep() == 1
    assert pad.get("later") == "stays"
    for file in (tmp_path / "log").glob("log.sqlite*"):
        assert b"quokkasecret" not in file.read_bytes()


def test_a_note_is_replaced_and_dropped(log: ConversationLog) -> None:
    pad = Scratchpad(log.store, ROOT)
    pad.put("a", "one")
    pad.put("a", "two \udcff")
    assert pad.get("a") == "two ?"
    assert pad.drop("a")
    assert not pad.drop("a")
    assert pad.notes() == []


def test_notes_belong_to_a_project_and_outlive_the_process(open_log: OpenLog) -> None:
    log = open_log()
    Scratchpad(log.store, ROOT).put("a", "one")
    log.close()
    again = open_log()
    assert Scratchpad(again.store, ROOT).get("a") == "one"
    assert Scratchpad(again.store, "/elsewhere").get("a") is None


def test_what_is_too_much_is_refused(log: ConversationLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratchpad, "MAX_NOTES", 2)
    pad = Scratchpad(log.store, ROOT)
    for key, text, ttl_s in (
        ("", "x", 1.0),
        ("k" * 201, "x", 1.0),
        ("k", "x" * 100_001, 1.0),
        ("k", "x", 0.0),
        ("k", "x", float("nan")),
    ):
        with pytest.raises(EventError, match="A scratch note has"):
            pad.put(key, text, ttl_s)
    pad.put("a", "1")
    pad.put("b", "2")
    pad.put("a", "3")
    with pytest.raises(EventError, match="has 2 notes"):
        pad.put("c", "4")
