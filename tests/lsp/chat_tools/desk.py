"""Windows in which a model uses tools, and what is asked of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ownstack.engine.chat import ToolCall
from ownstack.engine.messages import ToolCallPart
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import tool_messages as tools
from tests.lsp.conftest import Connect
from tests.support.chatting import Panel
from tests.support.editing_editor import ABLE, EditingEditor

BIKES = "def repair(bike):\n    '''Mend a bicycle.'''\n    return bike.mend()\n"
LINES = "".join(f"line {number}\n" for number in range(1, 21))


async def window(connect: Connect, folder: Path, **more: Any) -> Panel:
    panel = Panel(await connect())
    await panel.editor.hello(folder=folder.as_uri(), **more)
    return panel


async def desk(connect: Connect, folder: Path) -> tuple[Panel, EditingEditor]:
    """Open a window whose editor edits files when it is asked, and a conversation in it."""
    panel = Panel(await connect())
    editing = EditingEditor(panel.editor)
    await panel.editor.hello(folder=folder.as_uri(), workspace=ABLE)
    await panel.open()
    return panel, editing


def asks(name: str, call: str = "c1", /, **arguments: object) -> ToolCall:
    return ToolCall(ToolCallPart(call, name, json.dumps(arguments)))


def change(path: str, find: str, replace: str, call: str = "c1") -> ToolCall:
    return asks("propose_edit", call, path=path, find=find, replace=replace)


async def proposed(panel: Panel, talker: ScriptedEngine, *calls: ToolCall) -> list[str]:
    """Have a model propose edits; return the ids of those that wait."""
    talker.enqueue(list(calls))
    talker.enqueue("Done.")
    await panel.ask("Change it.")
    return [edit.id for edit in (await panel.open(panel.session)).edits if edit.state == "pending"]


async def apply(
    panel: Panel, edits: list[str], hunks: Mapping[str, list[int]] | None = None
) -> tools.ChatEdits:
    params = tools.ChatApplyParams(panel.session, edits, dict(hunks or {}))
    answer = await panel.request(tools.APPLY, params)
    assert isinstance(answer, tools.ChatEdits)
    return answer


async def restore(panel: Panel, checkpoint: str, *, force: bool = False) -> tools.ChatEdits:
    params = tools.ChatRestoreCheckpointParams(panel.session, checkpoint, force)
    answer = await panel.request(tools.RESTORE_CHECKPOINT, params)
    assert isinstance(answer, tools.ChatEdits)
    return answer


async def answer(panel: Panel, approval: str, said: str) -> None:
    await panel.request(tools.ANSWER, tools.ChatAnswerParams(panel.session, approval, said))
