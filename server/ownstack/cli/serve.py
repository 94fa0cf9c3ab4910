"""`ownstack serve`: the models of this machine for other programs, by OpenAI's API."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_json, print_table, say, warn

if TYPE_CHECKING:
    from ownstack.api.keys import KeyStore
    from ownstack.paths import Home

PORT = 8646


def add_to(commands: Any) -> None:
    """Describe the commands to argparse."""
    command = commands.add_parser(
        "serve",
        help="offer the models to other programs on this machine, by OpenAI's API",
        description="Serve the models that editors use to other programs on this machine, by "
        "OpenAI's API, until you press Ctrl-C. An editor's keystroke still comes first.",
    )
    command.add_argument(
        "--port", type=_port, default=PORT, help=f"default {PORT}; 0 is any that is free"
    )
    command.add_argument(
        "--host", default="127.0.0.1", help="an address of this machine alone (default 127.0.0.1)"
    )
    command.add_argument(
        "--in-process", action="store_true", help="serve in this process, without the daemon"
    )
    command.set_defaults(run=run)
    groups = command.add_subparsers(title="more", metavar="")
    keys = groups.add_parser("keys", help="make, list and revoke the keys of programs")
    verbs = keys.add_subparsers(title="verbs", metavar="VERB", required=True)
    add = verbs.add_parser("add", help="make a key; it is shown once")
    add.add_argument("name", metavar="NAME", help="what or whom it is for")
    add.set_defaults(run=run_add)
    show = verbs.add_parser("list", help="show names and beginnings of keys")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=run_list)
    remove = verbs.add_parser("remove", help="revoke a key, from the next request on")
    remove.add_argument("name", metavar="NAME", help="its name, or its beginning")
    remove.set_defaults(run=run_remove)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.daemon.serving import serve
    from ownstack.errors import DaemonError
    from ownstack.paths import Home

    home = Home.default()
    if not _keys(home).entries():
        warn("There is no key yet. Make one with: ownstack serve keys add NAME")
    try:
        if arguments.in_process:
            return _serve_alone(home, arguments)
        try:
            serve(home, arguments.host, arguments.port, _announce)
        except DaemonError as error:
            warn(f"{error} Models are loaded for this command alone.")
            return _serve_alone(home, arguments, str(error))
    except KeyboardInterrupt:
        say("Not served any more.")
    return 0


def run_add(arguments: argparse.Namespace) -> int:
    from ownstack.paths import Home

    key = _keys(Home.default()).add(arguments.name)
    say(f"The key of {arguments.name} is {key}")
    say("It cannot be shown again.")
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    from ownstack.paths import Home

    entries = _keys(Home.default()).entries()
    if arguments.json:
        named = ("name", "prefix", "created")
        print_json({"keys": [{key: getattr(entry, key) for key in named} for entry in entries]})
    elif not entries:
        say("There is no key. Make one with: ownstack serve keys add NAME")
    else:
        rows = [(entry.name, f"{entry.prefix}…", entry.created) for entry in entries]
        print_table(("NAME", "KEY", "MADE"), rows)
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    from ownstack.paths import Home

    gone = _keys(Home.default()).remove(arguments.name)
    say(f"The key of {gone.name} opens nothing any more.")
    return 0


def _serve_alone(home: Home, arguments: argparse.Namespace, reason: str = "") -> int:
    import asyncio

    from ownstack.api.server import serve_alone
    from ownstack.app.host import Host

    host = Host(home, mode="inProcess", mode_reason=reason)
    asyncio.run(serve_alone(host, arguments.host, arguments.port, _announce))
    return 0


def _announce(url: str) -> None:
    say(f"Other programs are served at {url}")
    say("They need a key (ownstack serve keys). Press Ctrl-C to end it.")


def _keys(home: Home) -> KeyStore:
    from ownstack.api.keys import KeyStore

    return KeyStore(home.keys_file)


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port
