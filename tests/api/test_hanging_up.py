"""A client that goes takes its work with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ownstack.api import served_models
from ownstack.engine.chat import ChatStream, TextDelta
from ownstack.engine.generation import Generation
from tests.support.serving import TALKER, USER, Served

CHAT = ("/chat/completions", {"model": TALKER, "messages": [USER]})
FILL = ("/completions", {"model": TALKER, "prompt": "x"})


@pytest.fixture(autouse=True)
def keeping_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let models go at once, so that it can be seen."""
    monkeypatch.setattr(served_models, "KEEP_S", 0.0)


async def until(happened: Callable[[], object]) -> None:
    """Wait for what has to come."""
    while not happened():
        await asyncio.sleep(0.001)


async def let_go(served: Served) -> None:
    """Wait until nobody holds the model."""
    await until(lambda: not served.host.engines.models[0].users)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "body"), [CHAT, FILL], ids=["chat", "fill"])
async def test_before_the_first_token(
    listening: Served, path: str, body: dict[str, Any], stream: bool
) -> None:
    """The prompt is not read to its end for nobody."""
    listening.engine.enqueue("never", gate=asyncio.Event())
    _, connection = await listening.begin(path, {**body, "stream": stream})
    await until(lambda: listening.engine.requests)

    connection.close()

    (running,) = [*listening.engine.streams, *listening.engine.generations]
    await until(lambda: running.cancelled)
    await let_go(listening)


@pytest.mark.parametrize("kind", ["chat", "fill"])
async def test_in_the_middle_of_a_stream(
    listening: Served, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is told at once, though nothing more is written, and the model is let go of."""
    cancelled = asyncio.Event()
    stream, generation = ChatStream(cancelled.set), Generation(cancelled.set)
    monkeypatch.setattr(listening.engine, "chat", lambda request: stream)
    monkeypatch.setattr(listening.engine, "infill", lambda request: generation)
    path, body = CHAT if kind == "chat" else FILL
    reader, connection = await listening.begin(path, {**body, "stream": True})
    stream.push(TextDelta("first words"))
    generation.push("first words")
    await reader.readuntil(b"first words")

    connection.transport.abort()

    await cancelled.wait()
    await let_go(listening)


async def test_before_the_request_was_whole(listening: Served) -> None:
    """Nothing was asked, and others are served."""
    _, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {listening.key}\r\nContent-Length: 500\r\n\r\n{{".encode()
    )
    await writer.drain()
    writer.close()

    assert (await listening.ask()).status_code == 200
    assert len(listening.engine.requests) == 1


async def test_a_stream_that_is_read_to_its_end_lets_go_of_the_model(served: Served) -> None:
    """Whoever streams holds it no longer than that."""
    answer = await served.ask(stream=True)

    assert answer.text.endswith("data: [DONE]\n\n")
    await let_go(served)
