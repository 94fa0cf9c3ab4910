"""Which sources a window asks, and what becomes of one that has nothing to say or breaks."""

import asyncio
from pathlib import Path

import pytest

from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.sources.choice import Lineup
from ownstack.completion.sources.protocol import Source
from ownstack.document import Document
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from tests.support.completing import Window, turns


class Scripted(Source):
    """A source that says what it is told."""

    def __init__(self, name: str, reply: Reply | Exception | None, *others: str) -> None:
        self.name = name
        self.reply = reply
        self.others = others
        self.seen: list[str] = []

    async def suggest(self, request: SourceRequest) -> Reply | None:
        self.seen.append("suggest")
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    def beside(self, request: SourceRequest, first: Reply) -> tuple[Reply, ...]:
        return tuple(Reply(text, "echo", "echo", 0.5) for text in self.others)

    def changed(self, document: Document) -> None:
        self.seen.append("changed")

    def retire(self) -> None:
        self.seen.append("retire")


def says(text: str, reason: str = "") -> Reply:
    return Reply(text, "echo" if text else "none", "echo", 0.9, reason)


BROKEN = EngineError("The device is gone.")


@pytest.mark.parametrize(
    ("replies", "text", "reason"),
    [
        ([says("first"), says("second")], "first", ""),
        ([None, says("second")], "second", ""),
        ([says("", "It knows nothing."), says("second")], None, "It knows nothing."),
        ([BROKEN, says("second")], "second", ""),
        ([BROKEN, says("", "It knows nothing.")], None, "The 0 failed: The device is gone."),
        ([BROKEN, None], None, "The 0 failed: The device is gone."),
    ],
)
async def test_sources_are_asked_until_one_has_an_answer(
    tmp_path: Path, replies: list[Reply | Exception | None], text: str | None, reason: str
) -> None:
    """A reason is an answer; None and a failure are not. A failure is told if nobody helps out."""
    async with Window(tmp_path) as window:
        sources = [Scripted(str(number), reply) for number, reply in enumerate(replies)]
        window.completer._lineup = Lineup(tuple(sources))
        window.show("$0\n")

        answer = await window.ask()

        assert (answer.suggestion and answer.suggestion.text) == text
        assert answer.trace.reason.startswith(reason)
        assert bool(answer.trace.reason) is bool(reason)


async def test_a_source_that_left_the_answer_to_another_may_add_to_it(tmp_path: Path) -> None:
    """One that comes after the answer is not asked for anything."""
    async with Window(tmp_path) as window:
        sources = (
            Scripted("0", None, "another"),
            Scripted("1", says("first"), "its own"),
            Scripted("2", says("later"), "never"),
        )
        window.completer._lineup = Lineup(sources)
        window.show("$0\n")

        answer = await window.ask()

        assert [suggestion.text for suggestion in answer.others] == ["another"]
        assert "suggest" not in sources[2].seen


async def test_abilities_are_optional() -> None:
    """What only suggests is a source: it may be told everything."""

    class Plain(Source):
        name = "plain"

        async def suggest(self, request: SourceRequest) -> Reply | None:
            return None

    source = Plain()
    document = Document("file:///a.py", "a.py", "python", 1, "")

    source.changed(document)
    source.forget(document.uri)
    source.retire()
    await source.close()


async def test_another_engine_retires_the_sources(tmp_path: Path) -> None:
    """They hear of nothing any more; those of the new engine answer."""
    async with Window(tmp_path) as window:
        old = Scripted("old", says("old"))
        window.completer._lineup = Lineup((old,))
        window.show("$0\n")
        assert await window.text() == "old"

        window.engine = ScriptedEngine("new")
        window.type("x = ")

        assert await window.text() == "new"
        window.type("1")
        assert old.seen == ["changed", "suggest", "changed", "retire", "retire"]


async def test_a_retired_model_writes_no_more(tmp_path: Path) -> None:
    """What it was writing for a key before is ended."""
    engine = ScriptedEngine()
    engine.enqueue("never", gate=asyncio.Event())
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        waiting = window.asking()
        await turns()

        window.engine = None
        await window.ask()

        assert engine.generations[0].cancelled
        await waiting
