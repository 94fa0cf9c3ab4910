"""What was shown of an answer is in the log, whatever happens to the process."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ownstack.errors import MemoryStoreError, SessionNotFoundError
from tests.memory.log.conftest import ROOT, OpenLog, say, texts


async def test_an_answer_is_written_as_it_comes_and_becomes_one_event(open_log: OpenLog) -> None:
    session = open_log().sessions.create(ROOT)
    turn = say(session, "Why?")
    answer = session.answer(turn, model="coder")
    assert await answer.write("Let me see", is_reasoning=True)
    for piece in ("Since ", "it ", "is so."):
        assert await answer.write(piece)
    assert answer.text == "Since it is so."
    assert await answer.end()
    assert texts(session) == ["Why?", "Since it is so."]

    (_, said) = open_log().sessions.resume(session.id).events
    assert (said.text, said.data["reasoning"]) == ("Since it is so.", "Let me see")
    assert (said.data["finish"], said.data["model"], said.turn) == ("stop", "coder", turn)


def test_nothing_can_be_added_to_an_answer_that_has_ended(open_log: OpenLog) -> None:
    session = open_log().sessions.create(ROOT)
    answer = session.answer(1)
    answer.finish("cancelled").result()
    with pytest.raises(MemoryStoreError, match="has ended"):
        answer.submit("more")
    with pytest.raises(MemoryStoreError, match="has ended"):
        answer.finish()


@pytest.mark.parametrize(
    ("failure", "finish"),
    [(None, "stop"), (asyncio.CancelledError(), "cancelled"), (RuntimeError("gone"), "error")],
)
async def test_an_answer_that_is_stopped_or_fails_keeps_what_came(
    open_log: OpenLog, failure: BaseException | None, finish: str
) -> None:
    session = open_log().sessions.create(ROOT)
    expected = pytest.raises(type(failure)) if failure else contextlib.nullcontext()
    with expected:
        async with session.answer(1) as answer:
            await answer.write("Half")
            if failure:
                raise failure
    (event,) = session.events
    assert (event.text, event.data["finish"]) == ("Half", finish)


async def test_an_answer_whose_session_is_deleted_meanwhile_ends_with_that_error(
    open_log: OpenLog,
) -> None:
    log = open_log()
    session = log.sessions.create(ROOT)

    async def stream() -> None:
        async with session.answer(1) as answer:
            await answer.write("Half")
            log.sessions.delete(session.id)
            await answer.write("more")

    with pytest.raises(SessionNotFoundError):
        await stream()
    assert log.sessions.list() == []


def test_an_answer_that_another_window_is_writing_is_left_alone(open_log: OpenLog) -> None:
    first = open_log().sessions.create(ROOT)
    answer = first.answer(1)
    answer.submit("Half").result()
    second = open_log().sessions.resume(first.id)
    assert texts(second) == []

    answer.finish().result()
    second.refresh()
    assert texts(second) == ["Half"]


def test_an_answer_whose_writer_left_is_ended_once(open_log: OpenLog) -> None:
    """By whoever opens the session first."""
    log = open_log()
    session = log.sessions.create(ROOT)
    session.answer(1).submit("Half").result()
    log.close()

    for _ in range(2):
        (event,) = open_log().sessions.resume(session.id).events
        assert (event.text, event.data["finish"]) == ("Half", "interrupted")


_WRITES = """
import asyncio, sys
from pathlib import Path
from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog

async def main():
    log = ConversationLog.open(Path(sys.argv[1]), Path("unused"))
    session = log.sessions.create(sys.argv[2])
    turn = session.begin_turn()
    session.append(events.user(session.stamp(turn), "Count."))
    answer = session.answer(turn)
    number = 0
    while True:
        await answer.write(f"{number} ")
        print(number, flush=True)  # This is "sent".
        number += 1

asyncio.run(main())
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_kill_in_the_middle_of_an_answer_loses_no_token_that_was_sent(
    tmp_path: Path, open_log: OpenLog
) -> None:
    file = tmp_path / "log" / "log.sqlite"
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITES, str(file), ROOT], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer, writer.stdout as out:
        sent = [int(out.readline()) for _ in range(40)]
        os.kill(writer.pid, signal.SIGKILL)
        sent += [int(line) for line in out if line.endswith("\n")]

    log = open_log()
    (info,) = log.sessions.list(ROOT)
    question, answer = log.sessions.resume(info.id).events
    assert question.text == "Count."
    assert answer.data["finish"] == "interrupted"
    kept = [int(word) for word in answer.text.split()]
    assert kept == list(range(len(kept)))
    # What was sent is there, and at most the piece that was logged and not sent yet beyond it.
    assert len(sent) <= len(kept) <= len(sent) + 1
