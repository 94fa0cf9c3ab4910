"""A quick network beside a model that takes its time: who answers."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ownstack.completion.context.open_files import Block
from ownstack.completion.sources import tiered
from ownstack.completion.sources.tiered import STILL_WRITING
from ownstack.completion.suggestion import Trigger
from ownstack.engine.requests import Priority
from ownstack.engine.results import WrittenToken
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.settings import CompletionSettings
from tests.support.completing import Window, turns
from tests.support.tiers import MODEL_SAYS, QUICK_SAYS, SURE, UNSURE, model, network


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for both, however busy the machine is."""
    monkeypatch.setattr(tiered, "PATIENCE_KEY_S", 60.0)


@pytest.mark.usefixtures("patient")
async def test_the_model_answers_if_it_is_there_in_time(tmp_path: Path) -> None:
    """Both were asked; without a chance, the larger one counts. The other one stands beside it."""
    engine, quick = model(), network()
    async with Window(tmp_path, engine, quick=quick) as window:
        window.show("x = $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert answer.suggestion.text == MODEL_SAYS
        assert [other.text for other in answer.others] == [QUICK_SAYS]
        assert (answer.trace.tier, answer.trace.model) == ("model", "model")
        assert [request.priority for request in quick.scorings] == [Priority.INSTANT]
        assert not window.improved


@pytest.mark.usefixtures("patient")
async def test_the_likelier_answer_is_shown(tmp_path: Path) -> None:
    """Even if the model has one too, as sure as a small one can be."""
    engine, quick = model(MODEL_SAYS, tokens=SURE), network(chance=0.999)
    eager = CompletionSettings(prefetch=False, eagerness="eager")
    async with Window(tmp_path, engine, quick=quick, settings=eager) as window:
        window.show("x = $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        first, [other] = answer.suggestion, answer.others
        assert {first.text, other.text} == {QUICK_SAYS, MODEL_SAYS}
        assert (first.confidence or 0) > (other.confidence or 0) > 0
        assert answer.trace.model == ("quick" if first.text == QUICK_SAYS else "model")


@pytest.mark.usefixtures("patient")
async def test_a_model_that_is_not_sure_leaves_it_to_the_network(tmp_path: Path) -> None:
    """And is not told as better afterwards."""
    async with Window(tmp_path, model(tokens=UNSURE), quick=network()) as window:
        window.show("x = $0\n")

        assert await window.text() == QUICK_SAYS
        assert await window.text() == QUICK_SAYS
        assert not window.improved


async def test_what_was_turned_down_does_not_stand_in_the_models_way(tmp_path: Path) -> None:
    """The network says again what was typed over twice: the model is waited for."""
    gate = asyncio.Event()
    async with Window(tmp_path, quick=network(times=3)) as window:
        window.show("x = $0\n")
        for _ in range(2):
            assert await window.text() == QUICK_SAYS
            window.type("7")
            window.backspace()

        window.engine = model(gate=gate)
        waiting = window.asking()
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
        gate.set()

        answer = await waiting
        assert answer.suggestion is not None
        assert answer.suggestion.text == MODEL_SAYS
        assert not answer.others


async def test_what_was_turned_down_is_all_there_is(tmp_path: Path) -> None:
    """Then it is said why nothing is shown."""
    async with Window(tmp_path, quick=network(times=3)) as window:
        window.show("x = $0\n")
        for _ in range(2):
            assert await window.text() == QUICK_SAYS
            window.type("7")
            window.backspace()

        window.engine = model("")
        answer = await window.ask()

        assert answer.suggestion is None
        assert answer.trace.reason


async def test_after_accepting_the_next_lines_are_waited_for(tmp_path: Path) -> None:
    """What the network would add to a line that is complete is no answer."""
    gate = asyncio.Event()
    async with Window(tmp_path, quick=network("data = 1")) as window:
        window.show("def f(path):\n    $0\n")
        window.accept(await window.ask())
        window.quick = network(" + 1", chance=0.99)
        window.engine = model("\n    return data", gate=gate)

        waiting = window.asking()
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
        gate.set()

        answer = await waiting
        assert answer.suggestion is not None
        assert answer.suggestion.text == "\n    return data"


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("tokens", [SURE, ()])
async def test_each_suggestion_knows_its_model(
    tmp_path: Path, tokens: Sequence[WrittenToken]
) -> None:
    """Whichever comes first: statistics and "Why?" are of who wrote it."""
    eager = CompletionSettings(prefetch=False, eagerness="eager")
    quick = network(chance=0.999)
    async with Window(tmp_path, model(tokens=tokens), quick=quick, settings=eager) as window:
        window.show("x = $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert answer.others
        for suggestion in (answer.suggestion, *answer.others):
            trace = window.completer.explain(suggestion.id)
            assert trace is not None
            assert trace.model == ("model" if suggestion.text == MODEL_SAYS else "quick")
        displayed = window.completer._outcomes.displayed
        assert displayed is not None
        for item in (displayed, *displayed.others):
            assert item.model == ("model" if item.text == MODEL_SAYS else "quick")


async def test_who_pauses_waits_for_the_model(tmp_path: Path) -> None:
    """The quick network is not sure enough, so nothing is shown before the model has its line."""
    gate = asyncio.Event()
    async with Window(tmp_path, model(gate=gate), quick=network(chance=0.01)) as window:
        window.show("x = $0\n")
        waiting = window.asking()
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done

        gate.set()

        answer = await waiting
        assert answer.suggestion is not None
        assert answer.suggestion.text == MODEL_SAYS


async def test_who_asks_waits_for_the_model(tmp_path: Path) -> None:
    """By a key of their own: they may get more."""
    gate = asyncio.Event()
    async with Window(tmp_path, model(gate=gate), quick=network()) as window:
        window.show("x = $0\n")
        waiting = window.asking(Trigger.INVOKED)
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done

        gate.set()

        answer = await waiting
        assert answer.suggestion is not None
        assert answer.suggestion.text == MODEL_SAYS


async def test_who_hears_of_more_does_not_wait(tmp_path: Path) -> None:
    """Nothing is answered within the quick network's time; the model's line is told, then shown."""
    gate = asyncio.Event()
    engine, quick = model(gate=gate, tokens=SURE), network(chance=0.01)
    async with Window(tmp_path, engine, quick=quick, hears=True) as window:
        window.show("x = $0\n")
        answer = await window.ask()
        assert answer.suggestion is None
        assert answer.trace.reason.startswith(STILL_WRITING)
        assert not window.improved

        gate.set()
        await turns()

        assert window.improved == [window.place]
        assert await window.text() == MODEL_SAYS


async def test_who_hears_of_more_waits_where_they_ask(tmp_path: Path) -> None:
    """A key of their own is answered with all that there is."""
    gate = asyncio.Event()
    engine, quick = model(gate=gate), network(chance=0.01)
    async with Window(tmp_path, engine, quick=quick, hears=True) as window:
        window.show("x = $0\n")
        waiting = window.asking(Trigger.INVOKED)
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done

        gate.set()

        answer = await waiting
        assert answer.suggestion is not None
        assert answer.suggestion.text == MODEL_SAYS
        assert not window.improved


async def test_what_comes_too_late_for_the_newest_key_is_not_told(tmp_path: Path) -> None:
    """Who has typed something else since asked another question."""
    gate = asyncio.Event()
    engine, quick = model(gate=gate, tokens=SURE), network(chance=0.01)
    async with Window(tmp_path, engine, quick=quick, hears=True) as window:
        window.show("x = $0\n")
        assert await window.text() is None
        window.type("7")

        gate.set()
        await turns()

        assert not window.improved


async def test_a_failure_that_nobody_waited_for_is_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the log; nothing is told."""
    gate = asyncio.Event()
    engine = ScriptedEngine(name="model")
    engine.enqueue("", gate=gate, error=EngineError("The device is gone."))
    async with Window(tmp_path, engine, quick=network(chance=0.01), hears=True) as window:
        window.show("x = $0\n")
        assert await window.text() is None

        gate.set()
        await turns()
        await turns()  # From the generation to who wrote, and from there to the note.

        assert "The device is gone." in caplog.text
        assert not window.improved


async def test_a_slow_network_does_not_hold_up_the_model(tmp_path: Path) -> None:
    """Whoever has something first answers."""
    gate = asyncio.Event()
    async with Window(tmp_path, model(), quick=network(gate=gate)) as window:
        window.show("x = $0\n")

        assert await window.text() == MODEL_SAYS


async def test_a_model_that_fails_leaves_the_quick_answer(tmp_path: Path) -> None:
    """Without one, the failure is told."""
    engine = ScriptedEngine()
    engine.enqueue("", error=EngineError("The device is gone."))
    engine.enqueue("", error=EngineError("The device is gone."))
    async with Window(tmp_path, engine, quick=network()) as window:
        window.show("x = $0\n")
        assert await window.text() == QUICK_SAYS

        window.type("7")
        answer = await window.ask()
        assert answer.trace.reason == "The model failed: The device is gone."


async def test_a_network_that_fails_leaves_the_models_answer(tmp_path: Path) -> None:
    """It costs nothing but what it would have said."""
    quick = network(error=EngineError("The device is gone."))
    async with Window(tmp_path, model(), quick=quick) as window:
        window.show("x = $0\n")

        assert await window.text() == MODEL_SAYS


async def test_while_the_model_is_loaded_the_quick_network_answers(tmp_path: Path) -> None:
    """And what the model has written is kept for when it is back."""
    engine = ScriptedEngine(name="model")
    async with Window(tmp_path, quick=network()) as window:
        window.show("x = $0\n")
        answer = await window.ask()
        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.model) == (QUICK_SAYS, "quick")

        window.engine = engine
        engine.enqueue(MODEL_SAYS)
        window.show("y = $0\n")
        assert await window.text() == MODEL_SAYS
        window.type("7")
        window.backspace()
        window.engine = None
        kept = await window.ask()
        assert kept.suggestion is not None
        assert (kept.suggestion.text, kept.trace.model) == (MODEL_SAYS, "model")


async def test_the_network_is_shown_no_definitions(tmp_path: Path) -> None:
    """It is too small for them; the model beside it has them."""
    engine, quick = model(), network()
    async with Window(tmp_path, engine, quick=quick) as window:
        window.show("x = $0\n")
        await window.ask()
        context = window.completer._context
        uri = window.place.uri
        context._definitions[uri] = (Block("file:///b.py", "b.py", 0, "def far(): ..."),)
        context._blocks[uri] = (Block("file:///c.py", "c.py", 0, "near = 1"),)
        window.type("7 + ")
        await window.ask()

        assert [snippet.path for snippet in engine.infills[-1].context] == ["b.py", "c.py"]
        assert [snippet.path for snippet in quick.scorings[-1].context] == ["c.py"]
