"""After Tab: what follows begins on a new line, or is not shown."""

from pathlib import Path

import pytest

from ownstack.completion.suggestion import Trigger
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import Window

ACCEPTED = [
    ("app.config$0\n", "_from_object(path, force=True)", ":"),
    ("app.config$0\n", "_from_object(path, force=True)", ".update()"),
    ("with$0\n", " open(self.path, 'w') as file:", "  # pylint: disable=all\n    x = 1"),
    ("x = 1$0\n", "  # one", " and two\nx = 2"),
]


@pytest.mark.parametrize("multiline", ["auto", "never"])
@pytest.mark.parametrize(("text", "shown", "more"), ACCEPTED)
async def test_no_more_of_a_finished_line(
    tmp_path: Path, text: str, shown: str, more: str, multiline: str
) -> None:
    """Whether or not lines may follow."""
    engine = ScriptedEngine(shown, more)
    settings = CompletionSettings(prefetch=False, multiline=multiline)  # type: ignore[arg-type]
    async with Window(tmp_path, engine, settings=settings) as window:
        window.show(text)
        window.accept(await window.ask())
        answer = await window.ask()

        assert answer.suggestion is None
        assert answer.trace.reason


async def test_a_prefetched_one_neither(tmp_path: Path) -> None:
    """It is not kept for after Tab."""
    engine = ScriptedEngine("compute(a)", ":", "\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        first = await window.ask()
        window.timers.advance(0.2)
        window.accept(first)

        assert await window.text() in (None, "\nprint(x)")


async def test_blanks_before_the_line_break_are_left_out(tmp_path: Path) -> None:
    """What follows is shown from the line break on."""
    async with Window(tmp_path, ScriptedEngine("compute(a)", "  \nprint(x)")) as window:
        window.show("x = $0\n")
        window.accept(await window.ask())

        assert await window.text() == "\nprint(x)"


async def test_the_network_neither(tmp_path: Path) -> None:
    """A network that scores lines has single lines only, so it says nothing here."""
    engine = ScriptedEngine(scores_lines=True)
    for line in ("compute(a)", ".result()"):
        engine.enqueue("", scored=[ScoredLine(line, -0.01, 4, False, True)])
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = await window.ask(Trigger.INVOKED)
        window.accept(first)

        assert first.suggestion is not None
        assert await window.text() is None


async def test_who_asks_is_answered(tmp_path: Path) -> None:
    """The key for it may go on with the line."""
    async with Window(tmp_path, ScriptedEngine("compute(a)", ".result()")) as window:
        window.show("x = $0\n")
        window.accept(await window.ask())

        assert await window.text(Trigger.INVOKED) == ".result()"
