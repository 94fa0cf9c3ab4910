"""`ownstack status`: what would complete now, and who serves it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "status",
        help="say what completes now, and whether the daemon runs",
        description="Say which model is chosen, and what the daemon is doing.",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack import __version__
    from ownstack.cli.output import print_json
    from ownstack.daemon import lifecycle
    from ownstack.daemon.handshake import Hello
    from ownstack.daemon.status import BIGGER, without_model
    from ownstack.engine.models import BUILTIN, ModelInfo, ModelRegistry
    from ownstack.errors import OwnstackError
    from ownstack.paths import Home

    home = Home.default()
    problem, missing = "", ""
    chosen: ModelInfo | None = None
    try:
        chosen = ModelRegistry(home.models_file).chosen("completion")
    except OwnstackError as error:
        problem = str(error)
    if chosen is not None and chosen.name == BUILTIN and not chosen.infill:
        missing, chosen = chosen.infill_problem, None
    welcome = lifecycle.ask(home, Hello("status"))
    if arguments.json:
        print_json(
            {
                "version": __version__,
                "completer": "echo" if chosen is None else "model",
                "model": "" if chosen is None else chosen.name,
                "problem": problem,
                "daemon": {
                    "running": welcome is not None,
                    **(welcome.status if welcome is not None else {}),
                },
            }
        )
        return 0
    if problem:
        print(f"Completion: {problem}")
    elif chosen is None:
        print(f"Completion: {without_model(missing)}")
    elif chosen.name == BUILTIN:
        print(f"Completion: the built-in completer. {BIGGER}")
    else:
        print(f"Completion: {chosen.name} ({chosen.path})")
    if welcome is None:
        print("Daemon: does not run; an editor window starts it.")
    else:
        print(f"Daemon: process {welcome.pid}, windows: {welcome.sessions}")
        for index in welcome.status.get("indexes", []):
            print(_index_line(index))
    return 0


def _index_line(index: Mapping[str, Any]) -> str:
    """Return what a daemon says of one index; it may be of another version."""
    from ownstack.cli.output import human_bytes

    age_s = index.get("ageS")
    checked = "" if age_s is None else f", checked {age_s:.0f} s ago"
    size = human_bytes(int(index.get("sizeBytes", 0)))
    return (
        f"Index: {index.get('folder')}: {index.get('state')}, {index.get('files', 0):,} files, "
        f"{index.get('symbols', 0):,} symbols, {size}{checked}"
    )
