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

from ownstack.actions.catalogue import KINDS
from ownstack.app.host import Host
from ownstack.daemon.relay import Relay
from ownstack.lsp import (
    action_handlers,
    action_messages,
    chat_handlers,
    chat_messages,
    handlers,
    handover,
    learning_handlers,
    learning_messages,
    model_chat_handlers,
    model_chat_messages,
    protocol,
    tool_handlers,
    tool_messages,
)
from ownstack.lsp.transport import MessageReader, Writer, read_messages
from ownstack.lsp.window import WindowServer
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
    (types.NOTEBOOK_DOCUMENT_DID_OPEN, handlers.did_open_notebook, None),
    (types.NOTEBOOK_DOCUMENT_DID_CHANGE, handlers.did_change_notebook, None),
    (types.NOTEBOOK_DOCUMENT_DID_SAVE, handlers.did_save_notebook, None),
    (types.NOTEBOOK_DOCUMENT_DID_CLOSE, handlers.did_close_notebook, None),
    (
        types.TEXT_DOCUMENT_INLINE_COMPLETION,
        handlers.inline_completion,
        types.InlineCompletionOptions(),
    ),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        action_handlers.code_actions,
        types.CodeActionOptions(code_action_kinds=list(KINDS), resolve_provider=True),
    ),
    (types.CODE_ACTION_RESOLVE, action_handlers.resolve, None),
    (action_messages.EDIT, action_handlers.edit, None),
    (action_messages.ACCEPT_EDIT, action_handlers.accept, None),
    (action_messages.REJECT_EDIT, action_handlers.reject, None),
    (action_messages.QUESTION, action_handlers.question, None),
    (action_messages.REVIEW, action_handlers.review, None),
    (action_messages.CLEAR_REVIEW, action_handlers.clear_review, None),
    (action_messages.COMMIT_MESSAGE, action_handlers.commit_message, None),
    (protocol.STATUS, handlers.status, None),
    (protocol.EXPLAIN, handlers.explain, None),
    (protocol.MODELS, handlers.models, None),
    (protocol.USE_MODEL, handlers.use_model, None),
    (protocol.MODEL_OFFERS, handlers.model_offers, None),
    (protocol.PULL_MODEL, handlers.pull_model, None),
    (protocol.SERVER_MODELS, handlers.server_models, None),
    (protocol.DOCTOR, handlers.examine, None),
    (model_chat_messages.LIST, model_chat_handlers.list_models, None),
    (model_chat_messages.RESPOND, model_chat_handlers.respond, None),
    (model_chat_messages.COUNT, model_chat_handlers.count, None),
    (learning_messages.LIST, learning_handlers.list_adapters, None),
    (learning_messages.USE, learning_handlers.use, None),
    (learning_messages.ROLL_BACK, learning_handlers.roll_back, None),
    (learning_messages.REPORT, learning_handlers.report, None),
    (types.WORKSPACE_SYMBOL, handlers.symbols, None),
    (protocol.SEARCH, handlers.search, None),
    (protocol.INDEX_STATUS, handlers.index_status, None),
    (protocol.STATISTICS, handlers.statistics, None),
    (chat_messages.SESSIONS, chat_handlers.sessions, None),
    (chat_messages.OPEN, chat_handlers.open_chat, None),
    (chat_messages.TURNS, chat_handlers.turns, None),
    (chat_messages.CLOSE, chat_handlers.close, None),
    (chat_messages.RENAME, chat_handlers.rename, None),
    (chat_messages.DELETE, chat_handlers.delete, None),
    (chat_messages.EXPORT, chat_handlers.export, None),
    (chat_messages.ASK, chat_handlers.ask, None),
    (chat_messages.STOP, chat_handlers.stop, None),
    (chat_messages.WITHDRAW, chat_handlers.withdraw, None),
    (chat_messages.RESTORE, chat_handlers.restore, None),
    (chat_messages.COMPACT, chat_handlers.compact, None),
    (chat_messages.UNDO, chat_handlers.undo, None),
    (chat_messages.EDIT_SUMMARY, chat_handlers.edit_summary, None),
    (chat_messages.PIN, chat_handlers.pin, None),
    (chat_messages.UNPIN, chat_handlers.unpin, None),
    (chat_messages.CLEAR, chat_handlers.clear, None),
    (chat_messages.CONTEXT, chat_handlers.context, None),
    (chat_messages.RECALL, chat_handlers.recall, None),
    (chat_messages.MEMORY, chat_handlers.memory, None),
    (chat_messages.ACCEPT, chat_handlers.accept, None),
    (chat_messages.REJECT, chat_handlers.reject, None),
    (chat_messages.MENTIONS, chat_handlers.mentions, None),
    (tool_messages.ANSWER, tool_handlers.answer, None),
    (tool_messages.CHANGES, tool_handlers.changes, None),
    (tool_messages.APPLY, tool_handlers.apply, None),
    (tool_messages.REFUSE, tool_handlers.refuse, None),
    (tool_messages.RESTORE_CHECKPOINT, tool_handlers.restore_checkpoint, None),
    (tool_messages.SET_TOOLS, tool_handlers.set_tools, None),
)
COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (protocol.ACCEPTED, handlers.accepted),
    (protocol.REBUILD_INDEX, handlers.rebuild_index),
    (protocol.CLEAR_INDEX, handlers.clear_index),
    (protocol.CLEAR_SIGNALS, handlers.clear_signals),
    (action_messages.RUN, action_handlers.run),
)


