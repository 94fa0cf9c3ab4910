"""Messages that no language client sends, and bytes that are no messages at all."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownstack.app.host import Host
from ownstack.lsp import protocol, transport
from ownstack.lsp.server import serve
from tests.support.editor import PATIENCE_S

PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, NOT_INITIALIZED = -32700, -32600, -32602, -32002
INITIALIZE = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}}
STATUS = {"jsonrpc": "2.0", "id": "s", "method": protocol.STATUS, "params": {}}


def framed(body: bytes | object) -> bytes:
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


class Client:
    """Sends bytes and reads messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, *messages: bytes | object) -> None:
        for message in messages:
            self._writer.write(message if isinstance(message, bytes) else framed(message))

    async def answer(self) -> dict[str, Any]:
        """Return the next message that is an answer."""
        while True:
            header = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
            length = int(header.split(b"\r\n")[0].split(b":")[1])
            message: dict[str, Any] = json.loads(await self._reader.readexactly(length))
            if "method" not in message:
                return message

    async def code(self) -> tuple[object, int]:
        """Return the id and the code of the next answer, which is an error."""
        message = await self.answer()
        return message["id"], message["error"]["code"]

    async def lives(self, host: Host) -> None:
        """Expect that the window is there, once, and answers."""
        self.send(STATUS)
        message = await self.answer()
        assert (message["id"], message["result"]["sessions"]) == ("s", host.n_sessions)
        assert host.n_sessions == 1


@pytest.fixture
async def client(host: Host) -> AsyncIterator[Client]:
    """A connection on which nothing has been said."""
    ours, theirs = socket.socketpair()
    serving = asyncio.ensure_future(serve(host, *await asyncio.open_connection(sock=ours)))
    reader, writer = await asyncio.open_connection(sock=theirs, limit=2**24)
    yield Client(reader, writer)
    writer.close()
    await serving


@pytest.fixture
async def window(client: Client) -> Client:
    """One that is initialized."""
    client.send(INITIALIZE)
    assert "result" in await client.answer()
    return client


@pytest.mark.parametrize("method", [["a"], {"a": 1}, 1, None, True])
@pytest.mark.parametrize("id", [7, "seven"])
async def test_a_method_that_is_no_name(
    window: Client, host: Host, method: object, id: object
) -> None:
    """Is refused, and costs nobody the window."""
    window.send({"jsonrpc": "2.0", "id": id, "method": method, "params": {}})

    assert await window.code() == (id, INVALID_REQUEST)
    await window.lives(host)


@pytest.mark.parametrize("id", [[1], {"a": 1}, None, True, 1.5])
async def test_an_id_that_is_none(window: Client, host: Host, id: object) -> None:
    """The answer cannot name it; and a reply to nobody is passed over."""
    window.send({"jsonrpc": "2.0", "id": id, "method": protocol.STATUS})
    window.send({"jsonrpc": "2.0", "id": id, "result": None})

    assert await window.code() == (None, INVALID_REQUEST)
    await window.lives(host)


@pytest.mark.parametrize("message", [[], [STATUS], "x", 1, None, {}, {"id": 1}])
async def test_what_is_no_message(window: Client, host: Host, message: object) -> None:
    """An array, a number, an object with nothing in it."""
    window.send(framed(json.dumps(message).encode()))

    assert (await window.code())[1] == INVALID_REQUEST
    await window.lives(host)


@pytest.mark.parametrize("version", ["1.0", None, 2])
async def test_another_version_of_the_envelope(window: Client, host: Host, version: object) -> None:
    """Is answered all the same."""
    window.send({**STATUS, "jsonrpc": version, "error": {"code": 1, "message": "x"}})

    assert "result" in await window.answer()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"id": 1' + b"0" * 9_999 + b"}"]
)
async def test_a_body_that_is_not_json(window: Client, host: Host, body: bytes) -> None:
    """Is told so, as far as anybody can be told."""
    window.send(framed(body))

    assert await window.code() == (None, PARSE_ERROR)
    await window.lives(host)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\x01\xfe\xff",
        os.urandom(200_000).replace(b"\n", b"").replace(b":", b""),
        b"\r\n\r\n\n\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"Content-Length: abc\r\n\r\n{}",
        b"Content-Length: -5\r\n\r\n{}",
        b"Content-Length: 99999999999\r\n\r\n{}",
        b"Content-Length: " + b"9" * 9_999 + b"\r\n\r\n{}",
        b"Content-Length\r\n\r\n",
        b'{"jsonrpc": "2.0", "id": 1, "method": "ownstack/status"}',
        b"x" * 1_000_000 + b"\n",
    ],
    ids=range(11),
)
async def test_bytes_that_are_no_message(window: Client, host: Host, junk: bytes) -> None:
    """The next message is found behind them, whether they end a line or not."""
    window.send(junk)

    await window.lives(host)
    await window.lives(host)


