"""What is run by leave only: tests of the project, and nothing where nobody trusts it."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.tool_values import ChatApprovals
from ownstack.app.chats.values import ChatProgress
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import chat_messages as messages
from ownstack.lsp import tool_messages as tools
from tests.lsp.chat_tools.desk import (
    BIKES,
    LINES,
    answer,
    apply,
    asks,
    change,
    desk,
    proposed,
    restore,
    window,
)
from tests.lsp.conftest import Connect

pytestmark = pytest.mark.process


@pytest.fixture
def tested(project: Path) -> Path:
    """A project with tests that leave a mark."""
    (project / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (project / "test_it.py").write_text(
        "from pathlib import Path\n\ndef test_it():\n    Path('ran').touch()\n", "utf-8"
    )
    return project


async def test_tests_are_run_when_somebody_allows_it(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    """All windows see the very command; the first answer counts, a later one is told so."""
    talker.enqueue([asks("run_tests", path="test_it.py")])
    talker.enqueue("They pass.")
    panel, other = await window(connect, tested), await window(connect, tested)
    await panel.open()
    await other.open(panel.session)

    asked = asyncio.ensure_future(panel.ask("Test it."))
    [approval] = (await other.told(ChatApprovals)).approvals
    assert not (tested / "ran").exists()
    state = await other.open(panel.session)
    await answer(other, approval.id, "always")
    with pytest.raises(JsonRpcException, match="any more"):
        await answer(panel, approval.id, "no")
    answered = await asked

    assert (approval.turn, approval.can_be_always) == (1, False)
    assert "pytest -q -x -- test_it.py" in approval.detail
    assert state.approvals == [approval]
    assert (tested / "ran").exists()
    assert "It ended with 0." in answered.turn.steps[0].text
    assert panel.all(ChatApprovals)[-1].approvals == []


async def test_nothing_runs_without_a_yes(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    """Neither for a no, nor for another word, nor when the answer is stopped meanwhile."""
    talker.enqueue([asks("run_tests")])
    talker.enqueue("Not run.")
    talker.enqueue([asks("run_tests")])
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    [approval] = (await panel.told(ChatApprovals)).approvals
    with pytest.raises(JsonRpcException, match="no, once or always"):
        await answer(panel, approval.id, "yes, whatever")
    await answer(panel, approval.id, "no")
    refused = await asked
    panel.heard.clear()
    asked = asyncio.ensure_future(panel.ask("Test it."))
    await panel.told(ChatApprovals)
    await panel.request(messages.STOP)
    stopped = await asked

    assert "did not allow the tests" in refused.turn.steps[0].text
    assert (stopped.turn.finish, stopped.turn.steps[0].ok) == ("cancelled", False)
    assert panel.all(ChatApprovals)[-1].approvals == []
    assert not (tested / "ran").exists()


async def test_a_panel_that_is_closed_says_no(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    """The answer goes on, and is there when it is opened again."""
    talker.enqueue([asks("run_tests")])
    talker.enqueue("Not run.")
    talker.enqueue([asks("run_tests")])
    talker.enqueue("Not run either.")
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    await panel.told(ChatApprovals)
    await panel.request(messages.CLOSE)
    await asked
    state = await panel.open(panel.session)
    await panel.request(messages.CLOSE)

    assert state.turns[0].answer == "Not run."
    assert state.approvals == []
    assert not (tested / "ran").exists()


async def test_tests_that_run_are_stopped(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    (tested / "test_it.py").write_text("import time\ntime.sleep(600)\n", "utf-8")
    talker.enqueue([asks("run_tests")])
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    [approval] = (await panel.told(ChatApprovals)).approvals
    await answer(panel, approval.id, "once")
    await panel.told(ChatProgress, lambda news: news.phase == "looking")
    await panel.request(messages.STOP)
    stopped = await asked

    assert stopped.turn.finish == "cancelled"
    assert "stopped by the user" in stopped.turn.steps[0].text


async def test_an_untrusted_workspace_has_no_tools(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Nothing is read, run, proposed, applied or given back, whoever has proposed it before."""
    panel, _ = await desk(connect, project)
    edits = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    applied = await apply(panel, edits)
    [edit] = await proposed(panel, talker, change("lines.txt", "line 3\n", "LINE 3\n"))
    await panel.request(messages.CLOSE)
    talker.enqueue([asks("read", path="bikes.py")])
    other = await window(connect, project, trusted=False)
    state = await other.open(panel.session)
    set_on = await other.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "on"))

    answered = await other.ask("Read it.")

    assert (state.has_tools, set_on.has_tools) == (False, False)
    assert talker.chats[-1].tools == ()
    assert answered.turn.steps == []
    assert ["not trusted" in each.reason for each in state.edits] == [False, True]
    with pytest.raises(JsonRpcException, match="not trusted"):
        await apply(other, [edit])
    with pytest.raises(JsonRpcException, match="not trusted"):
        await restore(other, applied.checkpoints[0].id)
    with pytest.raises(JsonRpcException, match="not trusted"):
        await other.request(tools.CHANGES, tools.ChatChangesParams(panel.session))
    assert (project / "bikes.py").read_text("utf-8") == BIKES.replace("repair", "mend")
    assert (project / "lines.txt").read_text("utf-8") == LINES


async def test_trust_that_is_withdrawn_stops_what_runs(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    talker.enqueue([asks("run_tests")])
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    await panel.told(ChatApprovals)
    panel.editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"trusted": False})
    )
    answered = await asked
    state = await panel.open(panel.session)

    assert answered.turn.finish == "cancelled"
    assert (state.approvals, state.has_tools) == ([], False)
    assert not (tested / "ran").exists()
