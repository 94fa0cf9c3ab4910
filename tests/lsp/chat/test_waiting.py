"""Questions that are stopped or wait, and windows that go while one is answered."""

import asyncio
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.chats import questions
from ownstack.app.chats.values import (
    ChatChanged,
    ChatDelta,
    ChatModelChanged,
    ChatProgress,
    ChatQueue,
    ChatTurnChanged,
)
from ownstack.app.host import Host
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import chat_messages as messages
from tests.lsp.chat.windows import COUNTING, window
from tests.lsp.conftest import Connect, Engines

pytestmark = pytest.mark.process


async def test_an_answer_is_stopped(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """What came is kept, and shown when it is opened again."""
    talker.enqueue(COUNTING, gate=asyncio.Event(), gate_at=100)
    panel = await window(connect, project)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Count.", question="q"))
    await panel.told(ChatDelta)
    stopped = await panel.request(messages.STOP)
    answer = await asked
    again = await panel.request(messages.STOP)

    assert (stopped.stopped, again.stopped) == (True, False)
    assert answer.turn.finish == "cancelled"
    assert answer.turn.answer.startswith("0 1 ")
    assert panel.streamed("q") == answer.turn.answer
    assert (await panel.open(panel.session)).turns == [answer.turn]


async def test_it_is_stopped_while_the_model_is_loaded(
    connect: Connect, project: Path, talker: ScriptedEngine, engines: Engines
) -> None:
    """Loading says how far it is; a question that was not asked is refused with words."""
    engines.loaded.clear()
    panel = await window(connect, project)
    state = await panel.open()

    asked = asyncio.ensure_future(panel.ask("Hi?", question="q"))
    progress = await panel.told(ChatProgress, lambda news: news.phase == "loading")
    await panel.request(messages.STOP)
    with pytest.raises(JsonRpcException, match="stopped before it was asked"):
        await asked
    engines.loaded.set()

    assert progress.total == 100
    assert (state.model.name, state.model.state) in {("", "none"), ("talker", "loading")}
    assert state.context is None
    assert (await panel.told(ChatModelChanged)).model.state == "ready"
    assert (await panel.open(panel.session)).turns == []


async def test_questions_wait_for_those_before_them(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """More of them than a window may have requests in work; one is withdrawn."""
    gate = asyncio.Event()
    talker.enqueue("0", gate=gate)
    for number in range(1, 11):
        talker.enqueue(str(number))
    panel = await window(connect, project)
    await panel.open()

    asked = [
        asyncio.ensure_future(panel.ask(f"Question {number}?", question=f"q{number}"))
        for number in range(12)
    ]
    await panel.told(ChatQueue, lambda news: len(news.waiting) == 11)
    state = await panel.open(panel.session)
    withdrawn = await panel.request(
        messages.WITHDRAW, messages.ChatQuestionParams(panel.session, "q5")
    )
    with pytest.raises(JsonRpcException, match="was withdrawn"):
        await asked.pop(5)
    gate.set()
    answers = await asyncio.gather(*asked)

    assert [item.question for item in state.waiting] == [f"q{number}" for number in range(1, 12)]
    assert (state.turns[-1].text, state.turns[-1].finish) == ("Question 0?", "")
    assert state.progress is not None
    assert state.progress.question == "q0"
    assert withdrawn.text == "Question 5?"
    assert [answer.turn.answer for answer in answers] == [str(number) for number in range(11)]
    assert panel.all(ChatQueue)[-1].waiting == []
    assert panel.phases("q3")[0] == "waiting"


async def test_too_many_and_too_long_questions_are_refused(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """With what to do; nothing of them is in the log, and the conversation goes on."""
    gate = asyncio.Event()
    talker.enqueue("0", gate=gate)
    panel = await window(connect, project)
    await panel.open()

    with pytest.raises(JsonRpcException, match="empty"):
        await panel.ask(" \n ")
    with pytest.raises(JsonRpcException, match="mention that"):
        await panel.ask("x" * (questions.MAX_QUESTION_CHARS + 1))
    with pytest.raises(JsonRpcException, match="newest message alone"):
        await panel.ask("x y " * 20_000)
    with pytest.raises(JsonRpcException, match="no turn 7"):
        await panel.ask("Hi?", replaces=7)
    asked = [asyncio.ensure_future(panel.ask("Hi?")) for _ in range(questions.MAX_WAITING + 1)]
    await panel.told(ChatQueue, lambda news: len(news.waiting) == questions.MAX_WAITING)
    with pytest.raises(JsonRpcException, match="Withdraw one"):
        await panel.ask("One too many?")
    gate.set()
    await asyncio.gather(*asked)

    state = await panel.open(panel.session)
    assert {turn.text for turn in state.turns} == {"Hi?"}


async def test_two_windows_in_one_conversation(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """What one asks, the other sees as it comes, and either may stop it or go on."""
    talker.enqueue("one")
    first = await window(connect, project)
    second = await window(connect, project)
    state = await first.open()
    await second.open(state.session.id)

    answer = await first.ask("First?", question="q1")
    seen = await second.told(ChatTurnChanged, lambda news: news.turn.finish == "stop")
    talker.enqueue(COUNTING, gate=asyncio.Event(), gate_at=100)
    asked = asyncio.ensure_future(second.ask("Count.", question="q2"))
    await first.told(ChatDelta, lambda news: news.question == "q2")
    await first.request(messages.STOP)
    stopped = await asked
    await first.request(messages.RENAME, messages.ChatRenameParams(first.session, "Counting"))
    await second.told(ChatChanged)

    assert seen == answer
    assert second.streamed("q1") == "one"
    assert stopped.turn.finish == "cancelled"
    assert [turn.answer for turn in (await first.open(first.session)).turns] == [
        "one",
        stopped.turn.answer,
    ]
    assert (first.changes(), second.changes()) == ([], ["title"])
    assert (await second.open(second.session)).session.title == "Counting"


async def test_a_panel_that_is_closed_in_mid_stream_loses_nothing(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The answer goes on into the log; who opens it meanwhile gets it from where it is."""
    gate = asyncio.Event()
    talker.enqueue(COUNTING, gate=gate, gate_at=100)
    first = await window(connect, project)
    await first.open()

    asked = asyncio.ensure_future(first.ask("Count.", question="q"))
    await first.told(ChatDelta)
    await first.request(messages.CLOSE)
    heard = len(first.heard)
    second = await window(connect, project)
    state = await second.open(first.session)
    came = state.turns[-1]
    gate.set()
    ended = await second.told(ChatTurnChanged, lambda news: news.turn.finish != "")

    assert (came.text, came.finish, came.question) == ("Count.", "", "q")
    assert "".join(COUNTING).startswith(came.answer)
    rest = [news for news in second.all(ChatDelta) if news.offset >= len(came.answer)]
    assert came.answer + "".join(news.text for news in rest) == "".join(COUNTING)
    assert (ended.turn.answer, ended.turn.finish) == ("".join(COUNTING), "stop")
    assert len(first.heard) == heard
    assert (await asked).turn == ended.turn


async def test_a_window_that_is_gone_leaves_its_answer_to_the_log(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    """What it had asked and was not begun is given up."""
    gate = asyncio.Event()
    talker.enqueue("kept", gate=gate)
    first = await window(connect, project)
    await first.open()
    first.editor.protocol.send_request(
        messages.ASK, messages.ChatAskParams(first.session, "First?", "q1")
    )
    first.editor.protocol.send_request(
        messages.ASK, messages.ChatAskParams(first.session, "Second?", "q2")
    )
    await first.told(ChatQueue, lambda news: len(news.waiting) == 1)
    await first.told(ChatProgress, lambda news: news.phase == "reading")
    assert first.editor.protocol.writer is not None
    first.editor.protocol.writer.close()
    opened = host.chats.get(first.session)
    assert opened is not None
    while opened.waiting:
        await asyncio.sleep(0.01)
    gate.set()
    await opened.settle()

    second = await window(connect, project)
    state = await second.open(first.session)

    assert [(turn.text, turn.answer, turn.finish) for turn in state.turns] == [
        ("First?", "kept", "stop")
    ]


async def test_a_conversation_is_deleted_while_it_is_answered(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Other windows hear of it; whoever has asked is told."""
    talker.enqueue(COUNTING, gate=asyncio.Event(), gate_at=100)
    panel = await window(connect, project)
    other = await window(connect, project)
    await panel.open()
    await other.open(panel.session)

    asked = asyncio.ensure_future(panel.ask("Count."))
    await panel.told(ChatDelta)
    await other.request(messages.DELETE)
    await panel.told(ChatChanged, lambda news: news.what == "deleted")
    await asyncio.wait({asked})

    with pytest.raises(JsonRpcException, match="no such conversation"):
        await panel.open(panel.session)
