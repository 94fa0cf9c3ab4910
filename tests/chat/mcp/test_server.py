"""`ownstack mcp` is used by the official client, and by the chat itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ownstack.chat.mcp.client import ToolServers
from ownstack.chat.mcp.servers_file import ServersFile
from ownstack.chat.tools.tool import Answer, Approval
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.paths import Home
from tests.chat.tools.conftest import call

mcp = pytest.importorskip("mcp", reason='needs: pip install "ownstack[mcp]"')
pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture
def shop(tmp_path: Path, home: Home) -> Path:
    """A project about which something was said."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "shop.py").write_text(
        "def open_shop(door):\n    return door.unlock()\n\n\nopen_shop(1)\n", "utf-8"
    )
    log = ConversationLog.open(home.conversations_file, home.recall_file)
    session = log.sessions.create(str(root))
    turn = session.begin_turn()
    session.append(events.user(session.stamp(turn), "The door of the shop is painted blue."))
    log.close()
    return root


async def test_the_official_client(shop: Path, home: Home) -> None:
    """All four tools answer; what is wrong is an error that says so."""
    from mcp import ClientSession, StdioServerParameters, stdio_client

    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ownstack", "mcp", "--path", str(shop)],
        env={"OWNSTACK_HOME": str(home.config.parent)},
    )
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        begun = await session.initialize()
        listed = await session.list_tools()
        said = {}
        for name, arguments in [
            ("search", {"query": "how is the shop opened"}),
            ("symbols", {"name": "open_shop"}),
            ("references", {"name": "open_shop"}),
            ("recall", {"query": "door blue"}),
            ("search", {}),
            ("read", {"path": "shop.py"}),
        ]:
            result = await session.call_tool(name, arguments)
            said[name, len(arguments)] = (result.is_error, result.content[0].text)

    assert begun.server_info.name == "ownstack"
    names = [tool.name for tool in listed.tools]
    assert names == ["search", "symbols", "references", "recall"]
    assert "shop.py:1" in said["search", 1][1]
    assert "function open_shop" in said["symbols", 1][1]
    assert "used: shop.py:5" in said["references", 1][1]
    assert "painted blue" in said["recall", 1][1]
    assert said["search", 0][0]
    assert "'query' is a required property" in said["search", 0][1]
    assert said["read", 1][0]
    log = ConversationLog.open(home.conversations_file, home.recall_file)
    assert len(log.sessions.list()) == 1
    log.close()


async def test_the_chat_uses_it(shop: Path, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "mcp.toml"
    arguments = ["-m", "ownstack", "mcp", "--path", str(shop)]
    file.write_text(
        f"[servers.own]\ncommand = {json.dumps(sys.executable)}\nargs = {json.dumps(arguments)}\n"
        'env = ["OWNSTACK_HOME"]\n',
        "utf-8",
    )

    async def allow(_asked: Approval) -> Answer:
        return "once"

    servers = ToolServers(ServersFile(file), allow)
    tools, problems = await servers.start()
    output = await call(Toolbox(tools), "own__search", query="how is the shop opened")
    await servers.close()

    assert problems == ()
    assert "shop.py:1" in output.text
