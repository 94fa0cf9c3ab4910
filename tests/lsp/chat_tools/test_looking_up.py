"""Tools that look things up, and models that choose them well or not."""

import asyncio
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.editor_state import ChatDiagnostic, ChatEditor
from ownstack.app.chats.values import ChatChanged, ChatSteps
from ownstack.app.host import Host
from ownstack.chat.tool_ability import ENOUGH, TRIALS, AbilityRecord
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import chat_messages as messages
from ownstack.lsp import tool_messages as tools
from tests.lsp.chat_tools.desk import (
    asks,
    window,
)
from tests.lsp.conftest import Connect

pytestmark = pytest.mark.process


async def test_a_model_looks_things_up(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Each call is told as it begins and ends, and is part of the turn afterwards."""
    talker.enqueue(["I look. ", asks("read", path="bikes.py", end=1)])
    talker.enqueue("By `repair` in bikes.py:1.")
    panel = await window(connect, project)
    await panel.open()

    answered = await panel.ask("How is it mended?", question="q")

    turn = answered.turn
    assert turn.answer == "I look. \n\nBy `repair` in bikes.py:1."
    assert panel.streamed("q") == turn.answer
    phases = [phase for phase in panel.phases("q") if phase != "loading"]
    assert phases == ["searching", "reading", "writing", "looking"]
    began, ended = panel.all(ChatSteps)
    assert [(step.name, step.text, step.ok) for step in began.steps] == [("read", "", True)]
    assert (ended.question, ended.turn, len(ended.steps)) == ("q", 1, 1)
    assert ended.steps[0].text == turn.steps[0].text
    assert "1| def repair(bike):" in turn.steps[0].text
    assert [citation.path for citation in turn.citations] == ["bikes.py"]
    state = await panel.open(panel.session)
    assert (state.tools, state.has_tools) == ("auto", True)


async def test_a_window_that_joins_sees_the_steps_so_far(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    gate = asyncio.Event()
    talker.enqueue([asks("list")])
    talker.enqueue("Done.", gate=gate)
    panel, other = await window(connect, project), await window(connect, project)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("What is there?"))
    await panel.told(ChatSteps, lambda news: news.steps[0].text != "")
    state = await other.open(panel.session)
    gate.set()
    await asked

    assert [step.name for step in state.turns[0].steps] == ["list"]
    assert state.has_tools


async def test_a_model_is_measured_before_it_is_asked(
    connect: Connect, project: Path, unmeasured: ScriptedEngine, host: Host
) -> None:
    """Once, in the background; what is found holds for the next question."""
    names = {"read": "path", "references": "name", "list": "path", "search": "query"}
    for trial in TRIALS:
        tool = next((name for name in names if name in trial.right), "")
        unmeasured.enqueue([asks(tool, **{names[tool]: trial.says})] if tool else "No tool.")
    unmeasured.enqueue("Yes.")
    panel = await window(connect, project)
    state = await panel.open()

    await panel.told(ChatChanged, lambda news: news.what == "tools")
    measured = await panel.open(panel.session)
    await panel.ask("Hi?")

    share = AbilityRecord(host.home.tool_ability_file).get(unmeasured.capabilities)
    assert share is not None
    assert share >= ENOUGH
    assert (state.has_tools, measured.has_tools) == (False, True)
    assert [request.conversation for request in unmeasured.chats] == [
        *["tool-ability"] * len(TRIALS),
        panel.session,
    ]
    assert unmeasured.chats[-1].tools != ()


async def test_a_question_is_not_kept_waiting_by_a_measurement(
    connect: Connect, project: Path, unmeasured: ScriptedEngine, host: Host
) -> None:
    """It is given up, and the model answers from what was found for it."""
    unmeasured.enqueue("never", gate=asyncio.Event())
    unmeasured.enqueue("Yes.")
    panel = await window(connect, project)
    await panel.open()
    while not unmeasured.chats:
        await asyncio.sleep(0)

    answered = await panel.ask("Hi?")

    assert answered.turn.answer == "Yes."
    assert unmeasured.streams[0].cancelled
    assert unmeasured.chats[1].tools == ()


async def test_the_user_says_whether_there_are_tools(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """For this conversation, also when it is opened again; other windows hear of it."""
    panel, other = await window(connect, project), await window(connect, project)
    await panel.open()
    await other.open(panel.session)
    talker.enqueue("Without.")
    talker.enqueue("With.")

    off = await panel.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "off"))
    await other.told(ChatChanged, lambda news: news.what == "tools")
    await panel.ask("Hi?")
    for each in (panel, other):
        await each.request(messages.CLOSE)
    again = await panel.open(panel.session)
    on = await panel.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "on"))
    await panel.ask("Hi?")

    assert [(each.tools, each.has_tools) for each in (off, on)] == [("off", False), ("on", True)]
    assert again.tools == "off"
    assert talker.chats[0].tools == ()
    assert talker.chats[1].tools != ()
    with pytest.raises(JsonRpcException, match="auto, on or off"):
        await panel.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "maybe"))


async def test_diagnostics_are_those_that_came_with_the_question(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    talker.enqueue([asks("diagnostics")])
    talker.enqueue("So.")
    panel = await window(connect, project)
    await panel.open()
    editor = ChatEditor(
        diagnostics=[
            ChatDiagnostic((project / "bikes.py").as_uri(), 3, "error", "no mend", "pyright"),
            ChatDiagnostic("file:///home/somebody/else.py", 1, "error", "private"),
            ChatDiagnostic("untitled:Untitled-1", 1, "error", "private"),
        ]
    )

    answered = await panel.ask("What is wrong?", editor=editor)

    assert "bikes.py:3 error: no mend (pyright)" in answered.turn.steps[0].text
    assert "private" not in answered.turn.steps[0].text
