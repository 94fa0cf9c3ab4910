"""OpenAI's own client, over a real connection: exactly what the engine says comes out."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import numpy as np
import pytest

from ownstack.engine.chat import ReasoningDelta, ToolCall
from ownstack.engine.messages import Message, ReasoningPart, TextPart, Tool, ToolCallPart
from ownstack.engine.requests import Priority
from ownstack.engine.results import Finish
from tests.support.serving import FILLER, TALKER, Served

openai = pytest.importorskip("openai", reason="needs OpenAI's client: pip install -e '.[test]'")

pytestmark = pytest.mark.process  # The client asks the system what it runs on.

QUESTION = [{"role": "user", "content": "Is it raining?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Says what it is like outside.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
async def served(listening: Served) -> Served:
    """On a real port."""
    return listening


@pytest.fixture
async def client(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    """The client, with a key."""
    async with openai.AsyncOpenAI(
        base_url=served.url, api_key=served.key, max_retries=0, timeout=60
    ) as made:
        yield made


async def test_models_are_listed_by_name_and_role(
    served: Served, client: openai.AsyncOpenAI
) -> None:
    """A role names the model that was chosen for it."""
    served.host.use(TALKER, "chat")

    listed = {model.id: model async for model in client.models.list()}

    assert sorted(listed) == ["chat", FILLER, TALKER]
    assert listed["chat"].root == TALKER
    assert (await client.models.retrieve(TALKER)).id == TALKER


async def test_a_whole_answer(served: Served, client: openai.AsyncOpenAI) -> None:
    """Text, tokens and reason of the end; the engine got what was asked, at a chat's priority."""
    served.engine.enqueue(["It ", "is."], prompt_tokens=20, evaluated_tokens=5)

    answer = await client.chat.completions.create(
        model=TALKER,
        messages=[{"role": "developer", "content": "Be short."}, *QUESTION],
        max_tokens=50,
        temperature=0.3,
        seed=7,
        stop=["\n\n"],
    )

    assert answer.choices[0].message.content == "It is."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 20
    assert answer.usage.prompt_tokens_details.cached_tokens == 15
    (asked,) = served.engine.chats
    assert asked.messages == (
        Message.of("system", "Be short."),
        Message.of("user", "Is it raining?"),
    )
    assert (asked.max_tokens, asked.temperature, asked.seed) == (50, 0.3, 7)
    assert asked.stop == ("\n\n",)
    assert asked.priority is Priority.CHAT


async def test_a_streamed_answer(served: Served, client: openai.AsyncOpenAI) -> None:
    """Pieces come as they are written, then the end, then what it cost."""
    served.engine.enqueue([ReasoningDelta("Hm. "), "It ", "is 雨."], prompt_tokens=20)

    stream = await client.chat.completions.create(
        model=TALKER,
        messages=QUESTION,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]

    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert [delta.content for delta in deltas if delta.content] == ["It ", "is 雨."]
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == "Hm. "
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.prompt_tokens == 20
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("stream", [False, True])
async def test_tools_are_called(served: Served, client: openai.AsyncOpenAI, stream: bool) -> None:
    """Calls come with their ids, and their results go back to the engine by name."""
    calls = [
        ToolCallPart(f"call_{city}", "weather", f'{{"city":"{city}"}}') for city in ("Bonn", "Rom")
    ]
    served.engine.enqueue([ReasoningDelta("Look."), *map(ToolCall, calls)])
    served.engine.enqueue("Yes.")

    answer = await client.chat.completions.create(
        model=TALKER, messages=QUESTION, tools=[WEATHER], tool_choice="required", stream=stream
    )
    if stream:
        chunks = [chunk.choices[0] async for chunk in answer]
        called = [call for chunk in chunks for call in chunk.delta.tool_calls or ()]
        assert [call.index for call in called] == [0, 1]
        reason = chunks[-1].finish_reason
    else:
        called, reason = answer.choices[0].message.tool_calls, answer.choices[0].finish_reason
        assert answer.choices[0].message.content is None
    await client.chat.completions.create(
        model=TALKER,
        messages=[
            *QUESTION,
            {
                "role": "assistant",
                "reasoning_content": "Look.",
                "tool_calls": [
                    {
                        "id": call.id,
                        "type": "function",
                        "function": {
                            "name": call.function.name,
                            "arguments": call.function.arguments,
                        },
                    }
                    for call in called
                ],
            },
            {"role": "tool", "tool_call_id": "call_Rom", "content": "wet"},
        ],
    )

    assert reason == "tool_calls"
    first, second = served.engine.chats
    assert first.tools == (
        Tool("weather", "Says what it is like outside.", WEATHER["function"]["parameters"]),
    )
    assert first.tool_choice == "required"
    assert second.messages[1] == Message("assistant", (ReasoningPart("Look."), *calls))
    assert second.messages[2] == Message.result(calls[1], "wet")


