"""What follows a suggestion, computed while it is read."""

import asyncio
from pathlib import Path

from ownstack.engine.requests import Priority
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import Window, turns


async def test_what_follows_is_there_after_tab(tmp_path: Path) -> None:
    """While a suggestion is read, what comes after it is computed; Tab finds it at once."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        first = await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.accept(first)
        second = await window.ask()

        assert [request.priority for request in engine.infills[:2]] == [
            Priority.COMPLETION,
            Priority.BACKGROUND,
        ]
        assert engine.infills[1].prefix == "x = compute(a)"
        assert second.suggestion is not None
        assert (second.suggestion.text, second.trace.tier) == ("\nprint(x)", "cache")


async def test_an_unfinished_prefetch_is_asked_again_with_priority(tmp_path: Path) -> None:
    """Tab before the prefetch has a line: the same is asked for at once, and shown."""
    engine = ScriptedEngine("compute(a)")
    engine.enqueue("\nnever", gate=asyncio.Event())
    engine.enqueue("\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        first = await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.accept(first)
        second = await window.ask()

        assert engine.generations[1].cancelled
        assert engine.infills[2].priority is Priority.COMPLETION
        assert engine.infills[2].max_lines == engine.infills[1].max_lines
        assert second.suggestion is not None
        assert second.suggestion.text == "\nprint(x)"


async def test_a_prefetch_is_found_after_enter_too(tmp_path: Path) -> None:
    """Typing the line break by hand finds the line that was computed."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        first = await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.accept(first)
        window.type("\n")
        window.type("p")

        assert await window.text() == "rint(x)"


async def test_a_prefetch_makes_room_for_a_key(tmp_path: Path) -> None:
    """Background work ends as soon as something else has been typed."""
    engine, gate = ScriptedEngine("compute(a)"), asyncio.Event()
    engine.enqueue("\nprint(x)", gate=gate)
    engine.enqueue("ero")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.type("c")
        kept = engine.generations[1].cancelled
        window.type("z")

        assert (kept, engine.generations[1].cancelled) == (False, True)


async def test_nothing_is_prefetched_for_somebody_who_types_on(tmp_path: Path) -> None:
    """The model is left alone until a suggestion has stood for a moment."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        for char in "comp":
            await window.ask()
            window.timers.advance(0.1)
            window.type(char)
        before = len(engine.infills)
        await window.ask()
        window.timers.advance(0.2)

        assert (before, len(engine.infills)) == (1, 2)


async def test_a_prefetch_can_be_switched_off(tmp_path: Path) -> None:
    """The setting is obeyed."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(0.2)
        await turns()

        assert len(engine.infills) == 1
