"""An archive that is exported, continued and exported again is the same archive."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.knowledge import Knowledge
from ownstack.memory import events
from ownstack.memory.archive import document
from ownstack.memory.archive.archive import Mode
from ownstack.memory.archive.continuing import continue_from
from ownstack.memory.compaction.compactor import Compacted, Compactor
from ownstack.memory.compaction.limits import Limits
from ownstack.memory.conversation import covered_hash, fold
from ownstack.memory.events import Event
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.memory.prompt import Frame, Tokens, messages
from tests.memory.archive.conftest import ROOT, archived, filled
from tests.support.conversations import Log, Words, long_log
from tests.support.searchable import TOY

MODES: tuple[Mode, ...] = ("lossless", "normal", "partial")
ELSEWHERE = "/home/b/other"
WORDS = st.sampled_from(
    [
        "We decided to use SQLite.",
        "It must never block.",
        "Look at src/a.py and tests/b_test.py.",
        "ValueError: no such key",
        "Why is it slow?",
        "größe 获取 😀\u202e\x1b[2J",
        "yes",
        "- item: *x &y\n\n  two\t\n",
        "---\n...\n# heading",
        "broken \udcff name",
    ]
)
TEXT = st.lists(WORDS, min_size=1, max_size=4).map(" ".join) | st.text(max_size=40)
NAME = st.integers(1, 4)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Return what may happen in a conversation, in any order."""
    log = Log()
    for _ in range(draw(st.integers(0, 14))):
        act = draw(st.integers(0, 13))
        text = draw(TEXT)
        if act < 3 or not log.events:
            log.user(text, context=draw(TEXT))
        elif act < 5:
            log.says(text)
        elif act == 5:
            log.tool("run", text, command=draw(TEXT), exit_code=draw(st.integers(0, 1)),
                     failed_tests=draw(st.lists(TEXT, max_size=2)))  # fmt: skip
        elif act == 6:
            log.edit(f"src/{draw(NAME)}.py", draw(st.booleans()))
        elif act == 7:
            log.decision(f"D00{draw(NAME)}", text or "x", tier=draw(st.floats(0, 1)),
                         rationale=draw(TEXT), last_validated=draw(st.floats(-1e12, 1e12)),
                         status=draw(st.sampled_from(["active", "superseded", "disputed"])),
                         conflicts_with=draw(st.lists(st.just("D009"), max_size=1)))  # fmt: skip
        elif act == 8:
            log.thread(f"T00{draw(NAME)}", text, draw(st.sampled_from(["OPEN", "RESOLVED"])))
        elif act == 9:
            log.pin(draw(st.sampled_from(log.events)), text)
        elif act == 10:
            log.undo(draw(st.sampled_from(log.events)))
        elif act == 11:
            log.add(events.event(log.stamp(), "hologram", {"text": text, "n": [1, 2.5, None]}))
        elif act == 12:
            log.rules(text)
        else:
            covers = draw(st.sampled_from(log.events)).id
            order = [event.id for event in log.events]
            log.add(events.compaction(log.stamp(), covers=covers, text=text, ledger=draw(TEXT),
                                      covers_hash=covered_hash(order, covers), tokens_before=9,
                                      tokens_after=3, method=draw(st.sampled_from(
                                          ["model", "masking"])),
                                      details={"kept": order[:2],
                                               "masked": order[-2:]}))  # fmt: skip
    return log.events


def opened(folder: Path) -> ConversationLog:
    return ConversationLog.open(folder / "l.sqlite", folder / "r.sqlite", embedder=lambda: TOY)


def in_session(log: ConversationLog, history: list[Event]) -> SessionLog:
    """Log a history as a session's own; its compactions cover what they covered."""
    session = log.sessions.create(ROOT, "A title")
    ids: dict[str, str] = {}
    for event in history:
        data = dict(event.data)
        for key in ("covers", "event"):
            if key in data:
                data[key] = ids.get(data[key], data[key])
        if event.kind == "compaction":
            data["covers_hash"] = covered_hash(list(ids.values()), data["covers"])
            data["details"] = {key: [ids[item] for item in value]
                               for key, value in data["details"].items()}  # fmt: skip
        own = events.event(events.Stamp(session.id, event.turn, event.at), event.kind, data)
        ids[event.id] = own.id
        session.append(own)
    return session


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@given(history=histories(), elsewhere=st.booleans(), new_log=st.booleans())
@settings(max_examples=120, deadline=None)
def test_the_same_archive_again(
    mode: Mode, history: list[Event], elsewhere: bool, new_log: bool
) -> None:
    """To the letter: in its project and in another one, in its log and in another one."""
    root = ELSEWHERE if elsewhere else ROOT
    with tempfile.TemporaryDirectory() as name:
        with closing(opened(Path(name) / "one")) as log:
            first = document.to_text(archived(log, in_session(log, history), mode))
            if not new_log:
                again = continue_from(log.sessions, root, document.from_text(first))
                assert document.to_text(archived(log, again, mode, root)) == first
                return
        with closing(opened(Path(name) / "two")) as log:
            again = continue_from(log.sessions, root, document.from_text(first))
            second = archived(log, again, mode, root)
            assert document.to_text(second) == first
            third = continue_from(log.sessions, ROOT, second)
            assert document.to_text(archived(log, third, mode)) == first


