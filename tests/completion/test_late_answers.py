"""Where nobody was sure in time: who stops typing sees what they would have been shown waiting."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.feedback.own_calibration import OwnCalibration
from ownstack.completion.sources.tiered import STILL_WRITING
from ownstack.completion.suggestion import CompletionRequest, Trigger
from ownstack.engine.results import ScoredLine, WrittenToken
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.settings import CompletionSettings, Eagerness
from tests.support.completing import Window, turns
from tests.support.tiers import MODEL_SAYS, SURE, UNSURE, model, network

SHY = CompletionSettings(prefetch=False, eagerness="shy")
AT_ONCE = CompletionSettings(prefetch=False, deadline_ms=50)
"""A whole line has to be there after 50 ms; of an answer that goes on, what there is is shown."""


def unsure(times: int = 1) -> ScriptedEngine:
    """Return a quick network that has nothing to show."""
    return network(chance=0.01, times=times)


async def told(window: Window, times: int = 1) -> None:
    """Wait until the window was told so often that there is something better."""
    async with asyncio.timeout(10):
        while len(window.improved) < times:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("eagerness", ["shy", "normal", "eager"])
async def test_what_nothing_tells_of_is_shown(tmp_path: Path, eagerness: Eagerness) -> None:
    """An engine that does not say how sure it is is believed, as by who waits."""
    gate = asyncio.Event()
    settings = CompletionSettings(prefetch=False, eagerness=eagerness)
    engine = model(gate=gate)
    async with Window(tmp_path, engine, quick=unsure(), settings=settings, hears=True) as window:
        window.show("x = $0\n")
        assert await window.text() is None

        gate.set()
        await turns(30)

        assert window.improved == [window.place]
        assert await window.text() == MODEL_SAYS


@pytest.mark.parametrize(("least", "tokens"), [(0.0, UNSURE), (1.0, SURE)])
async def test_what_was_learned_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: float, tokens: Sequence[WrittenToken]
) -> None:
    """It is told exactly what is shown then."""
    monkeypatch.setattr(OwnCalibration, "least", lambda self, source, model, adjusted: least)
    gate = asyncio.Event()
    engine = model(gate=gate, tokens=tokens)
    quick = ScriptedEngine(scores_lines=True, name="quick")
    quick.enqueue("", scored=[])
    async with Window(tmp_path, engine, quick=quick, hears=True) as window:
        window.show("x = $0\n")
        assert await window.text() is None

        gate.set()
        await turns(30)

        assert bool(window.improved) is (least == 0.0)
        assert await window.text() == (MODEL_SAYS if least == 0.0 else None)


async def test_the_beginning_of_a_block_is_shown_and_grows(tmp_path: Path) -> None:
    """Its whole lines once their time is over, all of it once it is written."""
    gate = asyncio.Event()
    engine = ScriptedEngine()
    engine.enqueue(["a = 1\n", "    b = 2\n", "    c = 3"], gate=gate, gate_at=2)
    async with Window(tmp_path, engine, quick=unsure(), settings=AT_ONCE, hears=True) as window:
        window.show("def f():\n    $0\n")
        assert await window.text() is None
        await told(window)
        assert await window.text() == "a = 1"

        gate.set()
        await told(window, 2)

        assert window.improved == [window.place] * 2
        assert await window.text() == "a = 1\n    b = 2\n    c = 3"
        assert len(engine.infills) == 1


def echoing(gate: asyncio.Event) -> ScriptedEngine:
    """Return a model that finds a line of the text likelier than its own."""
    scored = (
        ScoredLine("compute(two, 1)", -0.01, 6, True, False),
        ScoredLine("compare(ten)", -9.0, 4, False, True),
    )
    written = ((7, -0.1), (11, -6.0), (12, -2.9), (13, -0.1))
    tokens = tuple(WrittenToken(end, logprob) for end, logprob in written)
    engine = ScriptedEngine(name="model")
    engine.enqueue("compare(ten)", gate=gate, scored=scored, tokens=tokens)
    return engine


def window_with_echo(folder: Path, engine: ScriptedEngine, quick: ScriptedEngine) -> Window:
    """Return a window that finds lines in its text, and shows those alone that are sure."""
    return Window(folder, engine, echo=Echo(), quick=quick, settings=SHY, hears=True)


ECHOED = "".join(f"total = compute({name}, 1)\n" for name in ("one", "two", "two"))


async def test_a_line_of_the_text_that_the_model_finds_likelier(tmp_path: Path) -> None:
    """It is in no cache, and comes all the same; the trace names its source and what it cost."""
    gate = asyncio.Event()
    engine, quick = echoing(gate), ScriptedEngine(scores_lines=True, name="quick")
    quick.enqueue("", scored=[ScoredLine("compute(two, 1)", -30.0, 6, True, False)])
    async with window_with_echo(tmp_path, engine, quick) as window:
        window.show(f"{ECHOED}total = $0\n")
        assert await window.text() is None

        gate.set()
        await turns(30)
        answer = await window.ask()

        assert window.improved == [window.place]
        assert answer.suggestion is not None
        assert answer.suggestion.text == "compute(two, 1)"
        assert (answer.trace.tier, answer.trace.source) == ("cache", "echo")
        assert "model" in answer.trace.stages_ms
        assert len(engine.infills) == len(quick.requests) == 1


@pytest.mark.parametrize("what", ["elsewhere", "invoked"])
async def test_who_asks_otherwise_is_answered_anew(tmp_path: Path, what: str) -> None:
    """What was found is for that place, and for who asked as they did."""
    gate = asyncio.Event()
    engine, quick = echoing(gate), ScriptedEngine(scores_lines=True, name="quick")
    quick.enqueue("", scored=[ScoredLine("compute(two, 1)", -30.0, 6, True, False)])
    quick.enqueue("", scored=[])
    engine.enqueue("other(1)")
    async with window_with_echo(tmp_path, engine, quick) as window:
        window.show(f"{ECHOED}total = $0\n")
        assert await window.text() is None
        gate.set()
        await turns(30)

        if what == "elsewhere":
            window.show(f"{ECHOED}total = $0 + 1\n")
            answer = await window.ask()
        else:
            answer = await window.ask(Trigger.INVOKED)

        assert len(engine.infills) == 2
        assert answer.trace.tier != "cache"


async def test_a_client_that_cannot_be_told_gets_it_when_it_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What went wrong is in the log."""

    def broken(place: object) -> None:
        raise ConnectionError("The client has gone.")

    gate = asyncio.Event()
    engine, quick = echoing(gate), ScriptedEngine(scores_lines=True, name="quick")
    quick.enqueue("", scored=[ScoredLine("compute(two, 1)", -30.0, 6, True, False)])
    async with window_with_echo(tmp_path, engine, quick) as window:
        monkeypatch.setattr(window.completer._improvement, "_improved", broken)
        window.show(f"{ECHOED}total = $0\n")
        assert await window.text() is None

        gate.set()
        await turns(30)

        assert "The client has gone." in caplog.text
        assert await window.text() == "compute(two, 1)"


