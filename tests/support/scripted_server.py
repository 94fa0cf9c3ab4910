"""An HTTP server on loopback that does what it is told, faults included: bytes on a socket."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """The server's side of one connection, while it answers one request."""

    def __init__(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader) -> None:
        self.writer = writer
        self.reader = reader

    async def send(self, data: str | bytes) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def head(self, kind: str = "text/event-stream", status: int = 200, **more: str) -> None:
        """Send the head of an answer whose length is not told."""
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        await self.send("\r\n".join(lines) + "\r\n\r\n")

    async def event(self, value: Any) -> None:
        data = value if isinstance(value, str) else json.dumps(value)
        await self.send(f"data: {data}\n\n")

    def reset(self) -> None:
        """Break the connection off by a reset."""
        plug = self.writer.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        await self.reader.read()


Answering = Callable[[Line], Awaitable[None]]


@dataclass
class ScriptedServer:
    """Answers each request to a path by the next answer of its queue; the last one stays."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, list[Answering]] = field(default_factory=dict)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client has closed a connection that was being answered (`hang`)."""

    listener: asyncio.Server | None = None

    def stop_listening(self) -> None:
        """Take no connections any more; those that are there stay."""
        assert self.listener is not None
        self.listener.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def answer(self, path: str, *answers: Answering) -> None:
        self.answers[path] = list(answers)

    def to(self, path: str) -> list[Asked]:
        """Return the requests to a path."""
        return [asked for asked in self.asked if asked.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _request(reader)
            if asked is None:
                return
            self.asked.append(asked)
            queue = self.answers.get(asked.path, [refused(404, {"error": "no such path"})])
            await (queue.pop(0) if len(queue) > 1 else queue[0])(Line(writer, reader))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client has gone.
        finally:
            writer.close()

    def hang(self, head: bool = False) -> Answering:
        """Return an answer that never comes; `closed` is set once the client has gone."""

        async def answer(line: Line) -> None:
            if head:
                await line.head()
            await line.gone()
            self.closed.set()

        return answer


@asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    """Run one."""
    script = ScriptedServer()
    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(script._serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    script.listener = server
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def server_apart(prepare: Callable[[ScriptedServer], None]) -> Iterator[ScriptedServer]:
    """Run one in another thread, for a test that blocks its own; `prepare` says what it answers."""
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()
    scripts: list[ScriptedServer] = []

    async def serve() -> None:
        async with scripted_server() as script:
            prepare(script)
            scripts.append(script)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield scripts[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)


def whole(value: Any, status: int = 200, kind: str = "application/json", **more: str) -> Answering:
    """Return an answer in one piece."""

    async def answer(line: Line) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        await line.head(kind, status, Content_Length=str(len(data)), **more)
        await line.send(data)

    return answer


def refused(status: int, value: Any, **more: str) -> Answering:
    return whole(value, status, **more)


def events(*values: Any, done: bool = True) -> Answering:
    """Return an answer of events; "[DONE]" follows."""

    async def answer(line: Line) -> None:
        await line.head()
        for value in values:
            await line.event(value)
        if done:
            await line.event("[DONE]")

    return answer


def delta(finish: str | None = None, **content: Any) -> dict[str, Any]:
    """Return an event of OpenAI's chat API."""
    return {"choices": [{"index": 0, "delta": content, "finish_reason": finish}]}


def talk(*texts: str, finish: str = "stop", usage: dict[str, Any] | None = None) -> Answering:
    """Return a chat's answer in pieces."""
    last: Sequence[Any] = ({"choices": [], "usage": usage},) if usage else ()
    return events(*(delta(content=text) for text in texts), delta(finish), *last)