def window(host: Host) -> WindowServer:
    """Return a window that answers all messages."""
    made = WindowServer(host)
    for method, function, options in FEATURES:
        made.feature(method, options)(function)
    for name, function in COMMANDS:
        made.command(name)(function)
    return made


async def serve(
    host: Host,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    leaving: asyncio.Event | None = None,
) -> None:
    """Serve one window on a connection, until it says `exit` or is gone.

    When `leaving` is set, a window that restarts its server is told to end the session, and another
    is hung up on.
    """
    server, answers = _opened(host, reader, writer)
    farewell = asyncio.ensure_future(_part(server, reader, leaving or asyncio.Event()))
    try:
        await read_messages(MessageReader(reader, cuts=True), server.protocol, answers)
    finally:
        farewell.cancel()
        await server.close()
        writer.close()
        log.info("A window has gone.")


async def _part(server: WindowServer, reader: asyncio.StreamReader, leaving: asyncio.Event) -> None:
    await leaving.wait()
    if not await server.tell_leaving():
        reader.feed_eof()


def _opened(
    host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[WindowServer, Writer]:
    quieten_pygls()
    server = window(host)
    server.protocol.on_exit = reader.feed_eof
    server.protocol.on_left_out = server.session.leave_out
    answers = Writer(writer)
    server.protocol.set_writer(answers)
    return server, answers


async def serve_until_handed_over(
    host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Serve one window until a daemon can be had, and then pass on what it and the editor say."""
    server, answers = _opened(host, reader, writer)
    messages = MessageReader(reader)
    try:
        daemon = await handover.serve_meanwhile(server, messages, answers, writer)
    finally:
        await server.close()
    if daemon is not None:
        log.info("The window is handed over to the daemon.")
        passing = asyncio.ensure_future(daemon.relay(messages, reader, writer))
        await host.close()
        await passing
    writer.close()


def serve_stdio(home: Home, *, reason: str = "") -> int:
    """Serve one window on standard input and output; return the exit status.

    Bytes go through a socket pair and the daemon's relay, so that a session always has the same
    kind of connection, and a client that does not read cannot block the event loop.

    `reason` says why there is no daemon, if there should be one.
    """
    return asyncio.run(_serve_stdio(home, reason))


async def _serve_stdio(home: Home, reason: str) -> int:
    host = Host(home, mode="inProcess", mode_reason=reason)
    host.crashes.arm()
    ours, theirs = socket.socketpair()
    relay = asyncio.create_task(asyncio.to_thread(Relay(theirs).run))
    reader, writer = await asyncio.open_connection(sock=ours)
    with contextlib.suppress(RuntimeError):
        # Not on Windows. A client may end us this way, and it should look like no crash.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, reader.feed_eof)
    try:
        await (serve_until_handed_over if reason else serve)(host, reader, writer)
        return await relay
    finally:
        await host.close()


def late_cancel(record: logging.LogRecord) -> bool:
    """Log filter: drop pygls' warning about a cancel that came after the answer, as many do."""
    return "Cancel notification for unknown message id" not in record.msg


def quieten_pygls() -> None:
    """Keep what pygls says at each message out of the log."""
    logging.getLogger("pygls").setLevel(logging.WARNING)
    chatter = logging.getLogger("pygls.protocol.json_rpc")
    if late_cancel not in chatter.filters:
        chatter.addFilter(late_cancel)
