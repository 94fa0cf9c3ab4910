"""Reads messages from a stream and feeds them to a protocol, answering what cannot be read.

pygls' own loop leaves a request that it cannot decode without an answer, and shows an error.

A window takes turns with the others. It gets nothing more done while its answers are not read or
too many of its requests are in work; then what it sends waits in its own pipe.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from dataclasses import dataclass, field
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.daemon.relay import CHUNK_BYTES
from ownstack.lsp.cutting import Cutter, heading
from ownstack.lsp.protocol import MESSAGES, SessionProtocol

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 256 * 1024 * 1024
MAX_UNSENT_BYTES = 64 * 1024 * 1024
MAX_HEADER_BYTES = 4_096
_HEADER = re.compile(
    rb"content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?\n(?:[!-9;-~]{1,64}:[^\r\n]*\r?\n){0,8}\r?\n",
    re.IGNORECASE,
)
UNREAD_BYTES = 1024 * 1024
"""With so many bytes of answers that the client has not read, nothing more is done for it."""
LARGE_BYTES = 1024 * 1024
"""A longer message is taken in parts, and what is too long in it is cut."""
BESIDE_BYTES = 128 * 1024
"""A longer message is decoded in a thread."""
TURN_S = 0.004
"""After so long the other windows have their turn."""


class MessageTooLargeError(Exception):
    """A message of which too much is left, even cut."""

    def __init__(self, n_bytes: int, method: str, id: int | str | None, uri: str) -> None:
        self.reason = f"A message of {n_bytes / 1e6:,.0f} MB is too large to be read ({method})."
        super().__init__(self.reason)
        self.id = id
        self.uri = uri


class Writer:
    """What pygls writes to. A client that has gone, or reads nothing any more, is hung up on."""

    def __init__(self, stream: asyncio.StreamWriter) -> None:
        self._stream = stream
        stream.transport.set_write_buffer_limits(high=UNREAD_BYTES)

    def write(self, data: bytes) -> None:
        if self._stream.is_closing():
            return
        if self._stream.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            log.warning("The client does not read; its connection is closed.")
            self._stream.transport.abort()
            return
        self._stream.write(data)

    async def read_by_client(self) -> None:
        """Wait until the client has read most of what was written.

        Raises:
            ConnectionError: it has gone.
        """
        await self._stream.drain()

    def close(self) -> None:
        self._stream.close()


class MessageReader:
    """The messages of a stream. What is none is passed over, up to the next header."""

    def __init__(self, stream: asyncio.StreamReader, *, cuts: bool = False) -> None:
        """`cuts`: what is too long in a large message is cut, so that others have their turn."""
        self._stream = stream
        self._cuts = cuts
        self._buffer = bytearray()
        self._length: int | None = None
        """Of the body that comes next, once its header is read."""

    async def next(self) -> bytes | None:
        """Return the body of the next message; None when the client has left.

        Cancelling this loses nothing, except in a message that is being cut.

        Raises:
            MessageTooLargeError: too much is left of one, even cut; the next can be read.
        """
        while self._length is None:
            if not self._find_header() and not await self._more():
                return None
        if self._cuts and self._length > LARGE_BYTES:
            return await self._cut(self._length)
        while len(self._buffer) < self._length:
            if not await self._more():
                return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = None
        return body

    def put_back(self, body: bytes) -> None:
        """Take back a message that nobody has acted on."""
        self._buffer[:0] = b"Content-Length: %d\r\n\r\n" % len(body) + body

    def rest(self) -> bytes:
        """Return what has been read and belongs to messages that are not complete, or not taken."""
        header = b"" if self._length is None else b"Content-Length: %d\r\n\r\n" % self._length
        return header + bytes(self._buffer)

    def look_into(self, body: bytes) -> None:
        """Look for a header in what was no message, too: its own had told a wrong length."""
        header = _HEADER.search(body)
        # One that begins in it may end behind it.
        start = len(body) - MAX_HEADER_BYTES if header is None else header.start()
        self._buffer[:0] = body[max(0, start) :]

    def _find_header(self) -> bool:
        """Read a header, or pass over what cannot be one; tell whether that got anywhere."""
        header = _HEADER.search(self._buffer)
        if header is None:
            del self._buffer[: max(0, len(self._buffer) - MAX_HEADER_BYTES)]
            return False
        if header.start():
            log.warning("Bytes that are no message were passed over.")
        length, end = int(header[1]), header.end()
        del header  # As long as it is there, the buffer cannot change its size.
        del self._buffer[:end]
        if length <= MAX_MESSAGE_BYTES:
            self._length = length
        else:
            log.warning("A message of %d bytes is too long, and passed over.", length)
        return True

    async def _cut(self, length: int) -> bytes | None:
        cutter = Cutter()
        self._length = None
        while cutter.n_bytes < length:
            if not self._buffer and not await self._more():
                return None
            part = bytes(self._buffer[: length - cutter.n_bytes])
            del self._buffer[: len(part)]
            cutter.feed(part)
            await asyncio.sleep(0)
        if cutter.is_too_much:
            raise MessageTooLargeError(length, *heading(cutter.end()))
        return cutter.end()

    async def _more(self) -> bool:
        data = await self._stream.read(CHUNK_BYTES)
        self._buffer += data
        return bool(data)


@dataclass
class _Turn:
    """How long a window has been served without the others having had their turn."""

    began: float = field(default_factory=time.monotonic)

    async def pass_on(self) -> None:
        if time.monotonic() - self.began > TURN_S:
            await asyncio.sleep(0)
            self.began = time.monotonic()


async def read_messages(
    messages: MessageReader, protocol: SessionProtocol, answers: Writer
) -> None:
    """Handle messages until the client leaves; cancelling this loses none."""
    turn = _Turn()
    while True:
        try:
            await answers.read_by_client()
            await protocol.has_room()
            await turn.pass_on()
            body = await messages.next()
        except ConnectionError:
            return
        except MessageTooLargeError as error:
            _leave_out(error, protocol)
            continue
        if body is None:
            return
        try:
            beside = len(body) > BESIDE_BYTES
            message = (
                await asyncio.to_thread(decode, body, protocol)
                if beside
                else decode(body, protocol)
            )
        except asyncio.CancelledError:
            messages.put_back(body)
            raise
        except (ValueError, RecursionError) as error:
            log.warning("A message is not JSON: %s", error)
            protocol.refuse(None, types.ErrorCodes.ParseError, "This is not JSON.")
            messages.look_into(body)
            continue
        handle(message, protocol)


def _leave_out(error: MessageTooLargeError, protocol: SessionProtocol) -> None:
    log.warning("%s", error.reason)
    if error.id is not None:
        protocol.refuse(error.id, types.LSPErrorCodes.RequestFailed, error.reason)
    elif error.uri:
        protocol.on_left_out(error.uri, f"{error.reason} Close the document and open it again.")


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message, decoded."""

    raw: dict[str, Any]
    content: Any
    """What the protocol makes of it, or the exception that it raises."""
    problem: str = ""
    """What is wrong with its envelope, "" if nothing."""

    @property
    def id(self) -> int | str | None:
        """Of a request."""
        return self.raw.get("id") if "method" in self.raw else None


