"""What the language server can do, and a window's life on a connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

from lsprotocol import types

from ownstack.daemon.host import Host
from ownstack.daemon.relay import Relay
from ownstack.lsp import handlers, protocol
from ownstack.lsp.protocol import late_cancel
from ownstack.lsp.window import Window
from ownstack.lsp.wire import Writer, read_messages
from ownstack.paths import Home

log = logging.getLogger(__name__)

# Without an options object, pygls does not advertise inline completion.
FEATURES: tuple[tuple[str, Callable[..., Any], Any], ...] = (
    (types.INITIALIZE, handlers.initialize, None),
    (types.INITIALIZED, handlers.initialized, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, handlers.did_change_configuration, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, handlers.did_change_folders, None),
    (types.TEXT_DOCUMENT_DID_OPEN, handlers.did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, handlers.did_change, None),
    (types.TEXT_DOCUMENT_DID_SAVE, handlers.did_save, types.SaveOptions(include_text=False)),
    (types.TEXT_DOCUMENT_DID_CLOSE, handlers.did_close, None),
    (
        types.TEXT_DOCUMENT_INLINE_COMPLETION,
        handlers.inline_completion,
        types.InlineCompletionOptions(),
    ),
    (protocol.STATUS, handlers.status, None),
    (protocol.EXPLAIN, handlers.explain, None),
    (protocol.MODELS, handlers.models, None),
    (protocol.USE_MODEL, handlers.use_model, None),
    (protocol.DOCTOR, handlers.examine, None),
    (types.WORKSPACE_SYMBOL, handlers.symbols, None),
    (protocol.SEARCH, handlers.search, None),
    (protocol.INDEX_STATUS, handlers.index_status, None),
)
COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (protocol.ACCEPTED, handlers.accepted),
    (protocol.REBUILD_INDEX, handlers.rebuild_index),
    (protocol.CLEAR_INDEX, handlers.clear_index),
)


def window(host: Host) -> Window:
    """Return a window that answers all messages."""
    made = Window(host)
    for method, function, options in FEATURES:
        made.feature(method, options)(function)
    for name, function in COMMANDS:
        made.command(name)(function)
    return made


async def serve(host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one window on a connection, until it says `exit` or is gone."""
    quieten_pygls()
    server = window(host)
    server.protocol.on_exit = reader.feed_eof
    server.protocol.set_writer(Writer(writer))
    try:
        await read_messages(reader, server.protocol)
    finally:
        await server.close()
        writer.close()
        log.info("A window has gone.")


def serve_stdio(home: Home, *, reason: str = "") -> int:
    """Serve one window on standard input and output; return the exit status.

    Bytes go through a socket pair and the daemon's relay, so that a session always has the same
    kind of connection, and a client that does not read cannot block the event loop.

    `reason` says why there is no daemon, if there should be one.
    """
    return asyncio.run(_serve_stdio(home, reason))


async def _serve_stdio(home: Home, reason: str) -> int:
    host = Host(home, mode="inProcess", mode_reason=reason)
    ours, theirs = socket.socketpair()
    relay = asyncio.create_task(asyncio.to_thread(Relay(theirs).run))
    reader, writer = await asyncio.open_connection(sock=ours)
    with contextlib.suppress(RuntimeError):
        # Not on Windows. A client may end us this way, and it should look like no crash.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, reader.feed_eof)
    try:
        await serve(host, reader, writer)
        return await relay
    finally:
        await host.close()


def quieten_pygls() -> None:
    """Keep what pygls says at each message out of the log."""
    logging.getLogger("pygls").setLevel(logging.WARNING)
    chatter = logging.getLogger("pygls.protocol.json_rpc")
    if late_cancel not in chatter.filters:
        chatter.addFilter(late_cancel)
