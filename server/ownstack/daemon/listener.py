"""The daemon's ear: accepts connections, shakes hands, and hands sessions on."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
from collections.abc import Awaitable, Callable

from ownstack import __version__
from ownstack.daemon import handshake
from ownstack.daemon.address import TRANSPORT, Transport, address_file, socket_path, write_address
from ownstack.daemon.handshake import Hello, Welcome
from ownstack.errors import DaemonError
from ownstack.paths import Home, private_folder

log = logging.getLogger(__name__)

HELLO_S = 10.0
"""A client that says nothing for so long is hung up on."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[Hello], Welcome]


class Listener:
    """An open socket. Its maker must hold the daemon's lock, so a socket that exists is stale."""

    def __init__(self, home: Home, *, answer: Answer, serve: Serve, transport: Transport) -> None:
        self._home = home
        self._answer = answer
        self._serve = serve
        self._transport = transport
        self._token = ""
        self._server: asyncio.Server | None = None

    @classmethod
    async def open(
        cls, home: Home, *, answer: Answer, serve: Serve, transport: Transport = TRANSPORT
    ) -> Listener:
        """Listen. `answer` decides about each hello; `serve` runs an accepted session to its end.

        Raises:
            DaemonError: the address cannot be used.
            OSError: nor can its folder.
        """
        listener = cls(home, answer=answer, serve=serve, transport=transport)
        if transport == "unix":
            await listener._open_unix()
        else:
            await listener._open_tcp()
        return listener

    async def close(self) -> None:
        """Stop listening and remove the address; sessions that run are not touched."""
        path = socket_path(self._home) if self._transport == "unix" else address_file(self._home)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        if self._server is not None:
            self._server.close()

    async def _open_unix(self) -> None:
        path = socket_path(self._home)
        private_folder(path.parent)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._server = await asyncio.start_unix_server(self._connected, path)
        os.chmod(path, 0o600)

    async def _open_tcp(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self._token = write_address(self._home, port).token

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            hello = await self._hello(reader)
            welcome = self._refusal(hello) or self._answer(hello)
            writer.write(handshake.encode(welcome))
            await writer.drain()
            if welcome.ok and hello.want == "session":
                await self._serve(reader, writer)
        except (DaemonError, asyncio.TimeoutError, ConnectionError, ValueError) as error:
            log.info("A connection was dropped: %s", error or "it said nothing")
        finally:
            writer.close()

    async def _hello(self, reader: asyncio.StreamReader) -> Hello:
        line = await asyncio.wait_for(reader.readline(), HELLO_S)
        if not line.endswith(b"\n"):
            raise DaemonError("it left before its first line was complete")
        return handshake.decode_hello(line)

    def _refusal(self, hello: Hello) -> Welcome | None:
        if not hmac.compare_digest(hello.token.encode(), self._token.encode()):
            return Welcome(ok=False, reason="token")
        if hello.want == "session" and hello.protocol != handshake.PROTOCOL:
            return Welcome(ok=False, reason="protocol")
        return None


def version_refusal(hello: Hello, sessions: int) -> Welcome | None:
    """Refuse a session to a client of another version: it may speak other messages."""
    if hello.want == "session" and hello.version != __version__:
        return Welcome(ok=False, reason="version", sessions=sessions)
    return None
