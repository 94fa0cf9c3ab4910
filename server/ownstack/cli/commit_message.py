"""`ownstack commit-message`: a message for what is staged. It commits nothing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ownstack.cli.choosing import add_model_to
from ownstack.cli.output import print_json, say_lines, say_meanwhile, warn


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "commit-message",
        help="have a model write a message for what is staged",
        description="Have a model write a commit message for what is staged, or for what is "
        "changed if nothing is, in the style of the newest commits. Nothing is committed.",
        epilog='With git: git commit -e -m "$(ownstack commit-message)"',
    )
    command.add_argument("why", nargs="?", default="", help="what the change is for, in words")
    command.add_argument("--path", type=Path, metavar="P",
                         help="the project's folder (default: here)")  # fmt: skip
    add_model_to(command)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import asyncio

    return asyncio.run(_write(arguments))


async def _write(arguments: argparse.Namespace) -> int:
    from ownstack.actions import commit_message
    from ownstack.cli.acting import means
    from ownstack.cli.interrupts import INTERRUPTED, stoppable
    from ownstack.cli.project import root_and_part

    root, _part = root_and_part(arguments.path)
    what = await commit_message.changes(root)
    style = await commit_message.subjects(root)
    if what.holds_secrets:
        warn("What is changed seems to hold a secret; the model is not shown it.")
    quiet = arguments.json
    async with means(root, "edit", arguments.model, quiet=quiet, indexed=False) as available:
        model = available.engine.capabilities.model
        message = await stoppable(
            commit_message.written(available.engine, what, style, arguments.why)
        )
    if message is None:
        say_meanwhile("Stopped.")
        return INTERRUPTED
    if arguments.json:
        print_json({"message": message, "isStaged": what.is_staged, "model": model})
        return 0
    say_lines(message)
    if not what.is_staged:
        say_meanwhile("Nothing is staged: this is about what is changed.")
    return 0
