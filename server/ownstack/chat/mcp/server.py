"""`ownstack mcp`: our search, symbols, references and recall, for other agents, over stdio."""

from __future__ import annotations

from typing import Any

from ownstack import __version__
from ownstack.chat.mcp.installed import require_mcp
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.engine.messages import ToolCallPart
from ownstack.memory.compaction.capping import capped

MAX_TOKENS = 8_000
"""Of one result, by a rule of thumb; an agent asks for less if it wants another part."""


async def serve(toolbox: Toolbox) -> None:
    """Serve tools on standard input and output until the input ends.

    Raises:
        ToolServerError: the `mcp` package is not installed.
    """
    require_mcp()
    from mcp.server.stdio import stdio_server

    server = server_of(toolbox)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def server_of(toolbox: Toolbox) -> Any:
    """Return a server of the package that has the tools of a toolbox."""
    import json

    from mcp import types
    from mcp.server.lowlevel.server import Server

    async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=spec.name,
                    description=spec.description,
                    input_schema=dict(spec.parameters),
                )
                for spec in toolbox.specs
            ]
        )

    async def call_tool(_context: Any, params: Any) -> types.CallToolResult:
        call = ToolCallPart("", params.name, json.dumps(params.arguments or {}))
        output = (await toolbox.call(call)).output
        text = capped(output.text, MAX_TOKENS, lambda text: len(text) // 4, handle="ask for less")
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)], is_error=not output.ok
        )

    return Server("ownstack", version=__version__, on_list_tools=list_tools, on_call_tool=call_tool)
