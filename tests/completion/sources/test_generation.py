"""Keys that come while the model writes, and requests given up."""

import asyncio
from pathlib import Path

from ownstack.completion.suggestion import CompletionRequest
from ownstack.engine.scripted import ScriptedEngine
from tests.support.completing import Window, turns


async def test_a_running_answer_is_joined(tmp_path: Path) -> None:
    """A key that agrees with what is being written waits for it."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue(("comp", "ute(a)"), gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        window.type("c")
        second = window.asking()
        await turns()
        gate.set()
        stale, joined = await first, await second

        assert len(engine.infills) == 1
        assert joined.suggestion is not None
        assert (joined.suggestion.text, joined.trace.tier) == ("ompute(a)", "joined")
        assert stale.suggestion is None


async def test_a_cancelled_request_leaves_the_work_to_others(tmp_path: Path) -> None:
    """Giving up one request does not end the generation another one waits for."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        window.type("c")
        second = window.asking()
        await turns()
        first.cancel()
        await turns()
        gate.set()
        answer = await second

        assert first.cancelled()
        assert answer.suggestion is not None
        assert answer.suggestion.text == "ompute(a)"
        assert len(engine.infills) == 1


async def test_divergence_cancels(tmp_path: Path) -> None:
    """A key that contradicts what has been written ends the generation and asks anew."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    engine.enqueue("ero")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        engine.generations[0].push("comp")
        window.type("z")
        second = await window.ask()

        assert engine.generations[0].cancelled
        assert (await first).suggestion is None
        assert second.suggestion is not None
        assert second.suggestion.text == "ero"


async def test_a_jump_of_the_cursor_cancels(tmp_path: Path) -> None:
    """There is one cursor: work for where it was is given up."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    engine.enqueue("2")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\ny = \n")
        first = window.asking()
        await turns()
        window.show("x = \ny = $0\n")

        assert await window.text() == "2"
        assert engine.generations[0].cancelled
        assert (await first).suggestion is None


async def test_an_old_version_is_answered_with_nothing(tmp_path: Path) -> None:
    """An answer for a text that has changed is not shown, but kept."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        asked = window.place
        first = window.asking()
        await turns()
        window.type("c")
        gate.set()
        answer = await first

        assert answer.suggestion is None
        assert "changed" in answer.trace.reason
        late = await window.completer.complete(CompletionRequest(asked.document, asked.offset))
        assert late.suggestion is None
        assert await window.text() == "ompute(a)"


async def test_a_burst_is_answered_whole(tmp_path: Path) -> None:
    """Two hundred requests at once, none waiting for the one before: all are answered."""
    engine = ScriptedEngine(*["y" * 3] * 250)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        tasks = []
        for number in range(200):
            window.type("ab"[number % 2])
            tasks.append(window.asking())
        answers = await asyncio.gather(*tasks)

        assert len(answers) == 200
        assert all(a.suggestion is not None or a.trace.reason for a in answers)
        assert answers[-1].suggestion is not None


async def test_requests_cancelled_at_any_moment_leave_a_working_completer(tmp_path: Path) -> None:
    """Whichever step is interrupted, the next request is answered."""
    for steps in range(12):
        engine = ScriptedEngine("compute(a)", "compute(a)")
        async with Window(tmp_path, engine) as window:
            window.show("x = $0\n")
            task = window.asking()
            await turns(steps)
            task.cancel()

            assert await window.text() == "compute(a)"
