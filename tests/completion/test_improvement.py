"""What a model finds after something else, or nothing, was shown: told, and shown then."""

import asyncio
from pathlib import Path

import pytest

from ownstack.completion import improvement
from ownstack.completion.cache import CachedText
from ownstack.completion.line_chance import LineChance
from ownstack.completion.place import Place
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.suggestion import Trigger
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings, Eagerness
from tests.support.completing import Window, turns
from tests.support.tiers import MODEL_SAYS, QUICK_SAYS, SURE, UNSURE, model, network


@pytest.fixture
def better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an answer whose chance is not known be better than what is shown."""
    monkeypatch.setattr(improvement, "UNKNOWN_CHANCE", 0.99)


@pytest.mark.usefixtures("better")
async def test_a_model_that_takes_longer_is_not_waited_for(tmp_path: Path) -> None:
    """It goes on writing, and who asks again where the text still stands gets what it has."""
    gate = asyncio.Event()
    async with Window(tmp_path, model(gate=gate), quick=network()) as window:
        window.show("x = $0\n")
        assert await window.text() == QUICK_SAYS
        assert not window.improved

        gate.set()
        await turns()

        assert window.improved == [window.place]
        again = await window.ask()
        assert again.suggestion is not None
        assert again.suggestion.text == MODEL_SAYS
        assert (again.trace.tier, again.trace.model) == ("cache", "model")
        await window.ask()
        assert len(window.improved) == 1


@pytest.mark.parametrize(
    ("text", "better_by"),
    [
        (MODEL_SAYS, improvement.BETTER_BY - 0.01),
        (MODEL_SAYS, -0.2),
        (QUICK_SAYS, 0.3),
        ("", 0.3),
    ],
)
async def test_what_is_hardly_better_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, better_by: float
) -> None:
    """A text that changes under the eyes of its reader has to be worth it."""
    gate = asyncio.Event()
    async with Window(tmp_path, model(text, gate=gate), quick=network()) as window:
        window.show("x = $0\n")
        shown = await window.ask()
        assert shown.suggestion is not None
        assert shown.suggestion.text == QUICK_SAYS
        chance = (shown.suggestion.confidence or 0) + better_by
        monkeypatch.setattr(improvement, "UNKNOWN_CHANCE", chance)

        gate.set()
        await turns()

        assert not window.improved
        assert await window.text() == QUICK_SAYS


@pytest.mark.parametrize(
    ("eagerness", "chance", "told"),
    [("normal", 0.3, False), ("normal", 0.69, False), ("normal", 0.71, True), ("shy", 0.72, False)],
)
async def test_what_nobody_knows_the_chance_of_is_not_given_up_for_little(
    tmp_path: Path, eagerness: Eagerness, chance: float, told: bool
) -> None:
    """Nor is told what would not be shown."""
    settings = CompletionSettings(prefetch=False, eagerness=eagerness)
    async with Window(tmp_path, model(), quick=network(chance=0.01), settings=settings) as window:
        window.show("x = $0\n")
        shown = await window.ask()
        assert shown.suggestion is not None
        assert (shown.suggestion.text, shown.suggestion.confidence) == (MODEL_SAYS, None)

        other = CachedText("parse(path)", True, True, False, chance=LineChance(chance))
        window.completer._cache.put(window.place, other)
        window.completer._improvement.kept(window.place)

        assert bool(window.improved) is told


async def test_a_first_line_is_followed_by_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More lines are an improvement, if their first one is likely enough to be shown."""
    monkeypatch.setattr(improvement, "UNKNOWN_CHANCE", THRESHOLDS["normal"])
    gate = asyncio.Event()
    first, whole = "data = open(path)", "data = open(path)\n    return data.read()"
    engine = model(whole, gate=gate)
    async with Window(tmp_path, engine, quick=network(first, 0.9)) as window:
        window.show("def f(path):\n    $0\n")
        assert await window.text() == first
        window.type("data ")

        gate.set()
        await turns()
        assert [place.offset for place in window.improved] == [window.place.offset]

        window.type("= ")
        assert await window.text() == "open(path)\n    return data.read()"


@pytest.mark.usefixtures("better")
async def test_who_types_along_keeps_what_is_shown(tmp_path: Path) -> None:
    """What was told as better is for who stands still."""
    gate = asyncio.Event()
    engine = model("open_line(path)", gate=gate)
    async with Window(tmp_path, engine, quick=network()) as window:
        window.show("x = $0\n")
        assert await window.text() == QUICK_SAYS
        gate.set()
        await turns()
        assert len(window.improved) == 1

        window.type("open")

        assert await window.text() == "_file(path)"


@pytest.mark.usefixtures("better")
async def test_typed_along_with_both(tmp_path: Path) -> None:
    """While the model was writing: what it has is for where the cursor is now."""
    gate = asyncio.Event()
    engine = model("open_line(path)", gate=gate)
    async with Window(tmp_path, engine, quick=network()) as window:
        window.show("x = $0\n")
        assert await window.text() == QUICK_SAYS
        window.type("open")

        gate.set()
        await turns()

        assert window.improved == [window.place]
        assert await window.text() == "_line(path)"


