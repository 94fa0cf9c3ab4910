"""Hands a window that is served without a daemon over to one, as soon as one can be had.

The editor notices nothing: a daemon is told all that the window's own server knows, and then bytes
are passed on as `ownstack lsp` does from the start where there is a daemon.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from lsprotocol import types

from ownstack.daemon.address import Connection
from ownstack.daemon.lifecycle import attach
from ownstack.daemon.relay import CHUNK_BYTES
from ownstack.errors import DaemonError
from ownstack.files.notebook.text import MARKDOWN
from ownstack.lsp.transport import MessageReader, Writer, read_messages
from ownstack.lsp.window import WindowServer
from ownstack.paths import Home

log = logging.getLogger(__name__)

FIRST_S, LONGEST_S = 10.0, 300.0
"""After so long a daemon is looked for, then after twice as long, and so on."""
ANSWERS_S = 2.0
"""Requests that the editor waits for have so long to be answered before the change."""
TAKES_OVER_S = 30.0
_ID = "ownstack/handover"


class Successor:
    """A daemon that has been told everything about a window."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._messages = MessageReader(reader)

    @classmethod
    async def brief(
        cls, connection: Connection, server: WindowServer, editor: asyncio.StreamWriter
    ) -> Successor | None:
        """Tell a daemon what `server` knows; None if it does not take over.

        What it says meanwhile is passed on to the editor.
        """
        made = cls(*await asyncio.open_connection(sock=connection.socket))
        made._send({"id": _ID, "method": types.INITIALIZE, "params": _start(server)})
        try:
            await asyncio.wait_for(made._agreement(editor), TAKES_OVER_S)
        except (asyncio.TimeoutError, DaemonError, OSError) as error:
            log.warning("The daemon does not take the window over: %s", error or "no answer")
            made._writer.close()
            return None
        for method, params in _history(server):
            made._send({"method": method, "params": params})
        return made

    async def relay(
        self,
        messages: MessageReader,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Pass on what both sides say, until the daemon closes the connection."""
        self._writer.write(messages.rest())
        up = asyncio.ensure_future(_copy(reader, self._writer))
        writer.write(self._messages.rest())
        try:
            await _copy(self._reader, writer)
        finally:
            up.cancel()
            self._writer.close()

    async def _agreement(self, editor: asyncio.StreamWriter) -> None:
        while True:
            body = await self._messages.next()
            if body is None:
                raise DaemonError("it has left")
            message = json.loads(body)
            if message.get("id") != _ID:
                editor.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            elif "error" in message:
                raise DaemonError(str(message["error"].get("message")))
            else:
                return

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)


async def serve_meanwhile(
    server: WindowServer, messages: MessageReader, answers: Writer, editor: asyncio.StreamWriter
) -> Successor | None:
    """Serve a window until a daemon takes it over; None if the editor has left before."""
    wait_s = FIRST_S
    while True:
        serving = asyncio.ensure_future(read_messages(messages, server.protocol, answers))
        finding = asyncio.ensure_future(_find(server, wait_s))
        await asyncio.wait({serving, finding}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            finding.cancel()
            await serving
            return None
        serving.cancel()
        await asyncio.wait({serving})
        await _settle(server)
        successor = await Successor.brief(finding.result(), server, editor)
        if successor is not None:
            server.tell_moved()
            return successor
        wait_s = min(2 * wait_s, LONGEST_S)


async def _find(server: WindowServer, wait_s: float) -> Connection:
    """Return a daemon's welcome to the window, however long it takes until there is one."""
    while True:
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_S)
        if not server.protocol.is_open or server.protocol.is_shut_down or server.is_answering:
            continue
        connection = await _attached(server.host.home)
        if connection is not None and not server.protocol.is_shut_down:
            return connection


async def _attached(home: Home) -> Connection | None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Connection | None] = loop.create_future()

    def settle(connection: Connection | None) -> None:
        if not future.done():
            future.set_result(connection)
        elif connection is not None:
            connection.close()

    def look() -> None:
        try:
            connection = attach(home)
        except (DaemonError, OSError) as error:
            log.info("There is no daemon yet: %s", error)
            connection = None
        try:
            loop.call_soon_threadsafe(settle, connection)
        except RuntimeError:  # The window has gone, and its loop.
            settle(connection)

    # Not a thread of the loop's: those are waited for when the editor has left.
    threading.Thread(target=look, name="find-daemon", daemon=True).start()
    return await future


async def _settle(server: WindowServer) -> None:
    """Let what the editor has asked be answered, or called off."""
    futures: list[Any] = list(server.protocol._request_futures.values())
    asked: set[asyncio.Future[Any]] = {
        future for future in futures if isinstance(future, asyncio.Future)
    }
    if asked:
        _, late = await asyncio.wait(asked, timeout=ANSWERS_S)
        for future in late:
            future.cancel()
        await asyncio.sleep(0)


def _start(server: WindowServer) -> dict[str, Any]:
    folders = [
        {"uri": folder.uri, "name": folder.name} for folder in server.workspace.folders.values()
    ]
    return {**(server.protocol.start or {}), "workspaceFolders": folders}


def _history(server: WindowServer) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return what brings a new server to where this one is, as methods and parameters."""
    yield types.INITIALIZED, {}
    if server.protocol.newest_settings is not None:
        settings = dict(server.protocol.newest_settings)
        yield types.WORKSPACE_DID_CHANGE_CONFIGURATION, {"settings": settings}
    session = server.session
    for uri, language, text in session.large:
        yield types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": _item(uri, language, 0, text)}
    for document in session.documents:
        if not document.cells:
            item = _item(document.uri, document.language, document.version, document.text)
            yield types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": item}
    kinds = types.NotebookCellKind
    for uri, cells in session.notebooks:
        yield (
            types.NOTEBOOK_DOCUMENT_DID_OPEN,
            {
                "notebookDocument": {
                    "uri": uri,
                    "notebookType": "jupyter-notebook",
                    "version": 0,
                    "cells": [
                        {
                            "kind": int(kinds.Markup if cell.language == MARKDOWN else kinds.Code),
                            "document": cell.uri,
                        }
                        for cell in cells
                    ],
                },
                "cellTextDocuments": [
                    _item(cell.uri, cell.language, cell.version, cell.text) for cell in cells
                ],
            },
        )


def _item(uri: str, language: str, version: int, text: str) -> dict[str, Any]:
    return {"uri": uri, "languageId": language, "version": version, "text": text}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except ConnectionError as error:
        log.info("A connection has ended: %s", error)
