"""Conversations with a server that speaks OpenAI's API, or nearly."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ownstack.engine.chat import End, TextDelta, ToolCall
from ownstack.engine.messages import Message, ReasoningPart, TextPart, Tool, ToolCallPart
from ownstack.engine.remote.endpoint import Patience
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Finish, Usage
from ownstack.errors import EngineClosedError, EngineError
from tests.engine.openai.conftest import OpenEngine
from tests.support.scripted_server import (
    Line,
    ScriptedServer,
    delta,
    events,
    refused,
    talk,
    whole,
)

CHAT = "/v1/chat/completions"
HELLO = ChatRequest((Message.of("user", "Hello"),), max_tokens=20)
LOOK = Tool("look", "Look a thing up.", {"type": "object", "properties": {"at": {}}})


def call(index: int | None, id: str = "", name: str = "", arguments: Any = "") -> dict[str, Any]:
    """Return a piece of a tool call."""
    told: dict[str, Any] = {"function": {"arguments": arguments}}
    if name:
        told["function"]["name"] = name
    return told | ({"index": index} if index is not None else {}) | ({"id": id} if id else {})


async def test_an_answer_comes_as_it_is_written(server: ScriptedServer, opened: OpenEngine) -> None:
    """Its events are those of every engine, the cost among them, and who computed it."""
    usage = {
        "prompt_tokens": 50,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 40},
    }
    server.answer(CHAT, talk("Good ", "day.", usage=usage))
    engine = await opened()

    seen = [event async for event in engine.chat(HELLO)]

    used = next(event for event in seen if isinstance(event, Usage))
    assert [event for event in seen if event is not used] == [
        TextDelta("Good "),
        TextDelta("day."),
        End(Finish.END),
    ]
    assert (used.prompt_tokens, used.evaluated_tokens, used.generated_tokens) == (50, 10, 2)
    assert (used.engine, used.leaves_machine, used.estimated) == ("team", False, False)


async def test_a_request_says_all_that_was_asked(
    server: ScriptedServer, opened: OpenEngine
) -> None:
    """Messages, calls and results, tools, schema and limits."""
    asked = ToolCallPart("c1", "look", '{"at": 3}')
    messages = (
        Message.of("system", "Be brief."),
        Message.of("user", "Look."),
        Message("assistant", (ReasoningPart("hm"), TextPart("I look."), asked)),
        Message.result(asked, "nothing"),
    )
    schema = {"type": "object"}
    server.answer(CHAT, talk("x"))
    engine = await opened()

    request = ChatRequest(messages, tools=(LOOK,), json_schema=schema, stop=("\n\n",), seed=7)
    await engine.chat(request).result()

    body = server.to(CHAT)[0].json
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look."},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "look", "arguments": '{"at": 3}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "nothing"},
    ]
    assert body["tools"][0]["function"]["parameters"] == LOOK.parameters
    assert body["response_format"]["json_schema"]["schema"] == schema
    assert (body["stop"], body["seed"], body["max_tokens"]) == (["\n\n"], 7, 512)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
async def test_reasoning_is_kept_apart(
    server: ScriptedServer, opened: OpenEngine, key: str
) -> None:
    """By both names that servers have for it."""
    server.answer(CHAT, events(delta(**{key: "Well"}), delta(content="Yes."), delta("stop")))
    engine = await opened()

    message = await engine.chat(HELLO).message()

    assert message.parts == (ReasoningPart("Well"), TextPart("Yes."))


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(
            [
                [call(0, "a", "look", '{"at"')],
                [call(0, arguments=": 1}")],
                [call(1, "b", "look", "{}")],
            ],
            id="as OpenAI does",
        ),
        pytest.param(
            [[call(None, "a", "look", '{"at": 1}')], [call(None, "b", "look", "{}")]],
            id="not numbered",
        ),
        pytest.param(
            [[call(None, "a", "look", '{"at"')], [call(None, arguments=": 1}")],
             [call(None, "b", "look")]],
            id="not numbered, in pieces",
        ),
        pytest.param(
            [[call(0, "a", "look", {"at": 1}), call(1, "b", "look", None)]],
            id="arguments that are no text",
        ),
    ],
)  # fmt: skip
async def test_tool_calls_come_whole(
    server: ScriptedServer, opened: OpenEngine, pieces: list[Any]
) -> None:
    """In whatever pieces a server writes them."""
    chunks = [delta(tool_calls=piece) for piece in pieces]
    server.answer(CHAT, events(*chunks, delta("tool_calls")))
    engine = await opened()

    answer = await engine.chat(ChatRequest(HELLO.messages, tools=(LOOK,))).result()

    assert answer.finish is Finish.TOOL_CALLS
    assert answer.message.tool_calls == (
        ToolCallPart("a", "look", '{"at": 1}'),
        ToolCallPart("b", "look", "{}"),
    )


async def test_half_a_tool_call_is_none(server: ScriptedServer, opened: OpenEngine) -> None:
    """What was cut off by the length is not called."""
    server.answer(
        CHAT, events(delta(tool_calls=[call(0, "a", "look", '{"at": ')]), delta("length"))
    )
    engine = await opened()

    seen = [event async for event in engine.chat(HELLO)]

    assert not any(isinstance(event, ToolCall) for event in seen)
    assert seen[-1] == End(Finish.LENGTH)


async def test_a_server_that_does_not_stream(server: ScriptedServer, opened: OpenEngine) -> None:
    """Its answer comes in one piece."""
    choice = {"message": {"content": "All of it."}, "finish_reason": "stop"}
    server.answer(CHAT, whole({"choices": [choice], "usage": {"prompt_tokens": 3}}))
    engine = await opened()

    answer = await engine.chat(HELLO).result()

    assert (answer.message.text, answer.usage.prompt_tokens) == ("All of it.", 3)
    assert answer.usage.estimated


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("Unknown field: stream_options", {"stream_options"}),
        ("seed is not supported, nor is temperature", {"seed", "temperature"}),
    ],
)
async def test_what_is_no_need_is_left_out(
    server: ScriptedServer, opened: OpenEngine, said: str, gone: set[str]
) -> None:
    """Where a server refuses a field by its name."""
    server.answer(CHAT, refused(400, {"error": {"message": said}}), talk("Fine."))
    engine = await opened()

    assert (await engine.chat(HELLO).message()).text == "Fine."
    assert (await engine.chat(HELLO).message()).text == "Fine."
    first, second, third = (asked.json for asked in server.to(CHAT))
    assert first.keys() - second.keys() == gone
    assert third == second


async def test_newer_hosted_models_name_the_length_otherwise(
    server: ScriptedServer, opened: OpenEngine
) -> None:
    """They say so, and are asked again."""
    said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server.answer(CHAT, refused(400, {"error": {"message": said}}), talk("Fine."))
    engine = await opened()

    await engine.chat(HELLO).result()

    assert server.to(CHAT)[1].json["max_completion_tokens"] == 20


async def test_cancelling_closes_the_connection(server: ScriptedServer, opened: OpenEngine) -> None:
    """Which is how a server hears that nobody waits any more."""

    async def answer(line: Line) -> None:
        await line.head()
        await line.event(delta(content="One"))
        await line.gone()
        server.closed.set()

    server.answer(CHAT, answer)
    engine = await opened()
    stream = engine.chat(HELLO)
    events_of = aiter(stream)
    assert await anext(events_of) == TextDelta("One")

    stream.cancel()

    assert (await stream.result()).finish is Finish.CANCELLED
    await asyncio.wait_for(server.closed.wait(), 20)


async def test_cancelling_before_the_first_step(server: ScriptedServer, opened: OpenEngine) -> None:
    """It has an end then, too."""
    engine = await opened()
    stream = engine.chat(HELLO)

    stream.cancel()

    assert (await stream.result()).finish is Finish.CANCELLED


async def test_closing_fails_what_runs(server: ScriptedServer, opened: OpenEngine) -> None:
    """And nothing can be begun afterwards."""
    server.answer(CHAT, server.hang())
    engine = await opened()
    stream = engine.chat(HELLO)

    await engine.close()

    with pytest.raises(EngineClosedError):
        await stream.result()
    with pytest.raises(EngineClosedError):
        engine.chat(HELLO)


async def test_a_server_without_a_measure(server: ScriptedServer, opened: OpenEngine) -> None:
    """One that writes on and on is cut off."""

    async def answer(line: Line) -> None:
        await line.head()
        while True:
            await line.event(delta(content="x" * 5_000))

    server.answer(CHAT, answer)
    engine = await opened()

    assert (await engine.chat(HELLO).result()).finish is Finish.LENGTH


async def test_the_key_goes_into_a_header(server: ScriptedServer, opened: OpenEngine) -> None:
    """Where there is one."""
    server.answer(CHAT, talk("x"))

    await (await opened(key="sk-1234")).chat(HELLO).result()
    await (await opened()).chat(HELLO).result()

    assert [asked.headers.get("authorization") for asked in server.to(CHAT)] == [
        "Bearer sk-1234",
        None,
    ]


async def test_a_grammar_only_where_it_is_kept(server: ScriptedServer, opened: OpenEngine) -> None:
    """A server that would ignore it is not asked."""
    engine = await opened()

    with pytest.raises(EngineError, match="grammar"):
        engine.chat(ChatRequest(HELLO.messages, grammar='root ::= "a"'))


async def test_slow_tokens_are_no_fault(server: ScriptedServer, opened: OpenEngine) -> None:
    """A prompt that is long read outlives many looks at whether the server still lives."""
    gate = asyncio.Event()

    async def answer(line: Line) -> None:
        await line.head()
        await line.send(": still at it\n\n")
        await gate.wait()
        await line.event(delta(content="At last.", finish="stop"))

    server.answer(CHAT, answer)
    engine = await opened(patience=Patience(first_s=600, between_s=0.001, probe_s=0.01))
    stream = engine.chat(HELLO)
    while engine.connection.probes < 3:
        await asyncio.sleep(0)
    gate.set()

    assert (await stream.message()).text == "At last."
