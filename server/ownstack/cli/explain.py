"""`ownstack explain FILE[:LINE]`: what code is for and how it works, with its callers in view."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ownstack.cli.choosing import add_model_to

if TYPE_CHECKING:
    from ownstack.cli.selecting import Selected

MAX_TOKENS = 1_024


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "explain",
        help="have a model explain code",
        description="Have a model explain a file, lines of it, or the definition that a line "
        "stands in. It sees who calls that and what it uses, as the index knows.",
    )
    command.add_argument("place", metavar="FILE[:LINE]", help="a file, a line of it, or lines")
    add_model_to(command)
    command.add_argument("--json", action="store_true", help="print JSON: the answer, who calls "
                         "the lines and what they use, what it cost")  # fmt: skip
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import asyncio

    from ownstack.cli.selecting import to_read

    return asyncio.run(_explain(arguments, to_read(arguments.place)))


async def _explain(arguments: argparse.Namespace, selected: Selected) -> int:
    from ownstack.actions import explain
    from ownstack.cli.acting import means
    from ownstack.cli.ask import answered
    from ownstack.engine.requests import ChatRequest

    target = selected.target
    async with means(selected.root, "chat", arguments.model, quiet=arguments.json) as available:
        engine = available.engine
        around = await available.around(target)
        window = engine.capabilities.context_tokens
        told = explain.messages(target, None, around, window, engine.count)
        first, last = target.lines
        places = {
            "path": target.path,
            "startLine": first,
            "endLine": last,
            "callers": [place.where for place in around.callers],
            "uses": [place.where for place in around.definitions],
        }
        request = ChatRequest(told, max_tokens=MAX_TOKENS)
        return await answered(engine, request, json=arguments.json, more=places)