async def test_a_tool_that_is_named_is_the_only_one(
    served: Served, client: openai.AsyncOpenAI
) -> None:
    """Others are not shown to the model."""
    other = {"type": "function", "function": {"name": "clock"}}
    await client.chat.completions.create(
        model=TALKER,
        messages=QUESTION,
        tools=[other, WEATHER],
        tool_choice={"type": "function", "function": {"name": "clock"}},
    )

    (asked,) = served.engine.chats
    assert [tool.name for tool in asked.tools] == ["clock"]
    assert asked.tool_choice == "required"


async def test_structured_output(served: Served, client: openai.AsyncOpenAI) -> None:
    """The schema reaches the engine as it is."""
    schema = {"type": "object", "properties": {"rain": {"type": "boolean"}}}
    served.engine.enqueue('{"rain": true}')

    answer = await client.chat.completions.create(
        model=TALKER,
        messages=QUESTION,
        response_format={"type": "json_schema", "json_schema": {"name": "w", "schema": schema}},
    )

    assert answer.choices[0].message.content == '{"rain": true}'
    assert served.engine.chats[0].json_schema == schema


async def test_an_answer_cut_by_its_length(served: Served, client: openai.AsyncOpenAI) -> None:
    """It says so."""
    served.engine.enqueue("x" * 400)

    answer = await client.chat.completions.create(
        model=TALKER, messages=QUESTION, max_completion_tokens=10
    )

    assert answer.choices[0].finish_reason == "length"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_place_is_filled_in(
    served: Served, client: openai.AsyncOpenAI, stream: bool
) -> None:
    """The suffix is what it is elsewhere; the answer may have many lines, up to a stop text."""
    served.engines[FILLER].enqueue(["a +", " b\n", "# END and more"])

    answer = await client.completions.create(
        model=FILLER,
        prompt="def add(a, b):\n    return ",
        suffix="\nadd(1, 2)\n",
        max_tokens=100,
        stop="# END",
        stream=stream,
    )
    if stream:
        choices = [chunk.choices[0] async for chunk in answer]
        text = "".join(choice.text for choice in choices)
        reason = choices[-1].finish_reason
    else:
        text, reason = answer.choices[0].text, answer.choices[0].finish_reason

    assert (text, reason) == ("a + b\n", "stop")
    (asked,) = served.engines[FILLER].infills
    assert (asked.prefix, asked.suffix) == ("def add(a, b):\n    return ", "\nadd(1, 2)\n")
    assert asked.priority is Priority.CHAT


async def test_texts_become_vectors(served: Served, client: openai.AsyncOpenAI) -> None:
    """The client asks for base64 by itself; both forms are the engine's numbers."""
    texts = ["rain", "sun and rain"]
    expected = await served.engine.embed(texts)

    packed = await client.embeddings.create(model=TALKER, input=texts)
    plain = await served.ask("/embeddings", input=texts)
    raw = await served.ask("/embeddings", input=texts[0], encoding_format="base64")

    assert np.allclose([item.embedding for item in packed.data], expected)
    assert np.allclose([item["embedding"] for item in plain.json()["data"]], expected)
    unpacked = np.frombuffer(base64.b64decode(raw.json()["data"][0]["embedding"]), "<f4")
    assert np.array_equal(unpacked, expected[0])
    assert packed.usage.prompt_tokens == sum(map(served.engine.count, texts))


async def test_errors_are_the_clients_own(served: Served, client: openai.AsyncOpenAI) -> None:
    """Its exceptions are what its users catch."""
    with pytest.raises(openai.NotFoundError, match="nobody"):
        await client.chat.completions.create(model="nobody", messages=QUESTION)
    with pytest.raises(openai.BadRequestError, match="chat template"):
        await client.chat.completions.create(model=FILLER, messages=QUESTION)
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="osk-wrong").models.list()


async def test_an_answer_that_fails_in_the_middle(
    served: Served, client: openai.AsyncOpenAI
) -> None:
    """What came before it is there, then the client raises."""
    served.engine.enqueue(["It ", "is"], error=openai.OpenAIError("not ours"))
    stream = await client.chat.completions.create(model=TALKER, messages=QUESTION, stream=True)
    said = []

    async def read() -> None:
        async for chunk in stream:
            said.append(chunk.choices[0].delta.content or "")

    with pytest.raises(openai.APIError, match="log says why"):
        await read()

    assert "".join(said) == "It is"


async def test_calls_are_counted_by_key(served: Served, client: openai.AsyncOpenAI) -> None:
    """Who asked, what for, and what it took."""
    served.engine.enqueue("It is.", prompt_tokens=20, finish=Finish.END)
    await client.chat.completions.create(model=TALKER, messages=QUESTION)

    (counted,) = served.host.usage.sums()

    assert (counted.user, counted.role, counted.model) == ("tester", "chat", TALKER)
    assert (counted.calls, counted.prompt_tokens) == (1, 20)


async def test_text_in_parts(served: Served, client: openai.AsyncOpenAI) -> None:
    """Parts of text are one text."""
    parts = [{"type": "text", "text": "Is it "}, {"type": "text", "text": "raining?"}]
    await client.chat.completions.create(
        model=TALKER, messages=[{"role": "user", "content": parts}], reasoning_effort="none"
    )

    assert served.engine.chats[0].messages == (Message("user", (TextPart("Is it raining?"),)),)
    assert served.engine.chats[0].reasoning is False
