"""Tools of the user's own servers."""

import asyncio
import json
import sys
from pathlib import Path

import psutil
import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.tool_values import ChatApprovals
from ownstack.app.chats.values import ChatProgress, ChatTurnChanged
from ownstack.app.host import Host
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import chat_messages as messages
from tests.lsp.chat_tools.desk import (
    answer,
    asks,
    window,
)
from tests.lsp.conftest import Connect

pytestmark = pytest.mark.process
SERVER = Path(__file__).parents[2] / "support" / "tool_server.py"


def name_servers(host: Host, **modes: str) -> None:
    """Have the user's file name servers that behave so."""
    pytest.importorskip("mcp", reason='needs the official package: pip install "ownstack[mcp]"')
    file = host.home.tool_servers_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "".join(
            f"[servers.{name}]\ncommand = {json.dumps(sys.executable)}\n"
            f"args = {json.dumps([str(SERVER), mode])}\n"
            for name, mode in modes.items()
        ),
        "utf-8",
    )


def servers() -> list[int]:
    """Return which of the servers below run."""
    running = psutil.Process().children(recursive=True)
    return [each.pid for each in running if str(SERVER) in _command(each)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # It has just ended.
        return []


async def test_tools_of_the_users_servers(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    """Started with the first question, asked about; one that dies costs one sentence."""
    name_servers(host, good="good", gone="exits", ill="dies")
    for _ in range(2):
        talker.enqueue(
            [asks("good__look_up", "c1", word="bicycle"), asks("ill__look_up", "c2", word="x")]
        )
        talker.enqueue("So.")
    panel = await window(connect, project)
    opened = await panel.open()

    asked = asyncio.ensure_future(panel.ask("What is a bicycle?"))
    for name in ("good", "ill"):
        told = await panel.told(
            ChatApprovals,
            lambda news, name=name: any(name in each.title for each in news.approvals),
        )
        assert told.approvals[0].can_be_always
        await answer(panel, told.approvals[0].id, "always")
    first = await asked
    second = await panel.ask("And now?")
    state = await panel.open(panel.session)

    assert not [problem for problem in opened.problems if "gone" in problem]
    good, ill = first.turn.steps
    assert "bicycle means nothing" in good.text
    assert "was cut off" in ill.text
    assert [problem for problem in first.turn.problems if "gone" in problem]
    assert not [problem for problem in second.turn.problems if "gone" in problem]
    assert [problem for problem in state.problems if "gone" in problem]
    assert [step.ok for step in second.turn.steps] == [True, False]
    assert len(panel.all(ChatApprovals)) == 4, "what was allowed for always is not asked again"
    assert [news.turn.finish for news in panel.all(ChatTurnChanged)][-1] == "stop"
    assert len(servers()) == 1
    await panel.request(messages.DELETE)
    assert servers() == [], "they end with the conversation"


async def test_a_server_that_does_not_start_is_not_waited_for(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    """The question is stopped; without that server the next one is answered."""
    name_servers(host, silent="silent")
    talker.enqueue("Yes.")
    panel = await window(connect, project)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Hi?", question="q"))
    await panel.told(ChatProgress, lambda news: news.question == "q")
    while not servers():
        await asyncio.sleep(0.01)
    await panel.request(messages.STOP)
    with pytest.raises(JsonRpcException, match="stopped before it was asked"):
        await asked
    host.home.tool_servers_file.unlink()
    answered = await panel.ask("Hi?")

    assert answered.turn.answer == "Yes."
    assert servers() == []
