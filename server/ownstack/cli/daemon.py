"""`ownstack daemon`: the process that serves all windows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_json, say

if TYPE_CHECKING:
    from asyncio import Event, StreamReader, StreamWriter

    from ownstack.app.host import Host
    from ownstack.daemon import service


def add_to(commands: Any) -> None:
    """Describe the commands to argparse."""
    command = commands.add_parser(
        "daemon",
        help="start, stop or look at the process that serves all windows",
        description="The daemon serves all editor windows, so that a model is in memory once. "
        "Editors start it by themselves; it leaves when it has been idle.",
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    start = verbs.add_parser("start", help="start it, unless it runs")
    start.add_argument("--json", action="store_true", help="print its status as JSON")
    start.set_defaults(run=run_start)
    stop = verbs.add_parser("stop", help="end it; editors start it again when they need it")
    stop.add_argument("--if-idle", action="store_true", help="not while a window is attached")
    stop.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="only if its Python lies in this folder: that of an environment that is to be removed",
    )
    stop.set_defaults(run=run_stop)
    status = verbs.add_parser("status", help="say whether it runs; exit status 1 if not")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.set_defaults(run=run_status)
    # What `start` starts. In the foreground, its log goes to the same file.
    run = verbs.add_parser("run", help="be the daemon, in the foreground")
    # What a daemon that begins anew hands to itself.
    run.add_argument("--handed", default="", help=argparse.SUPPRESS)
    run.set_defaults(run=run_daemon)


def run_start(arguments: argparse.Namespace) -> int:
    from ownstack.daemon import lifecycle
    from ownstack.paths import Home

    welcome = lifecycle.start(Home.default())
    if arguments.json:
        print_json(welcome.status)
    else:
        say(f"The daemon runs as process {welcome.pid}.")
    return 0


def run_stop(arguments: argparse.Namespace) -> int:
    from ownstack.daemon import holder, lifecycle
    from ownstack.paths import Home

    home = Home.default()
    if arguments.folder is not None and not holder.runs_from(home, arguments.folder):
        say("No daemon runs from there.")
        return 0
    stopped = lifecycle.stop(home, only_if_idle=arguments.if_idle)
    say("The daemon has left." if stopped else "No daemon runs.")
    return 0


def run_status(arguments: argparse.Namespace) -> int:
    from ownstack.daemon import lifecycle
    from ownstack.daemon.handshake import Hello
    from ownstack.paths import Home

    welcome = lifecycle.ask(Home.default(), Hello("status"))
    if arguments.json:
        print_json({"running": welcome is not None, **(welcome.status if welcome else {})})
    elif welcome is None:
        say("No daemon runs.")
    else:
        say(f"The daemon runs as process {welcome.pid}, windows: {welcome.sessions}.")
        for address in welcome.status.get("serving", []):
            say(f"Other programs are served at {address}")
        for model in welcome.status.get("models", []):
            waiting = model.get("unloaded") or "loading"
            state = model.get("error") or ("loaded" if model.get("loaded") else waiting)
            say(f"{model.get('name')}: {state}, windows: {model.get('users')}")
    return 0 if welcome is not None else 1


def run_daemon(arguments: argparse.Namespace) -> int:
    from ownstack.daemon import service
    from ownstack.daemon.renewal import Handed
    from ownstack.paths import Home

    handed = Handed.read(arguments.handed) if arguments.handed else None
    serves: service.Serves = {"session": _serve_window, "serve": _serve_programs}
    return service.main(Home.default(), serves, handed=handed)


async def _serve_window(
    host: Host, reader: StreamReader, writer: StreamWriter, leaving: Event
) -> None:
    # Imported when the first window comes: the listener does not wait for it.
    from ownstack.lsp.server import serve

    await serve(host, reader, writer, leaving)


async def _serve_programs(
    host: Host, reader: StreamReader, writer: StreamWriter, leaving: Event
) -> None:
    import asyncio

    # A second of imports, and windows are served meanwhile.
    serve_client = await asyncio.to_thread(_api)
    await serve_client(host, reader, writer, leaving)


def _api() -> service.Serve:
    from ownstack.api.server import serve_client

    return serve_client
