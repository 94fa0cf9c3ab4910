"""An event holds what its kind says, is immutable, and has an id by what it is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.errors import EventError
from ownstack.memory import canonical, events, ids

SESSION = ids.session_id(ids.project_id("/p"), 1_700_000_000.0)
STAMP = events.Stamp(SESSION, 1, 1_700_000_001.25)

MADE = {
    "user": events.user(STAMP, "Why?", context="def f(): ...", mentions=["a.py"]),
    "assistant": events.assistant(STAMP, "Since.", finish="length", model="m"),
    "tool_call": events.tool_call(STAMP, "c1", "read", '{"path": "a.py"}'),
    "tool_result": events.tool_result(
        STAMP, "c1", "read", "x = 1", files=[events.file_read("a.py", "ab12", 1, 9)]
    ),
    "edit": events.edit(STAMP, "a.py", True, hash_after="ff"),
    "decision": events.decision(STAMP, "D001", "Use SQLite", tier=1, rationale="One file."),
    "thread": events.thread(STAMP, "T001", "Windows paths", "OPEN"),
    "compaction": events.compaction(
        STAMP,
        covers="e",
        covers_hash="h",
        text="Goal: …",
        ledger="a.py",
        tokens_before=900,
        tokens_after=400,
        method="masking",
    ),
    "proposal": events.proposal(STAMP, "P001", "Use it", place="decisions", tier=0.7),
    "undo": events.undo(STAMP, "e"),
    "pin": events.pin(STAMP, "e"),
    "rules": events.rules(STAMP, [{"path": "AGENTS.md", "hash": "1"}], "Be kind."),
    "note": events.note(STAMP, "generate", "asked"),
    "clear": events.clear(STAMP),
    "model": events.model(STAMP, "coder", context_tokens=8192),
}


def test_every_kind_has_a_constructor():
    assert set(MADE) == events.KINDS
    assert all(event.kind == kind and event.is_known for kind, event in MADE.items())


def test_events_are_named_by_what_they_hold():
    again = events.user(STAMP, "Why?", context="def f(): ...", mentions=["a.py"])
    other = events.user(STAMP, "Why!", context="def f(): ...", mentions=["a.py"])
    assert again == MADE["user"]
    assert hash(again) == hash(MADE["user"])
    assert other.id != MADE["user"].id


def test_what_an_event_holds_cannot_be_changed_from_outside():
    mentions = ["a.py"]
    made = events.user(STAMP, "Hi", mentions=mentions)
    mentions.append("b.py")
    assert made.data["mentions"] == ["a.py"]
    with pytest.raises(TypeError):
        made.data["text"] = "Ho"


def test_a_decision_was_last_validated_when_it_was_made():
    assert MADE["decision"].data["last_validated"] == STAMP.at


def test_a_kind_of_a_newer_version_is_kept_and_not_known():
    event = events.event(STAMP, "hologram", {"text": "x", "depth": 3})
    assert not event.is_known
    assert event.data == {"text": "x", "depth": 3}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: events.user(events.Stamp(SESSION, -1, 0.0), ""), "0 or more"),
        (lambda: events.user(events.Stamp(SESSION, 1, math.nan), ""), "seconds"),
        (lambda: events.user(events.Stamp("me", 1, 1.0), ""), "badly formed"),
        (lambda: events.assistant(STAMP, "", finish="bored"), "not 'bored'"),
        (lambda: events.tool_call(STAMP, "", "read", "{}"), "id of the call"),
        (lambda: events.tool_result(STAMP, "c", "n", "", files=[{}]), "path"),
        (lambda: events.edit(STAMP, "", True), "path"),
        (lambda: events.decision(STAMP, "D1", "x", tier=1.5), "0 to 1"),
        (lambda: events.decision(STAMP, "D1", "x", tier=math.nan), "0 to 1"),
        (lambda: events.decision(STAMP, "", "x"), "D001"),
        (lambda: events.decision(STAMP, "D1", "x", status="odd"), "status"),
        (lambda: events.thread(STAMP, "T1", "x", "HALF"), "OPEN, RESOLVED"),
        (lambda: events.proposal(STAMP, "", "x", place="decisions", tier=1), "P001"),
        (lambda: events.proposal(STAMP, "P1", "", place="decisions", tier=1), "text"),
        (lambda: events.proposal(STAMP, "P1", "x", place="", tier=1), "place"),
        (lambda: events.proposal(STAMP, "P1", "x", place="glossary", tier=2), "0 to 1"),
        (lambda: events.note(STAMP, "", "x"), "topic"),
        (lambda: events.model(STAMP, "m", context_tokens=-1), "window"),
        (lambda: events.note(STAMP, "t", "x", {"n": math.inf}), "too large"),
        (lambda: events.note(STAMP, "t", "x", {"n": 10**5000}), "too large"),
        (lambda: events.note(STAMP, "t", "x", {"n": b"raw"}), "bytes is no JSON"),
        (lambda: events.note(STAMP, "t", "x", {"n": {1: 2}}), "a key is text"),
        (lambda: events.note(STAMP, "t", "x" * (canonical.MAX_CHARS + 1)), "characters"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(make, words):
    with pytest.raises(EventError, match=words):
        make()


def test_what_nests_without_end_is_refused():
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(EventError, match="nests deeper"):
        events.note(STAMP, "t", "x", {"n": endless})


@given(st.text(st.characters()), st.floats(0, 4e9))
def test_any_text_can_be_said_and_is_read_back_as_it_was(text, at):
    """Lone surrogates among it."""
    said = events.user(events.Stamp(SESSION, 1, at), text)
    assert said.text == text
    canonical.canonical(said.data).encode()
