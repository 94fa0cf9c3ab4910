"""What one window sends never keeps another one waiting for long, however much that is."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from ownstack.app import background
from ownstack.app.documents.large_documents import MAX_DOCUMENT_CHARS, MAX_FOLLOWED_CHARS
from ownstack.app.host import Host
from ownstack.app.indexes import window_indexes
from ownstack.app.session import Session
from ownstack.lsp import protocol, transport
from ownstack.lsp.server import serve
from tests.support.editor import URI, Editor

from .conftest import Connect

N_FLOOD = 3_000
LINE = 'value = compute("a", b)  # something\n'


class Flood:
    """A client that writes what it likes, and reads only when it is told to."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._ids = itertools.count(1)
        self._writing = asyncio.ensure_future(asyncio.sleep(0))
        self._data = b""

    def request(self, method: str, params: Any, times: int = 1) -> None:
        messages = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
            for _ in range(times)
        ]
        self._send(messages)

    def notify(self, method: str, params: Any) -> None:
        self._send([{"jsonrpc": "2.0", "method": method, "params": params}])

    async def answers(self, n: int) -> list[dict[str, Any]]:
        """Read until so many answers have come."""
        loop, found = asyncio.get_running_loop(), list[dict[str, Any]]()
        while len(found) < n:
            head, mark, rest = self._data.partition(b"\r\n\r\n")
            length = int(head.split(b"Content-Length:")[1].split(b"\r\n")[0]) if mark else 0
            if not mark or len(rest) < length:
                self._data += await loop.sock_recv(self._socket, 1 << 20)
                continue
            message, self._data = json.loads(rest[:length]), rest[length:]
            if "method" not in message:
                found.append(message)
        return found

    async def sent(self) -> None:
        await self._writing

    def close(self) -> None:
        self._writing.cancel()
        self._socket.close()

    def _send(self, messages: list[dict[str, Any]]) -> None:
        bodies = [json.dumps(message).encode() for message in messages]
        data = b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)
        self._writing = asyncio.ensure_future(self._after(self._writing, data))

    async def _after(self, before: asyncio.Future[Any], data: bytes) -> None:
        await before
        await asyncio.get_running_loop().sock_sendall(self._socket, data)


@pytest.fixture
async def flood(host: Host) -> AsyncIterator[Flood]:
    """A window that has said hello."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    serving = asyncio.ensure_future(serve(host, reader, writer))
    made = Flood(theirs)
    made.request("initialize", {"capabilities": {}, "processId": None, "rootUri": None})
    await made.answers(1)
    yield made
    made.close()
    await serving


class Turns:
    """Another window's turns: how much processor time passes between two of them."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.all_s = 0.0

    async def take(self, until: Callable[[], bool]) -> None:
        began = last = time.process_time()
        while not until():
            await asyncio.sleep(0)
            now = time.process_time()
            self.longest_s, last = max(self.longest_s, now - last), now
        self.all_s = last - began


def session_of(host: Host, number: int = 0) -> Session:
    session = host._listeners[number]
    assert isinstance(session, Session)
    return session


