"""A prompt grows while nobody waits, through the completer."""

import asyncio
from pathlib import Path

from ownstack.engine.requests import Priority
from ownstack.engine.results import Speed
from ownstack.engine.scripted import ScriptedEngine
from tests.support.completing import Window, turns

SLOW = Speed(prefill=100.0, decode=20.0)
"""256 tokens at once, 500 and 1,904 in the background."""
ABOVE = "".join(f"value_{number} = compute({number}, {number})\n" for number in range(400))
BELOW = "\n" + "".join(f"other_{number} = {number}\n" for number in range(400))


def slow(*answers: str) -> ScriptedEngine:
    return ScriptedEngine(*answers, speed=SLOW)


async def test_a_request_carries_all_widths(tmp_path: Path) -> None:
    """The narrowest first; the engine knows which it has read."""
    engine = slow("1")
    async with Window(tmp_path, engine) as window:
        window.show(f"{ABOVE}x = $0{BELOW}")
        await window.ask()

        (request,) = engine.infills
        lengths = [len(request.prefix), *(len(wider.prefix) for wider in request.wider[::-1])]
        assert lengths == sorted(set(lengths))
        assert len(lengths) == 3
        assert all(wider.prefix.endswith(request.prefix) for wider in request.wider)
        assert all(0 < len(wider.suffix) <= 4 * 128 for wider in request.wider)


async def test_wider_prompts_are_read_while_nobody_waits(tmp_path: Path) -> None:
    """One after the other, in the background, where the cursor was last."""
    engine = slow("1")
    async with Window(tmp_path, engine) as window:
        window.show(f"{ABOVE}x = $0{BELOW}")
        await window.ask()
        asked = engine.infills[0]
        window.timers.advance(0.2)
        await turns()
        assert len(engine.infills) == 1
        window.timers.advance(0.2)
        await turns()

        first, second = engine.infills[1:]
        assert [infill.priority for infill in (first, second)] == [Priority.BACKGROUND] * 2
        assert (first.max_tokens, first.prefix) == (1, asked.wider[1].prefix)
        assert first.wider == asked.wider[:1]
        assert (second.prefix, second.wider) == (asked.wider[0].prefix, ())


async def test_reading_makes_way_for_a_key(tmp_path: Path) -> None:
    """And is taken up again after its answer."""
    engine = slow("1")
    engine.enqueue("never", gate=asyncio.Event())
    engine.enqueue("2")
    async with Window(tmp_path, engine) as window:
        window.show(f"{ABOVE}x = $0")
        await window.ask()
        window.timers.advance(1)
        await turns()
        window.type("a")
        await window.ask()

        assert engine.generations[1].cancelled
        window.timers.advance(1)
        await turns()
        assert [infill.priority for infill in engine.infills[2:]] == [
            Priority.COMPLETION,
            Priority.BACKGROUND,
            Priority.BACKGROUND,
        ]


async def test_typing_along_does_not_disturb_the_reading(tmp_path: Path) -> None:
    """What is shown already asks no model."""
    engine = slow("compute(a)")
    engine.enqueue("never", gate=asyncio.Event())
    async with Window(tmp_path, engine) as window:
        window.show(f"{ABOVE}x = $0")
        await window.ask()
        window.timers.advance(1)
        await turns()
        for char in "comp":
            window.type(char)
            answer = await window.ask()
            assert answer.trace.tier == "typed-through"
            window.timers.advance(1)

        assert not engine.generations[1].cancelled
        assert len(engine.infills) == 2


async def test_a_short_file_is_read_once(tmp_path: Path) -> None:
    """All of it is in the narrowest prompt."""
    engine = slow("1")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\ny = 2\n")
        await window.ask()
        window.timers.advance(1)
        await turns()

        (request,) = engine.infills
        assert request.wider == ()


async def test_nothing_is_read_for_a_file_that_was_closed(tmp_path: Path) -> None:
    """Neither begun nor gone on with."""
    engine = slow("1")
    async with Window(tmp_path, engine) as window:
        window.show(f"{ABOVE}x = $0")
        await window.ask()
        window.completer.closed(window.place.uri)
        window.timers.advance(1)
        await turns()

        assert len(engine.infills) == 1


async def test_other_files_come_first_and_stay_the_same_for_a_minute(tmp_path: Path) -> None:
    """A prompt that takes long to read does not begin otherwise at every rest of the cursor."""
    engine = slow()
    async with Window(tmp_path, engine) as window:
        window.show("def helper(a):\n    return a\n$0", uri="file:///project/b.py")
        window.show(f"{ABOVE}x = $0")
        await window.ask()
        window.timers.advance(1)
        await turns()
        window.show("def assistant(a):\n    return a\n$0", uri="file:///project/b.py")
        window.show(f"{ABOVE}x = a$0")
        await window.ask()
        contexts = [engine.infills[-1].wider[0].context]
        for _ in range(2):
            window.completer.saved(window.place.uri)
            window.timers.advance(70)
            await turns()
            window.type("a")
            await window.ask()
        contexts.append(engine.infills[-1].wider[0].context)

        assert ["helper" in str(contexts[0]), "assistant" in str(contexts[1])] == [True, True]