def decode(body: bytes, protocol: SessionProtocol) -> IncomingMessage:
    """Decode one message; from any thread.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    raw = json.loads(body)
    problem = _malformed(raw)
    if problem:
        return IncomingMessage(raw if isinstance(raw, dict) else {}, None, problem)
    raw["jsonrpc"] = "2.0"
    if "method" in raw:
        raw = {key: value for key, value in raw.items() if key not in ("result", "error")}
        if raw.get("params") is None:
            raw["params"] = {} if raw["method"] in MESSAGES else None
    try:
        return IncomingMessage(raw, protocol.structure_message(raw))
    except Exception as error:
        return IncomingMessage(raw, error)


def handle(message: IncomingMessage, protocol: SessionProtocol) -> None:
    """Act on a message; whatever is wrong with it, a request gets an answer."""
    raw = message.raw
    if message.problem:
        log.warning("A message cannot be used: %s", message.problem)
        id = raw.get("id") if _is_id(raw.get("id")) else None
        # An answer that nobody waits for is not answered.
        if "method" in raw or not raw.keys() & {"result", "error"}:
            protocol.refuse(id, types.ErrorCodes.InvalidRequest, message.problem)
        return
    refusal = _untimely(raw, protocol)
    if refusal is None:
        _act(message, protocol)
    elif message.id is not None:
        protocol.refuse(message.id, *refusal)


def _malformed(raw: object) -> str:
    """Say what is wrong with the envelope of a message, "" if nothing."""
    if not isinstance(raw, dict):
        return "A message must be a JSON object."
    if "id" in raw and not _is_id(raw["id"]):
        return "The id of a message must be a string or an integer."
    if "method" in raw:
        return "" if isinstance(raw["method"], str) else "The method of a message must be a string."
    if "id" in raw and ("result" in raw or "error" in raw):
        return ""
    return "A message must have a method, or an id and a result or an error."


def _is_id(id: object) -> bool:
    return isinstance(id, (int, str)) and not isinstance(id, bool)


def _untimely(raw: dict[str, Any], protocol: SessionProtocol) -> tuple[int, str] | None:
    """Return why a message must wait, or comes too late; None if it is in time."""
    method = raw.get("method")
    if method == types.EXIT:
        return None
    if protocol.is_shut_down:
        return types.ErrorCodes.InvalidRequest, "The session has been shut down."
    if method != types.INITIALIZE:
        waits = not protocol.is_initialized
        code = types.ErrorCodes.ServerNotInitialized
        return (code, "Send `initialize` first.") if waits else None
    if protocol.is_initialized or "id" not in raw:
        return types.ErrorCodes.InvalidRequest, "`initialize` is one request, sent once."
    return None


def _act(message: IncomingMessage, protocol: SessionProtocol) -> None:
    id = message.id
    try:
        if isinstance(message.content, Exception):
            raise message.content
        protocol.note(message.raw)
        protocol.handle_message(message.content)
    except JsonRpcException as error:
        log.warning("A message cannot be used: %s", error)
        if id is not None:
            protocol.refuse(id, error.code or types.ErrorCodes.InvalidParams, str(error))
    except Exception:
        log.exception("A message could not be handled")
        if id is not None:
            protocol.refuse(id, types.ErrorCodes.InternalError, "An internal error happened.")
