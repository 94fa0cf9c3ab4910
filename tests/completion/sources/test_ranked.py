"""Completion by echo and a small network that scores lines: `ScriptedEngine` says its scores."""

import asyncio
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.suggestion import Trigger
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.settings import CompletionSettings, Eagerness
from tests.support.completing import Window, turns

LOOP = "for index, value in enumerate(values):\n    print(index, value)\n"
SURE = f"values = [1]\n{LOOP}\n{LOOP}\nfor index, $0\n"
"""Echo knows how this goes on."""
EITHER = "total = first(values)\nother = 1\ntotal = second(values)\nmore = 2\n\nresult = $0\n"
"""Echo is unsure here."""
NEW = "$0\n"


def thinks(text: str, logprob: float, *, found: bool = False) -> ScoredLine:
    return ScoredLine(text, logprob, 3, proposed=not found, found=found)


def scoring(*scored: ScoredLine, **more: object) -> ScriptedEngine:
    """Return an engine that scores lines once, as it is told."""
    engine = ScriptedEngine(scores_lines=True)
    engine.enqueue("", scored=scored, **more)  # type: ignore[arg-type]
    return engine


async def test_one_request_scores_what_echo_proposes(tmp_path: Path) -> None:
    """The network is asked once, for echo's lines and some of its own."""
    engine = scoring(thinks("value in enumerate(values):", -0.1))
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(SURE)

        answer = await window.ask()

        (request,) = engine.scorings
        assert request.candidates[0] == "value in enumerate(values):"
        assert request.alternatives > 0
        assert answer.suggestion is not None
        assert answer.suggestion.text == "value in enumerate(values):"
        assert (answer.trace.source, answer.trace.model) == ("echo", "scripted")


async def test_the_network_chooses_among_lines_of_echo(tmp_path: Path) -> None:
    """Of two lines that echo holds for equally likely, the network's is shown."""
    for best, other in (("first(values)", "second(values)"), ("second(values)", "first(values)")):
        engine = scoring(thinks(best, -0.2), thinks(other, -30.0))
        async with Window(tmp_path, engine, echo=Echo()) as window:
            window.show(EITHER)

            assert await window.text(Trigger.INVOKED) == best


async def test_the_network_alone_answers(tmp_path: Path) -> None:
    """Where nothing like it was written before, a line of the network's own may be shown."""
    engine = scoring(thinks("import os", -0.01, found=True))
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(NEW)

        answer = await window.ask(Trigger.INVOKED)

        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.source) == ("import os", "model")


@pytest.mark.parametrize("trigger", Trigger)
async def test_a_failure_leaves_echo(tmp_path: Path, trigger: Trigger) -> None:
    """An engine that breaks while it scores lines costs nothing but its opinion."""
    engine = scoring(error=EngineError("The device is gone."))
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(SURE)

        answer = await window.ask(trigger)

        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.source, answer.trace.model) == (
            "value in enumerate(values):",
            "echo",
            "",
        )


async def test_a_refusal_leaves_echo(tmp_path: Path) -> None:
    """An engine that does not even take the request is no different."""
    engine = scoring()
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(SURE)
        await engine.close()

        assert await window.text() == "value in enumerate(values):"


async def test_a_late_opinion_is_not_waited_for(tmp_path: Path) -> None:
    """At the deadline echo's line is shown; the next key ends the work."""
    settings = CompletionSettings(prefetch=False, deadline_ms=50)
    engine = scoring(thinks("too late", -0.1), gate=asyncio.Event())
    async with Window(tmp_path, engine, echo=Echo(), settings=settings) as window:
        window.show(SURE)

        assert await window.text() == "value in enumerate(values):"
        assert not engine.generations[0].cancelled
        window.type("x")
        await turns()

        assert engine.generations[0].cancelled


async def test_another_key_ends_the_scoring(tmp_path: Path) -> None:
    """What was asked for the text before is cancelled; the newest key gets its answer."""
    engine = scoring(thinks("old", -0.1), gate=asyncio.Event())
    engine.enqueue("", scored=[thinks(" value in enumerate(values):", -0.1)])
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(SURE.replace("index, $0", "index$0"))
        first = window.asking()
        await turns()
        window.type(",")
        second = window.asking()
        stale, answer = await first, await second

        assert engine.generations[0].cancelled
        assert stale.suggestion is None
        assert answer.suggestion is not None
        assert answer.suggestion.text == " value in enumerate(values):"


