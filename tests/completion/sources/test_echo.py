"""Completion by echo, with no model or beside one."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo, LineSuggestion
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.sources.echo import ECHO_SURE
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.suggestion import Trigger
from ownstack.document import Document
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from tests.support.completing import Window, turns

LOOP = "for index, value in enumerate(values):\n    print(index, value)\n"


class Said(Echo):
    """An echo that always says the same, as surely as it is told."""

    def __init__(self, text: str, confidence: float, *more: str) -> None:
        self.said = LineSuggestion(text, confidence, 8, 2, "b.py", more)

    def consider(
        self, document: Document, offset: int, others: Sequence[Document], weigh: object = None
    ) -> tuple[LineSuggestion | None, Sequence[ScoredCandidate]]:
        return self.said, ()


class Broken(Echo):
    def consider(
        self, document: Document, offset: int, others: Sequence[Document], weigh: object = None
    ) -> tuple[LineSuggestion | None, Sequence[ScoredCandidate]]:
        raise RuntimeError("a defect in echo")


async def test_what_was_written_before_is_offered(tmp_path: Path) -> None:
    """With no model at all, a line like an earlier one is completed."""
    async with Window(tmp_path, echo=Echo()) as window:
        window.show(f"values = [1]\n{LOOP}\n{LOOP}\nfor index, $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert answer.suggestion.text == "value in enumerate(values):"
        assert (answer.trace.tier, answer.trace.source, answer.trace.model) == ("echo", "echo", "")
        assert (answer.suggestion.confidence or 0) >= THRESHOLDS["normal"]


async def test_other_open_files_are_looked_at(tmp_path: Path) -> None:
    """Echo finds lines of any open file, but none of one that holds secrets."""
    async with Window(tmp_path, echo=Echo()) as window:
        window.show("API_TOKEN_FOR_BILLING = 'abcdef'\n$0", uri="file:///project/.env")
        window.show("\n" + LOOP * 3 + "$0", uri="file:///project/other.py")
        window.show("def f():\n    pass\n\nfor index, value in $0\n")
        assert await window.text() == "enumerate(values):"

        window.show("API_TOKEN_FOR_$0\n")

        assert await window.text() is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(a):\n    $0\n\n\nx = 1\n", "b = a\n    return b"),
        ("def f(a):\n    c = $0\n    return c\n", "b = a"),
    ],
)
async def test_sure_lines_where_a_block_is_written(
    tmp_path: Path, text: str, expected: str
) -> None:
    """In an empty body several lines are shown, in the middle of a line only its rest."""
    async with Window(tmp_path, echo=Said("b = a", 0.9, "    return b")) as window:
        window.show(text)

        assert await window.text() == expected


async def test_typing_through_an_echo(tmp_path: Path) -> None:
    """Echo's text is kept while it is typed, like a model's."""
    async with Window(tmp_path, echo=Said("value", 1.0)) as window:
        window.show("x = $0\n")
        await window.ask()
        window.type("va")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.tier, answer.trace.source) == (
            "lue",
            "typed-through",
            "echo",
        )


async def test_a_guess_is_not_shown(tmp_path: Path) -> None:
    """Below the threshold there is a reason instead."""
    async with Window(tmp_path, echo=Said("value", THRESHOLDS["normal"] - 0.01)) as window:
        window.show("x = $0\n")

        answer = await window.ask()

        assert answer.suggestion is None
        assert answer.trace.reason


async def test_beside_a_model_only_a_sure_echo_answers(tmp_path: Path) -> None:
    """The model is asked unless echo is nearly certain."""
    engine = ScriptedEngine("from_model")
    async with Window(tmp_path, engine, echo=Said("from_echo", ECHO_SURE + 0.01)) as window:
        window.show("x = $0\n")
        assert await window.text() == "from_echo"
    async with Window(tmp_path, engine, echo=Said("from_echo", ECHO_SURE - 0.01)) as window:
        window.show("x = $0\n")

        assert await window.text() == "from_model"
    assert len(engine.infills) == 1


async def test_echo_stands_in_for_a_model_that_fails(tmp_path: Path) -> None:
    """An engine that breaks in the middle of an answer leaves what was written before."""
    engine = ScriptedEngine()
    engine.enqueue(("comp",), error=EngineError("The device is gone."))
    async with Window(tmp_path, engine, echo=Said("value", 0.5)) as window:
        window.show("x = $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.source) == ("value", "echo")


async def test_a_broken_echo_costs_only_itself(tmp_path: Path) -> None:
    """The model answers as if nothing were; without one there is a reason."""
    async with Window(tmp_path, ScriptedEngine("1"), echo=Broken()) as window:
        window.show("x = $0\n")
        assert await window.text() == "1"
        window.engine = None
        window.show("y = $0\n")

        answer = await window.ask()

        assert answer.suggestion is None
        assert "failed" in answer.trace.reason


async def test_a_model_that_arrives_takes_over(tmp_path: Path) -> None:
    """While it loads, echo answers; after that, the model."""
    async with Window(tmp_path, echo=Said("value", 0.5)) as window:
        window.show("x = $0\n")
        assert await window.text() == "value"
        window.engine = ScriptedEngine("other")
        window.type("o")
        window.backspace()
        window.type("t")

        assert await window.text() == "other"


async def test_an_engine_closed_under_a_request(tmp_path: Path) -> None:
    """The model is unloaded while it writes: the request is answered."""
    engine = ScriptedEngine()
    engine.enqueue("abc", gate=asyncio.Event())
    async with Window(tmp_path, engine, echo=Said("value", 0.5)) as window:
        window.show("x = $0\n")
        task = window.asking()
        await turns()
        window.engine = None
        await engine.close()
        answer = await task

        assert answer.suggestion is not None
        assert answer.suggestion.text == "value"


async def test_who_asks_is_shown_any_echo(tmp_path: Path) -> None:
    """An explicit request shows what an automatic one would hold back."""
    async with Window(tmp_path, echo=Said("value", 0.01)) as window:
        window.show("x = $0\n")

        assert await window.text(Trigger.INVOKED) == "value"


async def test_an_unsure_echo_leaves_the_word_to_a_model_that_is_asked(tmp_path: Path) -> None:
    """Pressing the key shows any echo where there is no model, and the model where there is one."""
    engine = ScriptedEngine()
    engine.enqueue("the model says")
    async with Window(tmp_path, engine, echo=Said("echo says", 0.2)) as window:
        window.show('"""A text: $0\n"""\n')

        asked = await window.ask(Trigger.INVOKED)

        assert asked.trace.tier == "model"
        assert asked.suggestion is not None
        assert asked.suggestion.text == "the model says"
