"""The engine that tests believe in."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from ownstack.engine.chat import ReasoningDelta, ToolCall
from ownstack.engine.chat_formats.formats import ChatFormat
from ownstack.engine.messages import Message, ReasoningPart, TextPart, Tool, ToolCallPart
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest
from ownstack.engine.results import Finish, ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import CannotInfillError, EngineClosedError, EngineError


def ask(**wanted: object) -> InfillRequest:
    return InfillRequest(**{"prefix": "def f():\n    ", "suffix": "\n", "max_lines": 9, **wanted})  # type: ignore[arg-type]


async def test_answers_come_in_the_order_they_were_queued() -> None:
    """Each request takes the next answer, and is recorded."""
    engine: Engine = ScriptedEngine("one", "two")
    chat = ChatRequest((Message.of("user", "hi"),))

    first = await engine.infill(ask()).result()
    second = await engine.chat(chat).message()

    assert [first.text, second.text] == ["one", "two"]
    assert [ask(), chat] == engine.requests  # type: ignore[attr-defined]


async def test_a_conversation_can_have_anything_a_model_writes() -> None:
    """Reasoning, text and tool calls in their order; then an error, if one is scripted."""
    engine, call = ScriptedEngine(), ToolCallPart("call00001", "search", "{}")
    engine.enqueue([ReasoningDelta("Hm."), "Wait.", ToolCall(call)])
    engine.enqueue(["half"], error=EngineError("It broke."))
    chat = ChatRequest((Message.of("user", "hi"), Message.result(call, "nothing")))

    answer = await engine.chat(chat).result()
    broken = engine.chat(chat)
    with pytest.raises(EngineError, match="broke"):
        await broken.result()

    assert answer.message.parts == (ReasoningPart("Hm."), TextPart("Wait."), call)
    assert answer.finish is Finish.TOOL_CALLS
    assert answer.usage.prompt_tokens == engine.count("hi" + "nothing")
    assert broken.text == "half"
    assert engine.chats == [chat, chat]


async def test_raw_text_of_a_model() -> None:
    """It is taken apart by the parser that real answers go through."""
    engine, search = ScriptedEngine(), Tool("search", "Find code.")
    call = '<tool_call>{"name": "search", "arguments": {"query": "x"}}</tool_call>'
    marks = ChatFormat(reasoning=("<think>", "</think>"))
    engine.enqueue_raw(["<thi", "nk>Hm.</think>", "\nWait.\n", call], marks, tools=(search,))

    answer = await engine.chat(ChatRequest((Message.of("user", "hi"),))).result()

    assert answer.message.parts == (
        ReasoningPart("Hm."),
        TextPart("Wait."),
        ToolCallPart("call00000", "search", '{"query": "x"}'),
    )
    assert answer.finish is Finish.TOOL_CALLS


async def test_an_empty_queue_has_nothing_to_say() -> None:
    """A test that forgot an answer sees no suggestion, not a hang."""
    result = await ScriptedEngine().infill(ask()).result()

    assert (result.text, result.finish) == ("", Finish.END)


async def test_pieces_are_seen_as_they_are_written() -> None:
    """A waiter sees the first piece before the last one is there."""
    engine, seen = ScriptedEngine(), []
    engine.enqueue(["a", "b", "c"])

    async for piece in engine.infill(ask()):
        seen.append(piece)

    assert seen == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("wanted", "answer", "text", "finish"),
    [
        ({"max_lines": 1}, "a\nb", "a", Finish.LINES),
        ({"max_lines": 2}, "a\nb\nc", "a\nb", Finish.LINES),
        ({"max_lines": 1}, "a", "a", Finish.END),
        ({"min_indent": 4}, "a\n    b\nc", "a\n    b", Finish.INDENT),
        ({"min_indent": 4}, "a\n\n    b", "a\n\n    b", Finish.END),
        ({"max_tokens": 1}, "abcdef", "abcd", Finish.LENGTH),
    ],
)
async def test_limits(wanted: dict[str, int], answer: str, text: str, finish: Finish) -> None:
    """Lines, indentation and length are kept, as real engines keep them."""
    result = await ScriptedEngine(answer).infill(ask(**wanted)).result()

    assert (text, finish) == (result.text, result.finish)


async def test_cancelling_ends_an_answer_that_waits_at_its_gate() -> None:
    """A cancelled answer ends as one, with what was written so far."""
    engine = ScriptedEngine()
    engine.enqueue("never", gate=asyncio.Event())
    generation = engine.infill(ask())

    generation.cancel()
    result = await generation.result()

    assert (result.text, result.finish) == ("", Finish.CANCELLED)


async def test_a_gate_holds_the_answer_back() -> None:
    """Nothing is written before the test says so."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("late", gate=gate)
    generation = engine.infill(ask())
    for _ in range(5):
        await asyncio.sleep(0)
    before = (generation.text, generation.done)

    gate.set()
    result = await generation.result()

    assert (before, result.text) == (("", False), "late")


async def test_a_failing_answer() -> None:
    """What was written before the error can still be read."""
    engine = ScriptedEngine()
    engine.enqueue("ha", error=EngineError("out of order"))
    generation = engine.infill(ask())

    with pytest.raises(EngineError, match="out of order"):
        await generation.result()

    assert generation.text == "ha"


async def test_closing_fails_what_is_running() -> None:
    """Nobody waits for ever for a closed engine."""
    engine = ScriptedEngine()
    engine.enqueue("never", gate=asyncio.Event())
    generation = engine.infill(ask())

    await engine.close()

    with pytest.raises(EngineClosedError):
        await generation.result()
    with pytest.raises(EngineClosedError):
        engine.infill(ask())


async def test_a_model_without_infill_refuses() -> None:
    """As `Engine.infill` says."""
    with pytest.raises(CannotInfillError):
        ScriptedEngine(infill=False).infill(ask())


async def test_embeddings_are_unit_vectors_that_know_shared_words() -> None:
    """Texts with the same words are nearer than texts without."""
    same, other, unlike = await ScriptedEngine().embed(["read a file", "a file read", "zzz qqq"])

    assert np.allclose([1, 1], [np.linalg.norm(same), np.linalg.norm(unlike)])
    assert same @ other > same @ unlike


async def test_weighing_is_as_scripted() -> None:
    """What was queued, from an engine that scores lines; another one says so."""
    lines = (ScoredLine("1", -0.2, 1, proposed=True, found=False),)
    engine = ScriptedEngine(scores_lines=True)
    engine.enqueue("1", scored=lines)

    result = await engine.score(ScoreRequest("x = ", "\n", candidates=("1",))).result()

    assert result.scored == lines
    with pytest.raises(EngineError, match="does not score"):
        ScriptedEngine().score(ScoreRequest("x = ", "\n"))