async def test_typing_through_asks_nobody(tmp_path: Path) -> None:
    """What is shown and typed needs no second opinion."""
    engine = scoring(thinks("value in enumerate(values):", -0.1))
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(SURE)
        await window.ask()
        window.type("val")

        answer = await window.ask()

        assert answer.trace.tier == "typed-through"
        assert len(engine.requests) == 1


async def test_nothing_is_computed_ahead(tmp_path: Path) -> None:
    """A weak network is not asked for the lines after a suggestion."""
    engine = scoring(thinks("value in enumerate(values):", -0.1))
    settings = CompletionSettings(prefetch=True)
    async with Window(tmp_path, engine, echo=Echo(), settings=settings) as window:
        window.show(SURE)
        await window.ask()
        window.timers.advance(10.0)
        await turns()

        assert len(engine.scorings) == 1
        assert [request for request in engine.infills if request.max_tokens > 1] == []


async def test_what_is_not_sure_enough_is_named(tmp_path: Path) -> None:
    """The trace says how sure it was, and how sure it would have to be; who asks is shown it."""
    engine = scoring(thinks("import os", -9.0, found=True))
    engine.enqueue("", scored=[thinks("import os", -9.0, found=True)])
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(NEW)

        answer = await window.ask()

        assert answer.suggestion is None
        chance = answer.trace.confidence or 0.0
        assert f"{chance:.2f} of {THRESHOLDS['normal']:.2f} needed" in answer.trace.reason
        assert await window.text(Trigger.INVOKED) == "import os"


@pytest.mark.parametrize("eagerness", ["shy", "normal", "eager"])
async def test_eagerness(tmp_path: Path, eagerness: Eagerness) -> None:
    """The same chance is enough for one user and not for another, with and without a network."""
    settings = CompletionSettings(prefetch=False, eagerness=eagerness)
    for engine in (None, scoring(thinks("value in enumerate(values):", -0.1))):
        async with Window(tmp_path, engine, echo=Echo(), settings=settings) as window:
            window.show(SURE)

            answer = await window.ask(Trigger.AUTOMATIC)

            chance = answer.trace.confidence or 0.0
            assert (answer.suggestion is not None) == (chance >= THRESHOLDS[eagerness])
    assert THRESHOLDS["shy"] > THRESHOLDS["normal"] > THRESHOLDS["eager"] > 0.0


async def test_a_broken_echo_shows_nothing(tmp_path: Path) -> None:
    """A defect in echo is named and not raised."""

    class Broken(Echo):
        def examine(self, *args: object) -> list[object]:  # type: ignore[override]
            raise RuntimeError("a defect in echo")

    async with Window(tmp_path, scoring(), echo=Broken()) as window:
        window.show(SURE)

        answer = await window.ask()

        assert answer.suggestion is None
        assert answer.trace.reason == "Looking for what was written before failed."


async def test_secrets_are_not_proposed(tmp_path: Path) -> None:
    """The network is never even told of a secret line of another file."""
    engine = scoring()
    async with Window(tmp_path, engine, echo=Echo()) as window:
        secret = 'api_token = "sk-proj-Zr8x0Pq7LmN2Vw5Tb9Yc3Hd6"\n'
        window.show(f"x = 1\n{secret}\n$0", uri="file:///project/other.py")
        window.show("y = 2\napi_$0\n")

        assert await window.text(Trigger.INVOKED) is None
        (request,) = engine.scorings
        assert not any("sk-proj" in text for text in request.candidates)


@pytest.mark.native
@pytest.mark.process
async def test_a_window_over_a_real_network(tmp_path: Path) -> None:
    """Of three lines of echo, llama.cpp's network settles which, in one request."""
    from tests.support.native import model_file, opened

    says = ("compute", "(", "third", ",", " one", ")")
    seen = "".join(f"start()\ncompute({name}, one)\n" for name in ("first", "second", "third"))
    settings = CompletionSettings(prefetch=False, deadline_ms=10_000)
    async with (
        opened(model_file("spm", says=says), tmp_path) as engine,
        Window(tmp_path, engine, echo=Echo(), settings=settings) as window,
    ):
        window.show(f"{seen}start()\n$0\n")

        answer = await window.ask(Trigger.INVOKED)

        assert engine.capabilities.scores_lines
        assert answer.suggestion is not None
        assert answer.suggestion.text == "compute(third, one)"
        assert (answer.trace.source, answer.trace.model) == ("echo", engine.capabilities.model)
        assert {"echo", "symbols", "score", "rank"} <= answer.trace.stages_ms.keys()
        assert answer.trace.prompt_tokens > 0
