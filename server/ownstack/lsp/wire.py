"""Reads messages from a stream and feeds them to a protocol, answering what cannot be read.

pygls' own loop leaves a request that it cannot decode without an answer, and shows an error.
"""

from __future__ import annotations

import asyncio
import json
import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.lsp.protocol import MESSAGES, SessionProtocol

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 256 * 1024 * 1024
MAX_UNSENT_BYTES = 64 * 1024 * 1024


class Writer:
    """What pygls writes to. A client that has gone, or reads nothing any more, is hung up on."""

    def __init__(self, stream: asyncio.StreamWriter) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        if self._stream.is_closing():
            return
        if self._stream.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            log.warning("The client does not read; its connection is closed.")
            self._stream.transport.abort()
            return
        self._stream.write(data)

    def close(self) -> None:
        self._stream.close()


async def read_messages(reader: asyncio.StreamReader, protocol: SessionProtocol) -> None:
    """Handle messages until the client leaves or breaks the framing."""
    while True:
        try:
            body = await _read_body(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        except ValueError as error:
            log.warning("The connection is closed: %s", error)
            return
        if body is None:
            return
        handle(body, protocol)


async def _read_body(reader: asyncio.StreamReader) -> bytes | None:
    """Return one message's bytes, or None at the end.

    Raises:
        ValueError: this is not the framing of the language server protocol.
    """
    length: int | None = None
    while True:
        line = await reader.readline()
        if not line:
            return None
        if not line.strip():
            if length is None:
                continue
            return await reader.readexactly(length)
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
            if not 0 <= length <= MAX_MESSAGE_BYTES:
                raise ValueError(f"a message of {length} bytes")


def handle(body: bytes, protocol: SessionProtocol) -> None:
    """Decode one message and act on it; whatever is wrong with it, a request gets an answer."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        log.warning("A message is not JSON: %s", error)
        return
    if not isinstance(raw, dict):
        log.warning("A message is not an object.")
        return
    id = raw.get("id") if "method" in raw else None
    if protocol.is_shut_down and raw.get("method") != types.EXIT:
        if id is not None:
            code = types.ErrorCodes.InvalidRequest
            protocol.refuse(id, code, "The session has been shut down.")
        return
    raw.setdefault("jsonrpc", "2.0")
    if "method" in raw and raw.get("params") is None:
        raw["params"] = {} if raw["method"] in MESSAGES else None
    try:
        protocol.handle_message(protocol.structure_message(raw))
    except JsonRpcException as error:
        log.warning("A message cannot be used: %s", error)
        if id is not None:
            protocol.refuse(id, error.code or types.ErrorCodes.InvalidParams, str(error))
    except Exception:
        log.exception("A message could not be handled")
        if id is not None:
            protocol.refuse(id, types.ErrorCodes.InternalError, "An internal error happened.")