@pytest.mark.parametrize("by", [-7, 7, 60])
async def test_a_wrong_length(window: Client, host: Host, by: int) -> None:
    """Costs the message that it belongs to, and no other that has come whole."""
    body = json.dumps({**STATUS, "id": 1}).encode()
    window.send(b"Content-Length: %d\r\n\r\n" % (len(body) + by) + body)

    await_status = asyncio.ensure_future(window.code())
    window.send({**STATUS, "id": 2}, {**STATUS, "id": 3})

    assert await await_status == (None, PARSE_ERROR)
    assert [(await window.answer())["id"] for _ in range(2)] == [2, 3]


async def test_headers_in_any_order_and_spelling(window: Client) -> None:
    """As the protocol allows."""
    body = json.dumps(STATUS).encode()
    kind = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"
    length = b"content-length :%d \r\n" % len(body)
    window.send(kind + length + b"\r\n" + body, length + kind + b"\r\n" + body)

    assert [(await window.answer())["id"] for _ in range(2)] == ["s", "s"]


async def test_a_header_that_comes_in_pieces(window: Client) -> None:
    """Byte by byte."""
    for byte in b"junk" + framed(STATUS):
        window.send(bytes([byte]))
        await asyncio.sleep(0)

    assert (await window.answer())["id"] == "s"


async def test_initialize_counts_once(window: Client, host: Host) -> None:
    """The second is refused, and opens no second window."""
    window.send({**INITIALIZE, "id": 1}, {**INITIALIZE, "id": 2})

    assert await window.code() == (1, INVALID_REQUEST)
    assert await window.code() == (2, INVALID_REQUEST)
    await window.lives(host)


async def test_nothing_counts_before_initialize(client: Client, host: Host) -> None:
    """Requests are refused with the protocol's own code, notifications dropped."""
    document = {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": "x = 1\n"}
    client.send(
        {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}},
        {"jsonrpc": "2.0", "method": "initialized", "params": {}},
        {"jsonrpc": "2.0", "method": "initialize", "params": {"capabilities": {}}},
        STATUS,
        {"jsonrpc": "2.0", "id": 2, "method": "shutdown"},
        {"jsonrpc": "2.0", "id": 3, "method": "ownstack/unknown"},
    )

    assert await client.code() == ("s", NOT_INITIALIZED)
    assert await client.code() == (2, NOT_INITIALIZED)
    assert await client.code() == (3, NOT_INITIALIZED)
    assert host.n_sessions == 0
    client.send(INITIALIZE)
    assert "result" in await client.answer()
    await client.lives(host)


async def test_an_initialize_that_cannot_be_read_may_be_sent_again(
    client: Client, host: Host
) -> None:
    """It was refused, so there was none."""
    client.send({**INITIALIZE, "params": {"capabilities": 3, "workspaceFolders": 1}})
    assert await client.code() == (0, INVALID_PARAMS)

    client.send(INITIALIZE)

    assert "result" in await client.answer()
    await client.lives(host)


async def test_exit_counts_before_initialize(client: Client) -> None:
    """The connection ends."""
    client.send({"jsonrpc": "2.0", "method": "exit"})

    with pytest.raises(asyncio.IncompleteReadError):
        await client.answer()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
ENVELOPES = st.dictionaries(
    st.sampled_from(["id", "method", "params", "result", "error", "jsonrpc"]),
    VALUES | st.sampled_from([protocol.STATUS, "textDocument/didOpen", "$/cancelRequest"]),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(message=ENVELOPES)
def test_no_message_ends_a_window(message: dict[str, Any]) -> None:
    """Whatever is in its envelope, handling it raises nothing, and a request is answered once."""
    sent: list[Any] = []

    class Protocol:
        """Stands for pygls, which knows what is well formed only."""

        is_initialized = True
        is_shut_down = False

        def refuse(self, id: object, code: int, message: str) -> None:
            sent.append(id)

        def structure_message(self, raw: dict[str, Any]) -> dict[str, Any]:
            assert isinstance(raw.get("method", ""), str)
            assert raw["jsonrpc"] == "2.0"
            return raw

        def handle_message(self, raw: dict[str, Any]) -> None:
            if "method" in raw and "id" in raw:
                sent.append(raw["id"])

        def note(self, raw: dict[str, Any]) -> None:
            assert "method" in raw or "id" in raw

    session: Any = Protocol()
    transport.handle(transport.decode(json.dumps(message).encode(), session), session)

    assert len(sent) <= 1
    if "id" in message and "method" in message:
        assert len(sent) == 1
