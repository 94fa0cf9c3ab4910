"""The API on a port of this machine: an application behind a gate, run by uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from ownstack.api import chat, completions, embeddings, listing
from ownstack.api.gate import Gate
from ownstack.api.keys import KeyStore
from ownstack.api.refusals import ApiError, on_error
from ownstack.api.served_models import ServedModels
from ownstack.app.host import Host
from ownstack.errors import OwnstackError, ServeError

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 128
KEEP_ALIVE_S = 30
END_S = 2
"""Answers have so long to end when the server does."""
WISH_S = 10.0
MAX_WISH_BYTES = 4_096


def application(host: Host) -> Starlette:
    """Return the API as an application, whoever runs it."""
    app = Starlette(
        routes=[
            Route("/v1/chat/completions", chat.chat, methods=["POST"]),
            Route("/v1/completions", completions.complete, methods=["POST"]),
            Route("/v1/embeddings", embeddings.embed, methods=["POST"]),
            Route("/v1/models", listing.models, methods=["GET"]),
            Route("/v1/models/{name:path}", listing.model, methods=["GET"]),
        ],
        middleware=[Middleware(Gate, keys=KeyStore(host.home.keys_file))],
        exception_handlers=dict.fromkeys(
            (ApiError, OwnstackError, HTTPException, Exception), on_error
        ),
    )
    app.state.models = ServedModels(host)
    return app


class ApiServer:
    """The API on an open port, until `close`."""

    def __init__(self, host: Host, listening: socket.socket) -> None:
        """`listening` is open; it is closed with this."""
        self._host = host
        self._socket = listening
        address, port = listening.getsockname()[:2]
        self.url = f"http://{f'[{address}]' if ':' in address else address}:{port}/v1"
        self._app = application(host)
        config = uvicorn.Config(
            self._app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=END_S,
        )
        self._server = _Server(config)
        self._running = asyncio.ensure_future(self._server.serve(sockets=[listening]))
        host.serving.append(self.url)

    @classmethod
    def open(cls, host: Host, address: str, port: int) -> ApiServer:
        """Listen at an address of this machine; port 0 is any that is free.

        Raises:
            ServeError: it is another machine's, or the port is taken.
        """
        host.had_sessions = True
        return cls(host, open_port(address, port))

    async def ended(self) -> None:
        """Wait until it ends by itself, which it should not."""
        await asyncio.wait({self._running})

    async def close(self) -> None:
        self._host.serving.remove(self.url)
        self._server.should_exit = True
        await asyncio.wait({self._running})
        self._socket.close()
        self._app.state.models.close()
        if not self._running.cancelled() and self._running.exception() is not None:
            log.error("The API failed", exc_info=self._running.exception())


def open_port(address: str, port: int) -> socket.socket:
    """Return a socket that listens at a port of this machine.

    Raises:
        ServeError: it is another machine's, or the port is taken.
    """
    name = "127.0.0.1" if address == "localhost" else address.strip("[]")
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        raise ServeError(f"{address} is no address.", "Give 127.0.0.1 or ::1.") from None
    if not ip.is_loopback:
        raise ServeError(
            f"{address} can be reached from other machines, and keys and texts would go there "
            "unencrypted.",
            "Serve 127.0.0.1, and let others come through SSH: ssh -L PORT:127.0.0.1:PORT",
        )
    made = socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET)
    try:
        if os.name == "posix":  # Elsewhere it means that somebody else may listen there, too.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((str(ip), port))
        made.listen(MAX_CONNECTIONS)
    except (OSError, OverflowError) as error:
        made.close()
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ServeError(
            f"Port {port} of {address} cannot be had: {why}.", "Choose another with --port."
        ) from error
    return made


async def serve_client(
    host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, leaving: asyncio.Event
) -> None:
    """Serve for as long as who asked for it stays connected; see "serve" in docs/PROTOCOL.md."""
    try:
        wish = json.loads(await asyncio.wait_for(_line(reader), WISH_S))
        server = ApiServer.open(host, str(wish["host"]), int(wish["port"]))
    except (ValueError, KeyError, TypeError, RecursionError, asyncio.TimeoutError):
        await _tell(writer, {"error": "The daemon was not told where to serve."})
        return
    except ServeError as error:
        await _tell(writer, {"error": str(error)})
        return
    try:
        await _tell(writer, {"url": server.url})
        waits = [
            asyncio.ensure_future(wait) for wait in (reader.read(1), leaving.wait(), server.ended())
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
    finally:
        await server.close()


async def serve_alone(host: Host, address: str, port: int, say: Callable[[str], None]) -> None:
    """Serve in this process, until it is cancelled; `say` is told the address.

    Raises:
        ServeError: the port cannot be had.
    """
    server = ApiServer.open(host, address, port)
    try:
        say(server.url)
        await server.ended()
    finally:
        await server.close()
        await host.close()


async def _line(reader: asyncio.StreamReader) -> bytes:
    line = await reader.readline()
    if len(line) > MAX_WISH_BYTES:
        raise ValueError("too long")
    return line


async def _tell(writer: asyncio.StreamWriter, message: dict[str, str]) -> None:
    writer.write(json.dumps(message).encode("ascii") + b"\n")
    with contextlib.suppress(ConnectionError):
        await writer.drain()


class _Server(uvicorn.Server):
    """A server that leaves signals to the process that it is in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
