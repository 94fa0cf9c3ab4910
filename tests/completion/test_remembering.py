"""What the model said before, found again in the cache where it still holds."""

import asyncio
from pathlib import Path

import pytest

from ownstack.completion.suggestion import Trigger
from ownstack.engine.results import Finish
from ownstack.engine.scripted import ScriptedEngine
from tests.support.completing import Window, turns


async def test_the_cache_answers_after_a_detour(tmp_path: Path) -> None:
    """Typing something else and taking it back finds the first answer in the cache."""
    engine = ScriptedEngine("compute(a)", "zero")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.type("z")
        assert await window.text() == "zero"
        window.backspace()
        window.type("comp")

        answer = await window.ask()

        assert answer.trace.tier == "cache"
        assert answer.suggestion is not None
        assert answer.suggestion.text == "ute(a)"
        assert len(engine.infills) == 2


async def test_another_suffix_is_another_place(tmp_path: Path) -> None:
    """The cache knows what stands after the cursor."""
    engine = ScriptedEngine("one()", "two()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\nprint(1)\n")
        await window.ask()
        window.show("x = $0\nwhile True: pass\n")

        assert await window.text() == "two()"


async def test_another_file_is_another_place(tmp_path: Path) -> None:
    """The cache knows which file it was."""
    engine = ScriptedEngine("one()", "two()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.show("x = $0\n", uri="file:///project/b.py")

        assert await window.text() == "two()"


async def test_indentation_is_part_of_the_place(tmp_path: Path) -> None:
    """White space is not stripped from keys: another depth is another question."""
    engine = ScriptedEngine("one()", "two()")
    async with Window(tmp_path, engine) as window:
        window.show("if a:\n    x = $0\n")
        await window.ask()
        window.show("if a:\n        x = $0\n")

        assert await window.text() == "two()"


async def test_the_rest_of_a_cut_answer_is_not_taken_for_a_line(tmp_path: Path) -> None:
    """What was broken off in a line is not offered after it; the model is asked again."""
    engine = ScriptedEngine()
    engine.enqueue("    a = 1\n    b = 2\n    c =", finish=Finish.LENGTH)
    engine.enqueue("\n    c = 3")
    async with Window(tmp_path, engine) as window:
        window.show("def f():\n$0\n")
        first = await window.ask(Trigger.INVOKED)
        window.accept(first)
        second = await window.ask(Trigger.INVOKED)

        assert first.suggestion is not None
        assert first.suggestion.text == "    a = 1\n    b = 2"
        assert second.suggestion is not None
        assert (second.suggestion.text, second.trace.tier) == ("\n    c = 3", "model")


async def test_an_answer_nobody_waited_for_is_in_the_cache(tmp_path: Path) -> None:
    """What a cancelled request asked for is there when the cursor is still there."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        first.cancel()
        await turns()
        gate.set()
        await turns()

        answer = await window.ask()

        assert answer.trace.tier == "cache"
        assert len(engine.infills) == 1


async def test_another_model_forgets_what_the_last_one_said(tmp_path: Path) -> None:
    """After a change of the model its own answers are shown."""
    async with Window(tmp_path, ScriptedEngine("old()")) as window:
        window.show("x = $0\n")
        await window.ask()
        window.engine = ScriptedEngine("new()")
        window.type("q")
        window.backspace()

        assert await window.text() == "new()"


async def test_a_request_for_more_is_not_cut_short_by_the_cache(tmp_path: Path) -> None:
    """Who asks explicitly gets an answer made for that, and may have more lines."""
    engine = ScriptedEngine("a = 1", "a = 1\n    return a")
    async with Window(tmp_path, engine) as window:
        window.show("def f():\n    b = 0; $0\n")
        await window.ask()
        await window.ask(Trigger.INVOKED)

        first, second = engine.infills
        assert first.max_lines < second.max_lines


@pytest.mark.parametrize(("unit", "end"), [("    ", "\n"), ("  ", "\r\n")])
async def test_a_dedent_is_not_undone_from_memory(tmp_path: Path, unit: str, end: str) -> None:
    """Neither what is on the screen nor what is in the cache goes on with a block that was left."""
    engine = ScriptedEngine(f"x = 1\n{unit}{unit}y = 2\n{unit}{unit}z = 3")
    async with Window(tmp_path, engine) as window:
        text = f"class A:\n{unit}def f(self):\n{unit}{unit}$0\n".replace("\n", end)
        window.show(text)
        await window.ask(Trigger.INVOKED)
        window.type("x = 1")
        window.type(f"{end}{unit}{unit}")
        assert await window.text() == f"y = 2\n{unit}{unit}z = 3"
        window.backspace(len(unit))

        assert await window.text() is None
        assert len(engine.infills) == 2
