"""`ownstack mcp`: offers what is known of a project to other agents, over stdio (MCP)."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import ExitStack

    from ownstack.chat.tools.toolbox import Toolbox
    from ownstack.memory.log.session import SessionLog
    from ownstack.memory.recollection import Recollection


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "mcp",
        help="offer search and memory of a project to other agents (MCP)",
        description="Serve search, symbols, references and recall of a project to another agent "
        "over standard input and output, by the Model Context Protocol.",
        epilog='It needs the `mcp` package: pip install "ownstack[mcp]". An agent is told to run '
        "`ownstack mcp --path PROJECT`.",
    )
    command.add_argument("--path", type=Path, metavar="P",
                         help="the project's folder, or a part of it (default: here)")  # fmt: skip
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until the input ends."""
    import asyncio
    import contextlib

    from ownstack.chat.mcp.installed import require_mcp
    from ownstack.chat.mcp.server import serve

    require_mcp()
    with contextlib.ExitStack() as stack:
        asyncio.run(serve(_toolbox(stack, arguments.path)))
    return 0


def _toolbox(stack: ExitStack, path: Path | None) -> Toolbox:
    """Open what the tools need, and return them."""
    from ownstack.chat.retrieval import Project
    from ownstack.chat.tools.lookup import lookup_tools
    from ownstack.chat.tools.remembering import memory_tools
    from ownstack.chat.tools.toolbox import Toolbox
    from ownstack.cli.chat.stored import opened_log
    from ownstack.cli.project import opened, root_and_part, snapshots
    from ownstack.index.embedding.embedder import default_embedder
    from ownstack.memory.recollection import recollect

    root, part = root_and_part(path)
    log = stack.enter_context(opened_log())
    index = stack.enter_context(opened(root, quiet=True))
    project = Project(root, snapshots(index), default_embedder(), part)

    @functools.cache
    def session() -> SessionLog:
        # Facts are read through a session; one in which nothing is said is not kept.
        made = log.sessions.create(str(root))
        stack.callback(log.sessions.delete, made.id)
        return made

    def remember(query: str) -> Recollection:
        return recollect(log, session(), str(root), query)

    return Toolbox([*lookup_tools(project), *memory_tools(None, remember)])
