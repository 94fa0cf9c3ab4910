"""An item ends where a statement can end, or goes on; and half an answer is none."""

import asyncio
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.suggestion import Trigger
from ownstack.engine.requests import Priority
from ownstack.engine.results import Finish, ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import Window, turns

UPDATE = "class A:\n    def load(self, values):\n        self.\x00$0\n".replace("\x00", "")
WHOLE = "_conf.update(\n            values,\n            force=True,\n        )"


async def test_the_model_goes_on_with_a_statement(tmp_path: Path) -> None:
    """A bracket that its line leaves open: the lines up to its end are shown with it."""
    engine = ScriptedEngine(f"{WHOLE}\n        return 1", f"{WHOLE}\n        return 1")
    async with Window(tmp_path, engine) as window:
        window.show(UPDATE)

        assert await window.text() == WHOLE
        assert [request.max_lines > 1 for request in engine.infills] == [False, True]


@pytest.mark.parametrize("trigger", list(Trigger))
@pytest.mark.parametrize("line", ["_conf.update(", "_conf.update({", "_conf = [", "_conf = a +"])
async def test_without_the_rest_nothing_is_shown(
    tmp_path: Path, line: str, trigger: Trigger
) -> None:
    """Neither by typing nor by the key."""
    async with Window(tmp_path, ScriptedEngine(line, line)) as window:
        window.show(UPDATE)
        answer = await window.ask(trigger)

        assert answer.suggestion is None
        assert answer.trace.reason


async def test_what_stands_below_closes_it(tmp_path: Path) -> None:
    """Then the line is whole as it is."""
    text = UPDATE + "            values,\n        )\n"
    async with Window(tmp_path, ScriptedEngine("_conf.update(")) as window:
        window.show(text)

        assert await window.text() == "_conf.update("


@pytest.mark.parametrize("copies", [1, 6])
@pytest.mark.parametrize("trigger", list(Trigger))
async def test_echo_goes_on_with_a_statement(tmp_path: Path, copies: int, trigger: Trigger) -> None:
    """With the lines that close it, or not at all."""
    other = f"class B:\n    def load(self, values):\n        self.{WHOLE}\n        return 1\n"
    async with Window(tmp_path, echo=Echo()) as window:
        for number in range(copies):
            window.show(other + "$0", uri=f"file:///project/b{number}.py")
        window.show(UPDATE)
        text = await window.text(trigger)

        assert text in (None, WHOLE)
        assert text == WHOLE or copies == 1


async def test_the_network_shows_no_open_bracket(tmp_path: Path) -> None:
    """It has single lines only: the best of those that end is shown."""
    engine = ScriptedEngine(scores_lines=True)
    lines = [
        ScoredLine("_conf.update(", -0.3, 4, False, True),
        ScoredLine("load()", -0.6, 3, False, True),
    ]
    engine.enqueue("", scored=lines)
    async with Window(tmp_path, engine) as window:
        window.show(UPDATE)

        assert await window.text(Trigger.INVOKED) == "load()"


EMPTY = "def age(when):\n    if when is None:\n        $0\n"
HALVES = ["raise ValueErr", "if not is", "x = foo(a, 'b", "return foo(1 2", "for x", "def def"]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("finish", [Finish.LENGTH, Finish.DEADLINE])
@pytest.mark.parametrize("text", [EMPTY, "x = 1\n$0\n"], ids=["block", "line"])
async def test_half_an_answer_is_not_judged(
    tmp_path: Path, half: str, finish: Finish, text: str
) -> None:
    """It says that the model was slow, not that it was wrong; and it is finished meanwhile."""
    engine = ScriptedEngine()
    engine.enqueue(half, finish=finish)
    engine.enqueue("return None")
    async with Window(tmp_path, engine) as window:
        window.show(text)
        late = await window.ask()
        if late.suggestion is not None:  # A line that ended in time, as far as anybody can tell.
            assert finish is Finish.DEADLINE
            return
        assert "too slow" in late.trace.reason
        await turns()

        assert engine.infills[-1].priority is Priority.BACKGROUND
        assert engine.infills[-1].deadline_s is None
        assert await window.text() == "return None"


async def test_whole_lines_of_a_late_answer_are_shown(tmp_path: Path) -> None:
    """Without the one that was broken off."""
    engine = ScriptedEngine()
    engine.enqueue("x = 1\n        return wh", finish=Finish.LENGTH)
    async with Window(tmp_path, engine) as window:
        window.show(EMPTY)

        assert await window.text() == "x = 1"


async def test_an_answer_that_is_late_again_is_left(tmp_path: Path) -> None:
    """What is finished behind the scenes makes no third request."""
    engine = ScriptedEngine()
    for _ in range(3):
        engine.enqueue("raise ValueErr", finish=Finish.LENGTH)
    async with Window(tmp_path, engine) as window:
        window.show(EMPTY)
        await window.ask()
        await turns(30)

        assert len(engine.infills) == 2


async def test_typing_on_makes_room(tmp_path: Path) -> None:
    """What is finished behind the scenes is given up for the next key's own request."""
    engine = ScriptedEngine()
    engine.enqueue("raise ValueErr", finish=Finish.LENGTH)
    engine.enqueue("return None", gate=asyncio.Event())
    engine.enqueue("ield")
    async with Window(tmp_path, engine, settings=CompletionSettings(prefetch=False)) as window:
        window.show(EMPTY)
        await window.ask()
        await turns()
        window.type("y")

        assert await window.text() == "ield"
        assert engine.generations[1].cancelled
