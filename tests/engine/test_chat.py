"""A running answer in a conversation."""

from __future__ import annotations

import asyncio

import pytest

from ownstack.engine.chat import ChatStream, End, ReasoningDelta, TextDelta, ToolCall
from ownstack.engine.messages import Message, ReasoningPart, TextPart, ToolCallPart
from ownstack.engine.results import Finish, Usage
from ownstack.errors import EngineError

CALL = ToolCallPart("call00001", "search", '{"query": "x"}')
USAGE = Usage(generated_tokens=3)


async def test_every_reader_sees_everything() -> None:
    """One that comes early, one in the middle and one after the end."""
    stream = ChatStream()

    async def read() -> list[object]:
        return [event async for event in stream]

    early = asyncio.ensure_future(read())
    await asyncio.sleep(0)
    stream.push(ReasoningDelta("Hm"))
    middle = asyncio.ensure_future(read())
    await asyncio.sleep(0)
    stream.push(TextDelta("a"))
    stream.push(ToolCall(CALL))
    stream.finish(Finish.END, USAGE)

    expected = [
        ReasoningDelta("Hm"),
        TextDelta("a"),
        ToolCall(CALL),
        USAGE,
        End(Finish.TOOL_CALLS),
    ]
    assert [await early, await middle, await read()] == [expected] * 3


async def test_deltas_become_one_message() -> None:
    """Pieces of one kind are one part; the order stays; what is empty is left out."""
    stream = ChatStream()
    for delta in (
        ReasoningDelta("Let "),
        ReasoningDelta("me see"),
        TextDelta(""),
        TextDelta("I "),
        TextDelta("look."),
        ToolCall(CALL),
        ToolCall(CALL),
    ):
        stream.push(delta)
    stream.finish(Finish.LENGTH, USAGE)

    answer = await stream.result()

    assert answer.message == Message(
        "assistant", (ReasoningPart("Let me see"), TextPart("I look."), CALL, CALL)
    )
    assert answer.message.text == stream.text == "I look."
    assert (answer.finish, answer.usage) == (Finish.LENGTH, USAGE)


async def test_an_error_comes_after_what_was_written() -> None:
    """A reader keeps what came, then hears why no more does; nothing is added afterwards."""
    stream = ChatStream()
    stream.push(TextDelta("half"))
    stream.fail(EngineError("It broke."))
    stream.push(TextDelta("more"))
    stream.finish(Finish.END, USAGE)
    seen = []

    async def read() -> None:
        async for event in stream:
            seen.append(event)

    with pytest.raises(EngineError, match="broke"):
        await read()
    with pytest.raises(EngineError, match="broke"):
        await stream.message()

    assert seen == [TextDelta("half")]
    assert stream.text == "half"


async def test_cancelling() -> None:
    """The engine is told once; without one to tell, the stream ends by itself."""
    told: list[bool] = []
    stream, lonely = ChatStream(lambda: told.append(True)), ChatStream()

    stream.cancel()
    stream.cancel()
    lonely.push(TextDelta("half"))
    lonely.cancel()

    assert (told, stream.cancelled, stream.done) == ([True], True, False)
    assert ((await lonely.result()).finish, lonely.text) == (Finish.CANCELLED, "half")


async def test_a_reader_that_goes_leaves_the_answer_running() -> None:
    """Waiting may be given up; the stream goes on for others."""
    stream = ChatStream()
    waiting = asyncio.ensure_future(stream.message())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    stream.push(TextDelta("x"))
    stream.finish(Finish.END, USAGE)

    assert waiting.cancelled()
    assert (await stream.message()).text == "x"


async def test_how_far_a_prompt_is_read_is_heard() -> None:
    """Also by who comes late; not after the end."""
    stream = ChatStream()
    early: list[tuple[int, int]] = []
    late: list[tuple[int, int]] = []

    stream.when_reading(lambda *read: early.append(read))
    stream.reading(0, 9)
    stream.reading(5, 9)
    stream.when_reading(lambda *read: late.append(read))
    stream.finish(Finish.END, USAGE)
    stream.reading(9, 9)

    assert early == [(0, 9), (5, 9)]
    assert late == [(5, 9)]