@pytest.mark.usefixtures("better")
@pytest.mark.parametrize("typed", ["7", "open_file(path)", "open_f"])
async def test_nothing_is_told_against_what_is_typed(tmp_path: Path, typed: str) -> None:
    """Something else, all of it, or what only the shown text goes on with."""
    gate = asyncio.Event()
    engine = model("open_line(path)", gate=gate)
    async with Window(tmp_path, engine, quick=network()) as window:
        window.show("x = $0\n")
        assert await window.text() == QUICK_SAYS
        window.type(typed)

        gate.set()
        await turns()

        assert not window.improved


@pytest.mark.usefixtures("better")
async def test_what_was_turned_down_is_not_told(tmp_path: Path) -> None:
    """Who typed over the model's text twice here is not shown it a third time."""
    gate = asyncio.Event()
    engine = ScriptedEngine(MODEL_SAYS)
    async with Window(tmp_path, engine, quick=network(chance=0.01, times=3)) as window:
        window.show("x = $0\n")
        for _ in range(2):
            assert await window.text() == MODEL_SAYS
            window.type("7")
            window.backspace()
        window.completer._cache.clear()
        window.quick = network()
        engine.enqueue(MODEL_SAYS, gate=gate)
        assert await window.text() == QUICK_SAYS

        gate.set()
        await turns()

        assert not window.improved


@pytest.mark.usefixtures("better")
async def test_a_client_that_cannot_be_told_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model's text is in the cache all the same."""

    def broken(place: Place) -> None:
        raise ConnectionError("The client has gone.")

    gate = asyncio.Event()
    async with Window(tmp_path, model(gate=gate), quick=network()) as window:
        monkeypatch.setattr(window.completer._improvement, "_improved", broken)
        window.show("x = $0\n")
        assert await window.text() == QUICK_SAYS

        gate.set()
        await turns()

        assert await window.text() == MODEL_SAYS


async def test_a_block_that_was_begun_grows(tmp_path: Path) -> None:
    """Its whole lines are shown when the first line's time is over, the rest once it is there."""
    gate = asyncio.Event()
    engine = ScriptedEngine()
    engine.enqueue(["a = 1\n", "    b = 2\n", "    c = 3"], gate=gate, gate_at=2)
    settings = CompletionSettings(prefetch=False, deadline_ms=50)
    async with Window(tmp_path, engine, quick=network(chance=0.01), settings=settings) as window:
        window.show("def f():\n    $0\n")
        assert await window.text() == "a = 1"
        assert not window.improved

        gate.set()
        await turns(20)

        assert window.improved == [window.place]
        assert await window.text() == "a = 1\n    b = 2\n    c = 3"
        assert engine.infills[0].first_line_s is None  # A real engine would have ended with a line.


LATE = CompletionSettings(prefetch=False, deadline_ms=50)
"""The engine has to have a line at once, and is waited for no longer than for 50 ms and some."""


async def test_an_answer_that_nobody_could_wait_for_is_told(tmp_path: Path) -> None:
    """Nothing was shown; nothing was typed since."""
    gate = asyncio.Event()
    async with Window(tmp_path, model(gate=gate, tokens=SURE), settings=LATE) as window:
        window.show("x = $0\n")
        late = await window.ask()
        assert (late.suggestion, late.trace.late) == (None, True)
        assert not window.improved

        gate.set()
        await turns()

        assert window.improved == [window.place]
        assert await window.text() == MODEL_SAYS


@pytest.mark.parametrize("what", ["typed", "unsure", "asked elsewhere", "closed", "invoked"])
async def test_a_late_answer_is_told_to_who_still_waits_for_it(tmp_path: Path, what: str) -> None:
    """Not to who has typed since or invoked it, of what would not be shown, or where nobody is."""
    gate = asyncio.Event()
    engine = model(gate=gate, tokens=UNSURE if what == "unsure" else SURE)
    engine.enqueue("", gate=gate)
    async with Window(tmp_path, engine, settings=LATE) as window:
        window.show("x = $0\n")
        trigger = Trigger.INVOKED if what == "invoked" else Trigger.AUTOMATIC
        assert await window.text(trigger) is None
        if what == "typed":
            window.type("r")
        elif what == "closed":
            window.documents.close(window.place.uri)
            window.completer.closed(window.place.uri)
        elif what == "asked elsewhere":
            window.show("y = $0\n", uri="file:///project/b.py")
            assert await window.text() is None

        gate.set()
        await turns()

        assert not window.improved


@pytest.mark.usefixtures("better")
async def test_an_older_request_that_ends_later_hides_no_improvement(tmp_path: Path) -> None:
    """Nothing was shown to it; but what is on the screen is the answer to the newer one."""
    gate = asyncio.Event()
    engine, quick = model("z_lines(path)", gate=gate), network(chance=0.01)
    async with Window(tmp_path, engine, quick=quick, settings=LATE) as window:
        window.show("x = $0\n")
        older = window.asking()
        await turns()
        window.type("z")
        quick.enqueue("", scored=[ScoredLine("_file(path)", -0.5, 3, False, True)])
        assert await window.text() == "_file(path)"
        assert (await older).trace.reason

        gate.set()
        await turns()

        assert window.improved == [window.place]
        assert await window.text() == "_lines(path)"
