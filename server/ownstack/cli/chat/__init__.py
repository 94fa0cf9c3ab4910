"""`ownstack chat`: a conversation about a project, in the terminal, that remembers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

MODES = ("lossless", "normal", "partial")


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "chat",
        help="talk with a model about a project",
        description="Talk about a project. The code that helps with a question is found and shown "
        "to the model, and what it says is cited. Without a chat model the index answers.",
        epilog="@path, @path:10-40 and @symbol in a question show that code. /help lists commands. "
        "Where standard input is no terminal, each line of it is a question, "
        "and the exit status is 1 if one failed.",
    )
    command.add_argument("--path", type=Path, metavar="P",
                         help="the project's folder, or a part of it (default: here)")  # fmt: skip
    command.add_argument(
        "--model",
        default="",
        metavar="NAME|PATH",
        help="a known model, a GGUF file, or ENGINE:MODEL of a server",
    )
    command.add_argument("--tools", choices=("auto", "on", "off"), default="auto",
                         help="whether the model looks things up by tools; auto: if it "
                         "was measured to choose them well (default: %(default)s)")  # fmt: skip
    which = command.add_mutually_exclusive_group()
    which.add_argument("--continue", nargs="?", const=True, metavar="FILE", dest="goes_on",
                       help="go on with the newest conversation about the project, or from an "
                       "archive that /export wrote, of any project")  # fmt: skip
    which.add_argument("--resume", metavar="ID",
                       help="go on with a conversation, by its title or its id")  # fmt: skip
    which.add_argument("--list", action="store_true",
                       help="list the conversations about the project")  # fmt: skip
    which.add_argument("--export", nargs=2, metavar=("ID", "FILE"),
                       help="write a conversation to FILE.yaml, an archive to go on from, to "
                       "FILE.json or as Markdown")  # fmt: skip
    command.add_argument("--mode", choices=MODES, help="what an archive holds: all events "
                         "(lossless), a summary and the newest turns (normal), or what matters "
                         "most (partial)")  # fmt: skip
    command.add_argument("--context", type=Path, metavar="PROJECT",
                         help="show the model what another project decided, too")  # fmt: skip
    command.add_argument("--json", action="store_true", help="answer one question from standard "
                         "input, or print the list, as JSON")  # fmt: skip
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import asyncio

    from ownstack.cli.chat import exporting, listing, once, terminal
    from ownstack.errors import UsageError

    if arguments.export:
        return asyncio.run(exporting.run(arguments))
    if arguments.mode:
        raise UsageError("--mode is for --export.")
    if arguments.list:
        return listing.run(arguments)
    if arguments.json:
        return asyncio.run(once.run(arguments))
    return asyncio.run(terminal.run(arguments))