# How long it took ---------------------------------------------------------------------------


async def test_what_came_is_heard_with_its_time(tmp_path: Path) -> None:
    """By the clock of the window, from the key on; the answer itself was not late yet."""
    gate = asyncio.Event()
    engine, quick = model(gate=gate, tokens=SURE), ScriptedEngine(scores_lines=True, name="quick")
    quick.enqueue("", error=EngineError("It is late."))
    async with Window(tmp_path, engine, quick=quick, hears=True) as window:
        window.show("x = $0\n")
        answer = await window.ask()
        assert (answer.suggestion, answer.trace.late) == (None, False)
        assert window.came == []

        window.timers.now += 3.0
        gate.set()
        await turns(30)

        [(trace, taken_s)] = window.came
        assert (trace.text, trace.late, taken_s) == (MODEL_SAYS, False, pytest.approx(3.0))


async def test_that_nothing_came_in_its_time_is_heard(tmp_path: Path) -> None:
    """As late, if the model had no line by then; what it finds afterwards is told still."""
    gate = asyncio.Event()
    engine = model(gate=gate, tokens=SURE)
    async with Window(tmp_path, engine, quick=unsure(), settings=AT_ONCE, hears=True) as window:
        window.show("x = $0\n")
        assert await window.text() is None
        async with asyncio.timeout(10):
            while not window.came:
                await asyncio.sleep(0.005)

        [(trace, _)] = window.came
        assert (trace.text, trace.late) == ("", True)
        assert not window.improved

        gate.set()
        await told(window)

        assert len(window.came) == 1
        assert await window.text() == MODEL_SAYS


async def test_that_the_model_was_not_sure_is_not_late(tmp_path: Path) -> None:
    """It had its say in time; who asks why nothing is shown is told so."""
    gate = asyncio.Event()
    engine = model(gate=gate, tokens=UNSURE)
    async with Window(tmp_path, engine, quick=unsure(), hears=True) as window:
        window.show("x = $0\n")
        answer = await window.ask()
        assert answer.trace.reason.startswith(STILL_WRITING)

        gate.set()
        await turns(30)

        [(trace, _)] = window.came
        assert (trace.text, trace.late) == ("", False)
        assert answer.trace.reason.startswith("Not sure enough")


async def test_who_finds_out_what_would_be_suggested_waits(tmp_path: Path) -> None:
    """Nobody is told of it later; and it takes nothing from who waits at the place."""
    gate = asyncio.Event()
    async with Window(tmp_path, model(gate=gate), quick=unsure(2), hears=True) as window:
        window.show("x = $0\n")
        request = CompletionRequest(window.place.document, window.place.offset, Trigger.AUTOMATIC)
        assert await window.text() is None
        peeking = asyncio.ensure_future(window.completer.peek(request))
        done, _ = await asyncio.wait({peeking}, timeout=0.2)
        assert not done

        gate.set()

        assert await peeking == MODEL_SAYS
        await turns(30)
        assert window.improved == [window.place]
        assert [trace.text for trace, _ in window.came] == [MODEL_SAYS]


@pytest.mark.parametrize("what", ["typed", "asked", "closed"])
async def test_who_went_on_has_not_waited(tmp_path: Path, what: str) -> None:
    """Nobody knows whether it would have been late for them."""
    gate = asyncio.Event()
    engine = model(gate=gate, tokens=SURE)
    engine.enqueue("", gate=gate)
    async with Window(tmp_path, engine, quick=unsure(2), hears=True) as window:
        window.show("x = $0\n")
        first = window.place
        assert await window.text() is None
        if what == "closed":
            window.documents.close(first.uri)
            window.completer.closed(first.uri)
        else:
            window.type("r")
        if what == "asked":
            assert await window.text() is None

        gate.set()
        await turns(30)

        assert [trace.text for trace, _ in window.came] == (
            [MODEL_SAYS[1:]] if what == "asked" else []
        )


async def test_a_statement_is_not_gone_on_with_where_nobody_is(tmp_path: Path) -> None:
    """A line that goes on below is asked for with its other lines only for who is still there."""
    gate = asyncio.Event()
    engine = ScriptedEngine(name="model")
    engine.enqueue("call(", gate=gate)
    async with Window(tmp_path, engine, quick=unsure(), hears=True) as window:
        window.show("def f():\n    x = $0\n    return x\n")
        assert await window.text() is None
        window.type("c")

        gate.set()
        await turns(20)

        assert len(engine.infills) == 1