async def test_a_beginning_between_two_milliseconds_gives_one_id(log: ConversationLog) -> None:
    """The id is that of the moment as it is written, which knows no nanoseconds."""
    begun = 1_796_000_000.4325001  # Written as .432500, which rounds to another millisecond.
    session = filled(log, long_log(turns=1).events)
    archive = replace(archived(log, session, "normal"), begun=begun)

    again = document.from_text(document.to_text(archive))

    assert again.begun != begun
    assert document.archive_id(again) == document.archive_id(archive)


@pytest.mark.slow
@given(history=histories())
@settings(max_examples=80, deadline=None)
def test_lossless_is_the_same_conversation(history: list[Event]) -> None:
    """A model is shown the same, and the log says the same, but for the names of events."""
    with tempfile.TemporaryDirectory() as name, closing(opened(Path(name))) as log:
        session = in_session(log, history)
        archive = document.from_text(document.to_text(archived(log, session, "lossless")))
        again = continue_from(log.sessions, ROOT, archive)

        before, after = fold(session.events), fold(again.events)
        if not before.masked:  # A handle names the event that it stands for.
            assert messages(Frame("S"), after) == messages(Frame("S"), before)
        assert len(after.masked) == len(before.masked)
        assert [(pin.text, pin.shown) for pin in after.pins] == [
            (pin.text, pin.shown) for pin in before.pins
        ]
        # The first event is the note that it was continued.
        assert [(event.turn, event.kind, event.at, event.text) for event in again.events[1:]] == [
            (event.turn, event.kind, event.at, event.text) for event in session.events
        ]


@pytest.mark.parametrize("mode", MODES)
async def test_a_long_conversation_is_summed_up_once(log: ConversationLog, mode: Mode) -> None:
    """Also by the verbs, which sum up what is old."""
    session = filled(log, long_log(turns=40).events)
    knowledge = Knowledge(log, ROOT)
    first = await knowledge.compress(session.id, mode)
    again = (await knowledge.continue_(document.from_text(document.to_text(first)))).session

    second = await knowledge.compress(again.id, mode)

    assert document.to_text(second) == document.to_text(first)
    if mode == "normal":
        assert first.summary is not None
        assert "## Goal" in first.summary.text
        assert 0 < len(first.turns) < len(session.events) // 2


async def test_what_comes_after_is_in_the_next_archive(log: ConversationLog) -> None:
    """Then the session stands in the lineage, and nothing of before is lost."""
    session = filled(log, long_log(turns=3).events)
    knowledge = Knowledge(log, ROOT)
    again = (await knowledge.continue_(await knowledge.compress(session.id, "partial"))).session
    turn = again.begin_turn()
    again.append(events.user(again.stamp(turn), "Always log in UTC. See src/clock.py."))

    archive = await knowledge.compress(again.id, "partial")

    assert archive.lineage == (session.id, again.id)
    assert turn == 1
    assert "Always log in UTC." in [item.text for item in archive.constraints]
    assert len(archive.constraints) == 4
    assert "src/part1.py" in [item.name for item in archive.artifacts]
    assert "Always log in UTC." in archive.continuation
    assert [info.id for info in log.sessions.lineage(again.id)] == [session.id, again.id]


async def test_a_later_compaction_keeps_what_the_archive_summed_up(log: ConversationLog) -> None:
    """The turns that it stands for are in no log that could be read once more."""
    decided = Log()
    decided.decision("D001", "Use SQLite for the log")
    first = filled(log, [*decided.events, *long_log(turns=40).events[:-3]])
    knowledge = Knowledge(log, ROOT)
    archive = await knowledge.compress(first.id)
    session = (await knowledge.continue_(archive)).session
    talk = Log()
    for number in range(30):
        talk.user(f"And the number {number}?")
        talk.says("It is as it is. " * 40)
    for event in talk.events:
        stamp = events.Stamp(session.id, event.turn + 100, event.at)
        session.append(events.event(stamp, event.kind, event.data))

    compactor = Compactor(Tokens(Words()), Limits.of(8_192))
    made = await compactor.compact(Frame(), session.events, session.stamp(200))

    assert isinstance(made, Compacted)
    assert archive.summary is not None
    goal = archive.summary.text.splitlines()[1]
    assert goal in made.event.text
    assert "D001" in made.event.text