async def test_a_giant_document_is_read_in_many_turns(host: Host, flood: Flood) -> None:
    """Others have their turn in between, and it is refused for its size."""
    text = LINE * (60_000_000 // len(LINE))
    document = {"uri": URI, "languageId": "python", "version": 1, "text": text}
    session, turns = session_of(host), Turns()

    flood.notify(types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": document})
    await turns.take(lambda: URI in session._refused)

    assert session._refused[URI] == (
        f"The file is too large: over {MAX_FOLLOWED_CHARS:,} characters, "
        f"at most {MAX_DOCUMENT_CHARS:,}."
    )
    assert turns.longest_s < turns.all_s / 4


async def test_a_giant_text_that_is_pasted_ends_the_document(host: Host, flood: Flood) -> None:
    """What follows in the same change is meant for a text that was never kept; a new one counts."""
    document = {"uri": URI, "languageId": "python", "version": 1, "text": "value = 1\n"}
    session = session_of(host)
    flood.notify(types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": document})
    start, far = {"line": 0, "character": 0}, {"line": 200_000, "character": 0}
    changes = [
        {"range": {"start": start, "end": start}, "text": LINE * 210_000},
        {"range": {"start": start, "end": far}, "text": ""},
    ]
    params = {"textDocument": {"uri": URI, "version": 2}, "contentChanges": changes}

    flood.notify(types.TEXT_DOCUMENT_DID_CHANGE, params)
    flood.request(protocol.STATUS, {})
    await flood.answers(1)

    assert session.documents.get(URI) is None
    assert "too large" in session._refused[URI]

    flood.notify(types.TEXT_DOCUMENT_DID_OPEN, {"textDocument": document})
    flood.request(protocol.STATUS, {})
    await flood.answers(1)

    assert session.documents.get(URI) is not None


async def test_a_message_of_too_much_is_answered(
    host: Host, flood: Flood, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request with an error; a document with the reason, until it is opened again."""
    monkeypatch.setattr(transport, "Cutter", lambda: wire_cutter(keep_bytes=1_000_000))
    many = [{"text": "x" * 20}] * 60_000
    document = {"uri": URI, "version": 2}
    session = session_of(host)

    flood.request(protocol.SEARCH, {"query": "", "more": many})
    change = {"textDocument": document, "contentChanges": many}
    flood.notify(types.TEXT_DOCUMENT_DID_CHANGE, change)
    flood.request(protocol.STATUS, {})
    refused, status = await flood.answers(2)

    assert refused["error"]["message"] == (
        "A message of 2 MB is too large to be read (ownstack/search)."
    )
    assert status["result"]["state"]
    assert session._refused[URI].endswith("Close the document and open it again.")


wire_cutter = transport.Cutter


@pytest.mark.slow
async def test_who_reads_no_answers_gets_nothing_more_done(
    host: Host, flood: Flood, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost: the rest is done as the answers are read."""
    n_done, of_flood = 0, session_of(host)
    status = Session.status

    def counted(self: Session) -> Any:
        nonlocal n_done
        n_done += self is of_flood
        return status(self)

    other = await connect()
    await other.hello()
    monkeypatch.setattr(Session, "status", counted)
    n_all = 4 * N_FLOOD

    flood.request(protocol.STATUS, {}, n_all)
    n_seen = -1
    while n_seen != n_done:  # Until nothing happens any more for the one that does not read.
        n_seen = n_done
        await other.status()

    assert 0 < n_done < n_all / 2
    assert len(await flood.answers(n_all)) == n_all
    assert n_done >= n_all


@pytest.fixture
async def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "client.py").write_text("class ShopClient:\n    def send_order(self): ...\n")
    return folder


async def searching(editor: Editor, project: Path) -> None:
    await editor.hello(folder=project.as_uri())
    await editor.told(lambda status: [folder.state for folder in status.index] == ["ready"])


@pytest.mark.process
async def test_searches_take_turns(
    connect: Connect, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one window few are in work at once, and another's is not behind all of them."""
    busy, other = await connect(), await connect()
    await searching(busy, project)
    await searching(other, project)
    at_work, most, lock, search = 0, 0, threading.Lock(), window_indexes._search

    def watched(*arguments: Any) -> Any:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        try:
            return search(*arguments)
        finally:
            with lock:
                at_work -= 1

    monkeypatch.setattr(window_indexes, "_search", watched)
    params = protocol.SearchParams("who sends an order")
    send = busy.protocol.send_request_async
    asked = [asyncio.ensure_future(send(protocol.SEARCH, params)) for _ in range(N_FLOOD)]
    await asked[0]

    result = await other.protocol.send_request_async(protocol.SEARCH, params)

    n_answered = sum(request.done() for request in asked)
    assert [hit.name for hit in result.hits][:1] == ["ShopClient"]
    assert n_answered < N_FLOOD / 10
    assert most <= background.AT_ONCE + 1
    assert len(await asyncio.gather(*asked)) == N_FLOOD


async def test_a_call_that_nobody_waits_for_still_takes_its_place() -> None:
    """Who asks and cancels, again and again, gets no more threads than others."""
    mine, n_begun = background.Beside(at_once=1), 0
    begun, release = threading.Event(), threading.Event()

    def call() -> None:
        nonlocal n_begun
        n_begun += 1
        begun.set()
        release.wait()

    for number in range(5):
        task = asyncio.ensure_future(mine.run(call))
        await asyncio.sleep(0)
        if number == 0:
            await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.wait({task})
    last = asyncio.ensure_future(mine.run(lambda: "done"))
    await asyncio.sleep(0)

    assert n_begun == 1
    release.set()
    assert await last == "done"


async def test_a_key_looks_at_some_of_the_open_documents(host: Host, editor: Editor) -> None:
    """However many there are; all are completed in."""
    await editor.hello({"models": {"completion": "none"}})
    n = 2_000
    for number in range(n):
        text = f"total_{number} = compute_total_{number}(value)\n"
        editor.open(text, f"file:///project/m{number}.py")
    at = editor.open(f"total_{n - 1} = comp$0\n")
    session = session_of(host)

    found = await editor.ghost(at, invoked=True)
    document = session.documents.get(URI)
    assert document is not None
    others = await session.completer._context.others(document, wait=False)

    assert found == f"ute_total_{n - 1}(value)"
    assert next(infill.uri for infill in others) == f"file:///project/m{n - 1}.py"
    assert len(others) < 100
    old = "file:///project/m0.py"
    assert session.documents.get(old) is not None
    await editor.ghost(types.Position(0, 0), old, invoked=True)
    assert (await editor.explain()).reason != "This document is not open."
