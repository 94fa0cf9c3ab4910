"""Edits that do not fit, are refused, or come twice: nothing is lost."""

from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.tool_values import ChatEditsChanged
from ownstack.app.host import Host
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import chat_messages as messages
from ownstack.lsp import tool_messages as tools
from tests.lsp.chat_tools.desk import BIKES, apply, change, desk, proposed, restore, window
from tests.lsp.conftest import Connect

pytestmark = pytest.mark.process


async def test_a_client_that_cannot_edit_has_the_server_do_it(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """But for a file that is open there and not saved."""
    panel = await window(connect, project)
    await panel.open()
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    applied = await apply(panel, [edit])
    mended = (project / "bikes.py").read_text("utf-8")
    await restore(panel, applied.checkpoints[0].id)
    panel.editor.open("# not saved\n" + BIKES, (project / "bikes.py").as_uri())
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))

    with pytest.raises(JsonRpcException, match="has changes in the editor that are not saved"):
        await apply(panel, [edit])

    assert mended == BIKES.replace("repair", "mend")
    assert (project / "bikes.py").read_text("utf-8") == BIKES


async def test_later_work_is_not_lost(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """What was changed after an edit is given back by force alone."""
    panel, _ = await desk(connect, project)
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    checkpoint = (await apply(panel, [edit])).checkpoints[0].id
    (project / "bikes.py").write_text("later work\n", "utf-8")

    with pytest.raises(JsonRpcException, match=r"bikes\.py was changed meanwhile"):
        await restore(panel, checkpoint)
    assert (project / "bikes.py").read_text("utf-8") == "later work\n"
    await restore(panel, checkpoint, force=True)

    assert (project / "bikes.py").read_text("utf-8") == BIKES


async def test_edits_are_refused(connect: Connect, project: Path, talker: ScriptedEngine) -> None:
    panel, _ = await desk(connect, project)
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))

    refused = await panel.request(tools.REFUSE, tools.ChatRefuseParams(panel.session, [edit]))

    assert refused.done == ["Refused: bikes.py."]
    assert [each.state for each in refused.edits] == ["refused"]
    for method, params in (
        (tools.APPLY, tools.ChatApplyParams(panel.session, [])),
        (tools.REFUSE, tools.ChatRefuseParams(panel.session, [])),
        (tools.APPLY, tools.ChatApplyParams(panel.session, [edit])),
        (tools.CHANGES, tools.ChatChangesParams(panel.session, [edit])),
        (tools.RESTORE_CHECKPOINT, tools.ChatRestoreCheckpointParams(panel.session, "../x")),
    ):
        with pytest.raises(JsonRpcException):
            await panel.request(method, params)


async def test_edits_of_a_question_that_was_asked_again(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """They wait no more, until their turn is brought back."""
    panel, _ = await desk(connect, project)
    await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    talker.enqueue("No change is needed.")

    await panel.ask("Leave it.", replaces=1)
    asked_again = await panel.open(panel.session)
    params = messages.ChatRestoreParams(panel.session, 2)
    brought_back = await panel.request(messages.RESTORE, params)

    assert [each.state for each in asked_again.edits] == ["replaced"]
    assert [each.state for each in brought_back.edits] == ["pending"]
    await panel.told(ChatEditsChanged, lambda news: news.edits[0].state == "replaced")


async def test_a_conversation_that_is_deleted_leaves_no_checkpoints(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    panel, _ = await desk(connect, project)
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    await apply(panel, [edit])
    folder = host.home.checkpoints_folder
    assert len(list(folder.glob("*.json"))) == 1

    await panel.request(messages.DELETE)

    assert list(folder.glob("*.json")) == []
    assert list((folder / "blobs").iterdir()) == []
