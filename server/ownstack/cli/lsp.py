"""`ownstack lsp`: what an editor starts."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "lsp",
        help="serve an editor on standard input and output",
        description="Serve an editor window: connect it to the daemon, starting one if need be.",
    )
    command.add_argument(
        "--in-process",
        action="store_true",
        help="serve in this process, without the daemon",
    )
    command.add_argument("--stdio", action="store_true", help="accepted for editors that pass it")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Relay to the daemon; without one, serve right here and say why in the status."""
    from ownstack.errors import DaemonError
    from ownstack.paths import Home

    home = Home.default()
    if arguments.in_process:
        return _serve(home)
    # Only what the relay needs: an editor waits for this.
    from ownstack.daemon.lifecycle import attach
    from ownstack.daemon.relay import Relay

    try:
        connection = attach(home)
    except (DaemonError, OSError) as error:
        from ownstack.cli.output import warn

        warn(f"{error} This window is served alone.")
        return _serve(home, f"This window does not share its model: {error}")
    return Relay(connection.socket).run()


def _serve(home: Any, reason: str = "") -> int:
    import logging

    from ownstack.lsp.server import serve_stdio
    from ownstack.terminal import LogFormatter

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    return serve_stdio(home, reason=reason)
