"""Every fault of a server becomes one clear line, in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ownstack.engine.messages import Message
from ownstack.engine.remote.endpoint import Patience
from ownstack.engine.remote.events import MAX_EVENT_BYTES
from ownstack.engine.requests import ChatRequest
from ownstack.errors import (
    ContextOverflowError,
    EngineBusyError,
    EngineError,
    RemoteEngineError,
)
from tests.engine.openai.conftest import KEY, QUICK, OpenEngine
from tests.support.scripted_server import (
    Answering,
    Line,
    ScriptedServer,
    delta,
    events,
    refused,
    whole,
)

CHAT = "/v1/chat/completions"
HELLO = ChatRequest((Message.of("user", "Hello"),), max_tokens=20)


async def reset_at_once(line: Line) -> None:
    line.reset()


async def reset_in_the_middle(line: Line) -> None:
    await line.head()
    await line.event(delta(content="Half"))
    line.reset()


async def truncated_event(line: Line) -> None:
    await line.head()
    await line.event(delta(content="Half"))
    await line.send('data: {"choices": [{"delta": {"cont')


async def truncated_chunk(line: Line) -> None:
    await line.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    await line.send("Transfer-Encoding: chunked\r\n\r\n40\r\ndata: ")


async def huge_line(line: Line) -> None:
    await line.head()
    await line.send("data: ")
    for _ in range(MAX_EVENT_BYTES // 50_000 + 2):
        await line.send("x" * 50_000)
    await line.gone()


async def no_http(line: Line) -> None:
    await line.send("220 mail.example ESMTP\r\n")


async def huge_header(line: Line) -> None:
    await line.send("HTTP/1.1 200 OK\r\nX: " + "y" * 500_000 + "\r\n\r\n")


async def silent_after_a_token(line: Line) -> None:
    await line.head()
    await line.event(delta(content="Half"))
    await line.gone()


async def silent_after_the_head(line: Line) -> None:
    await line.head()
    await line.gone()


async def packed(line: Line) -> None:
    await line.head(Content_Encoding="gzip")
    await line.send(b"\x1f\x8b\x08")


FAULTS: dict[str, tuple[Answering, str]] = {
    "reset": (reset_at_once, "broke the connection off"),
    "reset in the middle": (reset_in_the_middle, "broke the connection off"),
    "429": (refused(429, {"error": "slow down"}, Retry_After="7"), "Try again in 7 s"),
    "429 without a time": (refused(429, b"", Retry_After="soon"), "Try again later"),
    "500": (refused(500, {"error": {"message": "out of memory"}}), "failed (500): out of memory"),
    "500 with a page": (
        whole(b"<html><script>alert(1)</script></html>", 500, "text/html"),
        "failed (500).",
    ),
    "502": (refused(502, b"bad gateway"), "failed (502): bad gateway"),
    "401": (refused(401, {"error": {"message": "no key"}}), "ownstack engines key team"),
    "404": (refused(404, {"error": {"message": "no model m"}}), "no model m"),
    "400": (refused(400, {"detail": [{"msg": "messages is wrong"}]}), "messages is wrong"),
    "redirect": (
        refused(307, b"", Location="http://evil.example/v1"),
        "sends to http://evil.example/v1; nothing is sent there",
    ),
    "bad JSON": (events("{not json"), "an event that is no JSON"),
    "an event that is no object": (events("[1]"), "an event that is no object"),
    "JSON that nests too deep": (events("[" * 100_000), "an event that is no JSON"),
    "choices that are none": (events({"choices": "x"}), "without usable choices"),
    "truncated stream": (events(delta(content="Half"), done=False), "in the middle"),
    "truncated event": (truncated_event, "an event that is no JSON"),
    "truncated chunk": (truncated_chunk, "broke the connection off"),
    "nothing at all": (events(done=False), "in the middle"),
    "wrong content type": (
        whole(b"<html>Welcome</html>", kind="text/html"),
        "it sends text/html instead of events",
    ),
    "lines of JSON": (
        whole(b'{"message": {}}\n{"message": {}}', kind="application/x-ndjson"),
        "it sends application/x-ndjson instead of events",
    ),
    "JSON that is none": (whole(b"oh", kind="application/json"), "an event that is no JSON"),
    "an error in the middle": (
        events(delta(content="Half"), {"error": {"message": "out of memory"}}),
        "gave up in the middle of its answer: out of memory",
    ),
    "an answer that is withheld": (events(delta("content_filter")), "content filter"),
    "huge line": (huge_line, "has more than"),
    "huge header": (huge_header, "broke the connection off"),
    "no HTTP": (no_http, "broke the connection off"),
    "packed": (packed, "packs what it was asked not to pack"),
    "silent": (silent_after_the_head, "did not answer in time"),
    "silent after a token": (silent_after_a_token, "did not answer in time"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_one_clear_line(
    server: ScriptedServer, opened: OpenEngine, fault: str
) -> None:
    """It says who, what, and what to do; nothing waits for ever."""
    answer, words = FAULTS[fault]
    server.answer(CHAT, answer)
    # Only what waits for silence may be in a hurry: this machine may be busy.
    engine = await opened(patience=QUICK if "silent" in fault else Patience())

    with pytest.raises(EngineError) as raised:
        await asyncio.wait_for(engine.chat(HELLO).result(), 60)

    said = str(raised.value)
    assert words in said
    assert said.startswith(f"team (http://127.0.0.1:{server.port})")
    assert "\n" not in said
    assert len(said) < 700


async def reset_after_the_end(line: Line) -> None:
    await line.head()
    await line.event(delta(content="All of it."))
    await line.event(delta("stop"))
    line.reset()


async def test_a_fault_after_the_end_is_none(server: ScriptedServer, opened: OpenEngine) -> None:
    """The answer was whole; only what it cost is not known."""
    server.answer(CHAT, reset_after_the_end)
    engine = await opened()

    answer = await engine.chat(HELLO).result()

    assert answer.message.text == "All of it."
    assert answer.usage.estimated


async def test_what_came_before_a_fault_is_kept(server: ScriptedServer, opened: OpenEngine) -> None:
    """Half an answer is better than none."""
    server.answer(CHAT, reset_in_the_middle)
    engine = await opened()
    stream = engine.chat(HELLO)

    with pytest.raises(RemoteEngineError):
        await stream.result()

    assert stream.text == "Half"


async def test_a_server_that_is_not_there(server: ScriptedServer, opened: OpenEngine) -> None:
    """It is told at once, not after the time that a prompt may take."""
    with pytest.raises(RemoteEngineError, match=r"cannot be reached \(.*\)\. Is the server"):
        await opened(url="http://127.0.0.1:9/v1")


async def test_a_server_that_hangs_and_dies(server: ScriptedServer, opened: OpenEngine) -> None:
    """While it takes connections it is waited for, and no longer."""
    server.answer(CHAT, server.hang())
    engine = await opened(patience=Patience(first_s=600, probe_s=0.02, connect_s=5))
    stream = engine.chat(HELLO)
    while engine.connection.probes < 2:
        await asyncio.sleep(0)
    assert not stream.done

    server.stop_listening()

    with pytest.raises(RemoteEngineError, match="takes no connections any more"):
        await asyncio.wait_for(stream.result(), 60)


async def test_busy_says_when_to_come_back(server: ScriptedServer, opened: OpenEngine) -> None:
    """For whoever tries again by itself."""
    server.answer(CHAT, refused(429, b"", Retry_After="7"))
    engine = await opened()

    with pytest.raises(EngineBusyError) as raised:
        await engine.chat(HELLO).result()

    assert raised.value.retry_after_s == 7


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 8192 tokens.",
        "the request exceeds the available context size, try increasing it",
    ],
)
async def test_a_prompt_that_does_not_fit(
    server: ScriptedServer, opened: OpenEngine, said: str
) -> None:
    """Is told apart, by the words of vLLM and OpenAI and by those of llama-server."""
    server.answer(CHAT, refused(400, {"error": {"message": said}}))
    engine = await opened()

    with pytest.raises(ContextOverflowError, match="does not fit"):
        await engine.chat(HELLO).result()


@pytest.mark.parametrize(
    "answer",
    [
        lambda text: refused(401, {"error": {"message": text}}),
        lambda text: refused(500, text.encode()),
        lambda text: events({"error": text}),
        lambda text: refused(302, b"", Location=f"http://evil.example/?k={text}"),
    ],
)
async def test_a_key_is_in_no_message(
    server: ScriptedServer,
    opened: OpenEngine,
    answer: Callable[[str], Answering],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not even where a server repeats it, nor in the log."""
    caplog.set_level("DEBUG")
    server.answer(CHAT, answer(KEY))
    engine = await opened(key=KEY)

    with pytest.raises(EngineError) as raised:
        await engine.chat(HELLO).result()

    assert KEY not in str(raised.value) + caplog.text
    assert "Bearer" not in caplog.text
    assert KEY not in repr(engine.connection.endpoint)


async def test_nothing_that_a_terminal_obeys(server: ScriptedServer, opened: OpenEngine) -> None:
    """What a server says is shown as what it is."""
    server.answer(CHAT, refused(500, {"error": "\x1b[2Jgone\u202e\nnext"}))
    engine = await opened()

    with pytest.raises(EngineError) as raised:
        await engine.chat(HELLO).result()

    assert r"\x1b[2Jgone\u202e next" in str(raised.value)
