"""Waiting for a running answer: lines, deadlines, divergence."""

import asyncio
from pathlib import Path

import pytest

from ownstack.completion import deadline
from ownstack.completion.extent import Extent
from ownstack.completion.sources import generation_client
from ownstack.completion.sources.in_flight import InFlightRequest, InFlightRequests
from ownstack.completion.suggestion import Trigger
from ownstack.engine.generation import Generation
from ownstack.engine.results import Finish, Generated, Usage
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import Window, at, turns

LINE = Extent(1, None, "line")


def started(
    marked: str, text: str = "", **options: object
) -> tuple[InFlightRequests, InFlightRequest, list[InFlightRequest]]:
    ended: list[InFlightRequest] = []
    running = InFlightRequests(ended.append)
    generation = Generation()
    generation.push(text)
    in_flight = InFlightRequest(at(marked), LINE, generation, **options)  # type: ignore[arg-type]
    running.start(in_flight)
    return running, in_flight, ended


@pytest.mark.parametrize(
    ("written", "asked", "typed"),
    [
        ("", "x = $0", ""),
        ("", "x = anything$0", "anything"),
        ("comp", "x = co$0", "co"),
        ("comp", "x = compute$0", "compute"),
        ("comp", "x = z$0", None),
        ("  comp", "x = co$0", "co"),
        ("comp", "y = $0", None),
    ],
)
async def test_join(written: str, asked: str, typed: str | None) -> None:
    """Joined is what may still turn out right."""
    running, in_flight, _ = started("x = $0", written)

    joined = running.join(at(asked), max_lines=1)

    assert joined == (None if typed is None else (in_flight, typed))
    await running.close()


async def test_a_longer_answer_is_not_expected_of_a_short_one() -> None:
    """Who wants ten lines does not wait for one."""
    running, _, _ = started("x = $0")

    assert running.join(at("x = $0"), max_lines=10) is None
    await running.close()


async def test_a_prefetch_lives_as_long_as_its_assumption() -> None:
    """Typing towards it keeps it, typing elsewhere ends it."""
    origin, place = at("x = $0"), "x = abc$0"
    running, in_flight, _ = started(place, background=True, origin=origin, assumed="abc")
    running.moved(at("x = ab$0"))
    alive = not in_flight.cancelled
    running.moved(at("x = az$0"))

    assert (alive, in_flight.cancelled) == (True, True)
    await running.close()


async def test_an_unfinished_prefetch_is_asked_anew() -> None:
    """It may be held up by anything, so a key does not wait for it."""
    running, in_flight, _ = started(
        "x = abc$0", background=True, origin=at("x = $0"), assumed="abc"
    )

    assert running.join(at("x = abc$0"), max_lines=1) is None
    assert in_flight.cancelled
    await running.close()


async def test_a_prefetch_with_its_line_is_joined() -> None:
    """What is there already is used."""
    running, in_flight, _ = started(
        "x = abc$0", "\nd\n", background=True, origin=at("x = $0"), assumed="abc"
    )

    assert running.join(at("x = abc$0"), max_lines=1) == (in_flight, "")
    await running.close()


async def test_only_what_was_finished_lands() -> None:
    """A cancelled answer is not kept; one that ended is, before its waiters go on."""
    running, in_flight, ended = started("x = $0", "ab")
    waiting = asyncio.ensure_future(in_flight.wait("", 60, 60))
    await turns()
    in_flight.generation.finish(Generated("abc", Finish.END, Usage()))
    await waiting
    assert ended == [in_flight]
    other, cancelled, nothing = started("x = $0", "ab")
    cancelled.generation.cancel()
    await cancelled.ended.wait()

    assert nothing == []
    assert (len(running), len(other)) == (0, 0)


async def test_divergence_wakes_the_waiter() -> None:
    """Who typed something else does not wait for the end."""
    running, in_flight, _ = started("x = $0")
    waiting = asyncio.ensure_future(in_flight.wait("z", 60, 60))
    await turns()
    in_flight.generation.push("abc")
    await waiting

    assert not in_flight.generation.done
    await running.close()


async def test_the_lines_that_are_there_are_shown_at_the_deadline(tmp_path: Path) -> None:
    """A long answer is not waited for longer than its first line needs."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("    a = 1\n    b = 2\n    return a + b", gate=gate)
    settings = CompletionSettings(prefetch=False, deadline_ms=50)
    async with Window(tmp_path, engine, settings=settings) as window:
        window.show("def f():\n$0\n")
        task = window.asking()
        await turns()
        engine.generations[0].push("    a = 1\n    b")
        answer = await task
        early = engine.generations[0].done
        gate.set()
        await turns()

        assert not early
        assert answer.suggestion is not None
        assert answer.suggestion.text == "    a = 1"


async def test_a_late_answer_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all patience is over the answer is "none" with the reason; the text comes later."""
    monkeypatch.setattr(deadline, "HARD_FACTOR", 1)
    monkeypatch.setattr(generation_client, "PATIENCE_S", 0.0)
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    settings = CompletionSettings(prefetch=False, deadline_ms=50)
    async with Window(tmp_path, engine, settings=settings) as window:
        window.show("x = $0\n")
        late = await window.ask()
        gate.set()
        await turns()
        window.type("c")
        answer = await window.ask()

        assert late.suggestion is None
        assert "too slow" in late.trace.reason
        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.tier) == ("ompute(a)", "cache")


async def test_closing_a_document_ends_its_work(tmp_path: Path) -> None:
    """Nobody can use an answer for a closed file."""
    engine = ScriptedEngine()
    engine.enqueue("compute(a)", gate=asyncio.Event())
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        task = window.asking(Trigger.AUTOMATIC)
        await turns()
        window.documents.close(window.place.uri)
        window.completer.closed(window.place.uri)
        answer = await task

        assert engine.generations[0].cancelled
        assert answer.suggestion is None
