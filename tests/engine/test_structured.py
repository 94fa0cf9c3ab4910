"""JSON of a schema: checked, asked for once more, and given up with a reason."""

from __future__ import annotations

import pytest

from ownstack.engine import structured
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Finish
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import BadAnswerError, CutOffError, EngineError

SCHEMA = {
    "type": "object",
    "properties": {"line": {"type": "integer", "minimum": 1}},
    "required": ["line"],
}
QUESTION = ChatRequest((Message.of("user", "Where?"),))


async def test_a_valid_answer() -> None:
    """Its value, after one request that carries the schema and no tools."""
    engine = ScriptedEngine('{"line": 3}')

    found = await structured.ask(engine, QUESTION, SCHEMA)

    assert (found.value, len(found.answers)) == ({"line": 3}, 1)
    assert [request.json_schema for request in engine.chats] == [SCHEMA]


@pytest.mark.parametrize("first", ['{"line": 0}', '{"line": "x"}', "{}", "[1", "", "[" * 100_000])
async def test_an_answer_that_is_none_is_asked_for_again(first: str) -> None:
    """With what was wrong with it; another seed, since the same would say the same."""
    engine = ScriptedEngine(first, '{"line": 3}')

    found = await structured.ask(engine, QUESTION, SCHEMA)

    again = engine.chats[1]
    assert found.value == {"line": 3}
    assert again.messages[1] == Message.of("assistant", found.answers[0].message.text)
    assert "is no JSON of the schema" in again.messages[2].text
    assert again.seed != QUESTION.seed


async def test_two_that_are_none() -> None:
    """An error that has the last answer; there is no third request."""
    engine = ScriptedEngine()
    engine.enqueue('{"li', finish=Finish.LENGTH)
    engine.enqueue('{"line": -1}')

    with pytest.raises(BadAnswerError, match="line: -1 is less than") as told:
        await structured.ask(engine, QUESTION, SCHEMA)

    assert told.value.text == '{"line": -1}'
    assert len(engine.chats) == 2


@pytest.mark.parametrize("last", ['{"line": 1', "12", '{"line": 0}'])
async def test_one_that_is_cut_off(last: str) -> None:
    """That is said, and not what its JSON lacks; half a number is none."""
    engine = ScriptedEngine('{"li')
    engine.enqueue(last, finish=Finish.LENGTH)
    schema = {"type": "integer"} if last == "12" else SCHEMA

    with pytest.raises(CutOffError, match=r"cut off after \d+ tokens") as told:
        await structured.ask(engine, QUESTION, schema)

    assert told.value.text == last
    assert "llow more tokens" in told.value.hint


async def test_one_that_is_whole_at_the_limit() -> None:
    """It is taken: nothing of it is missing."""
    engine = ScriptedEngine()
    engine.enqueue('{"line": 3}', finish=Finish.LENGTH)

    assert (await structured.ask(engine, QUESTION, SCHEMA)).value == {"line": 3}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": []},
        {"$ref": "http://example.org/schema"},
        {"$ref": "#/nowhere"},
    ],
)
async def test_a_schema_that_cannot_be_used(schema: dict[str, object]) -> None:
    """One error; what it refers to is not fetched."""
    with pytest.raises(EngineError, match="schema cannot be used"):
        await structured.ask(ScriptedEngine("{}"), QUESTION, schema)


async def test_an_engine_that_fails() -> None:
    """Its error, at once."""
    engine = ScriptedEngine()
    engine.enqueue("{", error=EngineError("It broke."))

    with pytest.raises(EngineError, match="It broke"):
        await structured.ask(engine, QUESTION, SCHEMA)

    assert len(engine.chats) == 1
