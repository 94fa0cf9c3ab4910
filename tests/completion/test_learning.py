"""What a user kept and turned down decides what is shown, as seen from a window."""

from pathlib import Path

import pytest

from ownstack.completion.suggestion import Trigger
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.completion.sources.test_echo import Said
from tests.completion.test_chances import LINE, SURE
from tests.support.completing import Window

TEXT = "compute(amount)"


async def happen(window: Window, typed: str, trigger: Trigger = Trigger.AUTOMATIC) -> None:
    """Have `TEXT` suggested at sixty places, and type something there."""
    for number in range(60):
        window.show(f"value_{number} = $0\n")
        await window.ask(trigger)
        window.type(typed)
        window.type("\n")
    window.signals.totals()  # By now, what there is to learn is learned or waits for no more.


@pytest.mark.parametrize(("typed", "chance", "shown"), [("q", 0.45, False), (TEXT, 0.39, True)])
async def test_outcomes_move_the_threshold(
    tmp_path: Path, typed: str, chance: float, shown: bool
) -> None:
    """What was typed over is soon shown no more, what was typed through a little sooner."""
    echo = Said(TEXT, 0.45)
    async with Window(tmp_path, echo=echo) as window:
        window.show("before = $0\n")
        assert await window.text() == TEXT
        await happen(window, typed)
        await window.ask()
        window.signals.totals()
        echo.said = Said(TEXT, chance).said
        window.show("after = $0\n")

        answer = await window.ask()

        assert (answer.suggestion is not None) is shown
        if not shown:
            assert answer.trace.reason.startswith("Not sure enough: 0.45 of 0.")
            assert "`ownstack.completion.learnFromOutcomes`" in answer.trace.reason


async def test_who_asks_sees_it_and_is_told(tmp_path: Path) -> None:
    """Nothing is kept from somebody who asks; the trace has both chances."""
    async with Window(tmp_path, echo=Said(TEXT, 0.45)) as window:
        await happen(window, "q")
        await window.ask()
        window.signals.totals()
        window.show("after = $0\n")

        answer = await window.ask(Trigger.INVOKED)

        assert answer.suggestion is not None
        assert answer.suggestion.confidence == answer.trace.confidence == 0.45
        assert answer.trace.adjusted is not None
        assert answer.trace.adjusted < 0.4
        window.type(TEXT[0])
        typed_on = await window.ask(Trigger.INVOKED)
        assert typed_on.trace.tier == "typed-through"
        assert typed_on.trace.adjusted == answer.trace.adjusted


async def test_what_was_asked_for_teaches_nothing(tmp_path: Path) -> None:
    """Who asks wants something: that is another question than what to show unasked."""
    async with Window(tmp_path, echo=Said(TEXT, 0.45)) as window:
        await happen(window, "q", Trigger.INVOKED)
        await window.ask()
        window.signals.totals()
        window.show("after = $0\n")

        assert await window.text() == TEXT


async def test_the_log_has_the_chance_of_the_source(tmp_path: Path) -> None:
    """Not the adjusted one: a correction that is learned from corrected chances would drift."""
    async with Window(tmp_path, echo=Said(TEXT, 0.9)) as window:
        await happen(window, "q")
        await window.ask()
        await happen(window, "q")

        judged = window.signals.judged(10, 1_000)

        assert judged is not None
        assert {each.chance for each in judged.result(5)} == {0.9}
        assert len(judged.result(5)) == 120


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """Then the threshold is what the sources say."""
    settings = CompletionSettings(prefetch=False, learn_from_outcomes=False)
    async with Window(tmp_path, echo=Said(TEXT, 0.45), settings=settings) as window:
        await happen(window, "q")
        await window.ask()
        window.signals.totals()
        window.show("after = $0\n")

        assert await window.text() == TEXT


async def test_a_model_is_judged_by_its_own(tmp_path: Path) -> None:
    """Its name goes with its chances, and the explanation names what was learned of it."""
    engine = ScriptedEngine()
    for _ in range(130):
        engine.enqueue(LINE, tokens=SURE)
    settings = CompletionSettings(prefetch=False, eagerness="eager")
    async with Window(tmp_path, engine, settings=settings) as window:
        await happen(window, "q")
        await window.ask()
        window.signals.totals()
        window.show("after = $0\n")

        answer = await window.ask(Trigger.INVOKED)

        judged = window.signals.judged(10, 1_000)
        assert judged is not None
        assert {(each.source, each.model) for each in judged.result(5)} == {("model", "scripted")}
        assert answer.trace.confidence is not None
        assert answer.trace.adjusted is not None
        assert answer.trace.adjusted < answer.trace.confidence - 0.05
