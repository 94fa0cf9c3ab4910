"""Conversations with a server that speaks Anthropic's messages API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ownstack.engine.anthropic.engine import AnthropicEngine
from ownstack.engine.chat import End, ReasoningDelta, TextDelta, ToolCall
from ownstack.engine.messages import Message, ReasoningPart, TextPart, Tool, ToolCallPart
from ownstack.engine.remote.endpoint import Endpoint
from ownstack.engine.requests import ChatRequest, InfillRequest
from ownstack.engine.results import Finish, Usage
from ownstack.errors import CannotInfillError, EngineError
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.remote.secrets import Secret
from tests.support.scripted_server import (
    Answering,
    ScriptedServer,
    events,
    refused,
    scripted_server,
)

MESSAGES = "/v1/messages"
HELLO = ChatRequest((Message.of("user", "Hello"),), max_tokens=20)
LOOK = Tool("look", "Look a thing up.")
START = {
    "type": "message_start",
    "message": {"usage": {"input_tokens": 3, "cache_read_input_tokens": 40, "output_tokens": 1}},
}
STOP = {"type": "message_stop"}


def begin(index: int, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "content_block_start",
        "index": index,
        "content_block": {"type": kind, **more},
    }


def piece(index: int, **delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def end(reason: str) -> dict[str, Any]:
    delta = {"stop_reason": reason}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}}


def said(*values: Any) -> Answering:
    return events(*values, done=False)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as script:
        yield script


@pytest.fixture
async def engine(server: ScriptedServer) -> AsyncIterator[AnthropicEngine]:
    entry = EngineEntry("hosted", server.url, kind="anthropic", key="K")
    made = await AnthropicEngine.open(Endpoint(entry, Secret("sk-ant-0123456789")), "m")
    yield made
    await made.close()


async def test_an_answer(server: ScriptedServer, engine: AnthropicEngine) -> None:
    """Its reasoning, text and calls, and what it cost."""
    server.answer(
        MESSAGES,
        said(
            START,
            begin(0, "thinking"),
            piece(0, type="thinking_delta", thinking="Well"),
            begin(1, "text", text=""),
            {"type": "ping"},
            piece(1, type="text_delta", text="I look."),
            begin(2, "tool_use", id="c1", name="look", input={}),
            piece(2, type="input_json_delta", partial_json='{"at"'),
            piece(2, type="input_json_delta", partial_json=": 1}"),
            {"type": "content_block_stop", "index": 2},
            end("tool_use"),
            STOP,
        ),
    )

    seen = [event async for event in engine.chat(ChatRequest(HELLO.messages, tools=(LOOK,)))]

    used = next(event for event in seen if isinstance(event, Usage))
    assert [event for event in seen if event is not used] == [
        ReasoningDelta("Well"),
        TextDelta("I look."),
        ToolCall(ToolCallPart("c1", "look", '{"at": 1}')),
        End(Finish.TOOL_CALLS),
    ]
    assert (used.prompt_tokens, used.evaluated_tokens, used.generated_tokens) == (43, 3, 7)
    assert (used.engine, used.estimated) == ("hosted", False)


async def test_a_request(server: ScriptedServer, engine: AnthropicEngine) -> None:
    """Instructions stand apart, turns take turns, and the key goes into its header."""
    call = ToolCallPart("c1", "look", '{"at": 3}')
    messages = (
        Message.of("system", "Be brief."),
        Message.of("user", "Look."),
        Message("assistant", (ReasoningPart("hm"), TextPart("I look."), call)),
        Message.result(call, "nothing"),
        Message.of("user", "And now?"),
    )
    server.answer(MESSAGES, said(START, end("end_turn"), STOP))

    await engine.chat(ChatRequest(messages, tools=(LOOK,), stop=("x",))).result()

    asked = server.to(MESSAGES)[0]
    assert asked.headers["x-api-key"] == "sk-ant-0123456789"
    assert asked.headers["anthropic-version"] == "2023-06-01"
    body = asked.json
    assert (body["system"], body["stop_sequences"]) == ("Be brief.", ["x"])
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Look."}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": 3}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "nothing"},
                {"type": "text", "text": "And now?"},
            ],
        },
    ]


async def test_an_answer_of_a_schema(server: ScriptedServer, engine: AnthropicEngine) -> None:
    """It is given as the arguments of a tool, and is text all the same."""
    server.answer(
        MESSAGES,
        said(
            START,
            begin(0, "text", text=""),
            piece(0, type="text_delta", text="Here you are:"),
            begin(1, "tool_use", id="c1", name="answer", input={}),
            piece(1, type="input_json_delta", partial_json='{"a": 1}'),
            end("tool_use"),
            STOP,
        ),
    )

    answer = await engine.chat(ChatRequest(HELLO.messages, json_schema={"type": "object"})).result()

    assert (answer.message.text, answer.finish) == ('{"a": 1}', Finish.END)
    assert server.to(MESSAGES)[0].json["tool_choice"] == {"type": "tool", "name": "answer"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (said(START, {"type": "error", "error": {"message": "Overloaded"}}), "Overloaded"),
        (said(START, piece(0, type="text_delta", text="Half")), "in the middle"),
        (said(START, end("refusal")), "refuses"),
        (said(START, {"type": "content_block_start"}), "a part of its answer that is none"),
        (said(START, begin(0, "tool_use")), "calls tools that are none"),
        (said("{"), "an event that is no JSON"),
        (refused(529, {"error": {"message": "Overloaded"}}), "failed (529): Overloaded"),
        (refused(401, {"error": {"message": "invalid x-api-key"}}), "does not accept the key"),
    ],
)
async def test_faults(
    server: ScriptedServer, engine: AnthropicEngine, answer: Answering, words: str
) -> None:
    """Each is a line."""
    server.answer(MESSAGES, answer)

    with pytest.raises(EngineError) as raised:
        await engine.chat(HELLO).result()

    assert words in str(raised.value)


async def test_it_only_chats(engine: AnthropicEngine) -> None:
    """Whatever else is wanted is refused, with the reason."""
    with pytest.raises(CannotInfillError):
        await engine.prepare("completion")
    with pytest.raises(CannotInfillError):
        engine.infill(InfillRequest("a", "b"))
    with pytest.raises(EngineError, match="does not embed"):
        await engine.prepare("embedding")
    await engine.prepare("chat")
