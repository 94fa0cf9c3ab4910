"""`ownstack serve`, on the client's side: a connection for as long as the daemon is to serve."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ownstack.daemon.address import TRANSPORT, Transport
from ownstack.daemon.lifecycle import attach
from ownstack.errors import DaemonError, ServeError
from ownstack.paths import Home

MAX_LINE_BYTES = 65_536
MAX_DEATHS = 3
DEATHS_S = 60.0
"""A daemon that dies so often within this time is not started once more."""


def serve(
    home: Home,
    address: str,
    port: int,
    say: Callable[[str], None],
    transport: Transport = TRANSPORT,
) -> None:
    """Have the daemon serve other programs, until this is interrupted; `say` is told where.

    A daemon that ends is started again, and serves at the same port.

    Raises:
        ServeError: it cannot serve there.
        DaemonError: there can be no daemon, or it dies again and again.
    """
    deaths: list[float] = []
    while len(deaths) < MAX_DEATHS:
        url = _serve_once(home, address, port, say, transport)
        port = urlsplit(url).port or port if url else port
        now = time.monotonic()
        deaths = [at for at in deaths if now - at < DEATHS_S] + [now]
    raise DaemonError("The daemon ends again and again.", f"Its log is {home.log_file}.")


def _serve_once(
    home: Home, address: str, port: int, say: Callable[[str], None], transport: Transport
) -> str:
    """Serve until the daemon has ended; return where that was, "" if it did not come to it."""
    connection = attach(home, transport, "serve")
    try:
        with connection.socket.makefile("rwb") as stream:
            stream.write(json.dumps({"host": address, "port": port}).encode("ascii") + b"\n")
            stream.flush()
            line = stream.readline(MAX_LINE_BYTES)
            if not line:
                return ""
            answer = _answer(line)
            if "url" not in answer:
                raise ServeError(str(answer.get("error", "The daemon does not say why not.")))
            url = str(answer["url"])
            say(url)
            stream.read()
            return url
    except OSError:
        return ""
    finally:
        connection.close()


def _answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise DaemonError("The daemon answers what is not understood.")
    return answer
