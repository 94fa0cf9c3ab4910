"""The daemon's ear: accepts connections, shakes hands, and hands sessions on."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from ownstack import __version__
from ownstack.daemon import handshake
from ownstack.daemon.address import (
    TRANSPORT,
    Transport,
    address_file,
    private_socket_path,
    socket_path,
    write_address,
)
from ownstack.daemon.handshake import Hello, Want, Welcome
from ownstack.daemon.peer import peer_uid
from ownstack.errors import DaemonError
from ownstack.paths import Home, private_folder

log = logging.getLogger(__name__)

_ACCEPTING_TURNS = 20
"""Of the event loop; it needs five from a connection to who serves it."""

HELLO_S = 10.0
"""A client that says nothing for so long is hung up on."""

Serve = Callable[[Want, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
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
        self._socket: socket.socket | None = None
        self.n_open = 0
        """Connections that are not closed yet."""

    @classmethod
    async def open(
        cls,
        home: Home,
        *,
        answer: Answer,
        serve: Serve,
        transport: Transport = TRANSPORT,
        handed: socket.socket | None = None,
    ) -> Listener:
        """Listen. `answer` decides about each hello; `serve` runs an accepted session to its end.

        `handed` is a socket that listens already, on the address of the home.

        Raises:
            DaemonError: the address cannot be used.
            OSError: nor can its folder.
        """
        listener = cls(home, answer=answer, serve=serve, transport=transport)
        if transport == "unix":
            listener._socket = handed or listener._bound()
            await listener.resume()
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
        if self._socket is not None:
            self._socket.close()

    @property
    def descriptor(self) -> int:
        """Of the Unix socket that listens."""
        assert self._socket is not None
        return self._socket.fileno()

    async def pause(self) -> None:
        """Accept nobody at the Unix socket for a while: who comes waits for `resume`.

        All who were accepted before are counted in `n_open` then.
        """
        assert self._server is not None
        # A server that is closed drops whoever it has accepted and not begun to serve.
        asyncio.get_running_loop().remove_reader(self._server.sockets[0].fileno())
        for _ in range(_ACCEPTING_TURNS):
            await asyncio.sleep(0)
        self._server.close()

    async def resume(self) -> None:
        """Accept who comes to the Unix socket."""
        assert self._socket is not None
        # asyncio closes the one that it gets, and removes its file from Python 3.13 on.
        more: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
        own = self._socket.dup()
        self._server = await asyncio.start_unix_server(self._connected, sock=own, **more)

    def _bound(self) -> socket.socket:
        folder = socket_path(self._home).parent
        try:
            private_folder(folder)
        except PermissionError as error:
            raise DaemonError(f"The daemon's folder cannot be used: {error}.") from error
        path = private_socket_path(self._home)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(path))
        os.chmod(path, 0o600)
        return made

    async def _open_tcp(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self._token = write_address(self._home, port).token

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_open += 1
        try:
            if self._transport == "unix" and not _is_ours(writer):
                raise DaemonError("another user's process has connected")
            hello = await self._hello(reader)
            welcome = self._refusal(hello) or self._answer(hello)
            writer.write(handshake.encode(welcome))
            await writer.drain()
            if welcome.ok and hello.want in handshake.LASTING:
                await self._serve(hello.want, reader, writer)
        except (DaemonError, asyncio.TimeoutError, ConnectionError, ValueError) as error:
            log.info("A connection was dropped: %s", error or "it said nothing")
        finally:
            self.n_open -= 1
            writer.close()

    async def _hello(self, reader: asyncio.StreamReader) -> Hello:
        line = await asyncio.wait_for(reader.readline(), HELLO_S)
        if not line.endswith(b"\n"):
            raise DaemonError("it left before its first line was complete")
        return handshake.decode_hello(line)

    def _refusal(self, hello: Hello) -> Welcome | None:
        if not hmac.compare_digest(hello.token.encode(), self._token.encode()):
            return Welcome(ok=False, reason="token")
        if hello.want in handshake.LASTING and hello.protocol != handshake.PROTOCOL:
            return Welcome(ok=False, reason="protocol")
        return None


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    return peer_uid(writer.get_extra_info("socket")) in (None, os.getuid())


def version_refusal(hello: Hello, sessions: int) -> Welcome | None:
    """Refuse a session to a client of another version: it may speak other messages."""
    if hello.want in handshake.LASTING and hello.version != __version__:
        return Welcome(ok=False, reason="version", sessions=sessions)
    return None
