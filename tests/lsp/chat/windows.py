"""Windows in which questions are asked."""

from pathlib import Path
from typing import Any

from lsprotocol import types

from ownstack.app.host import Host
from ownstack.chat.tool_ability import AbilityRecord
from ownstack.engine.scripted import ScriptedEngine
from tests.lsp.conftest import Connect
from tests.support.chatting import Panel

BIKES = "def repair(bike):\n    '''Mend a bicycle.'''\n    return bike.mend()\n"
COUNTING = [f"{number} " for number in range(200)]
LONG = "What the shop does, it does for every bicycle, one after the other. "


def measured(host: Host, engine: ScriptedEngine) -> None:
    """Have it known that a model chooses tools badly: what is enqueued is for questions alone."""
    AbilityRecord(host.home.tool_ability_file).put(engine.capabilities, 0.0)


async def window(connect: Connect, folder: Path, **more: Any) -> Panel:
    editor = await connect()
    panel = Panel(editor)
    await editor.hello(folder=folder.as_uri(), **more)
    return panel


async def indexed(panel: Panel) -> None:
    await panel.editor.told(lambda status: [each.state for each in status.index] == ["ready"])


def configured(settings: Any) -> types.DidChangeConfigurationParams:
    """Return what a window says when its settings change."""
    return types.DidChangeConfigurationParams(settings)
