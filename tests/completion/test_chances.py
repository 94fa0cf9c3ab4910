"""What a larger model writes is shown from the chance on that its user wants."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.sources.line_weigher import LineWeigher
from ownstack.completion.suggestion import Trigger
from ownstack.engine.results import Finish, Generated, ScoredLine, Usage, WrittenToken
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings, Eagerness
from tests.support.completing import Window

LINE = "total.append(value)"
PIECES = ("total", ".append", "(", "value", ")")


def tokens(*logprobs: float) -> tuple[WrittenToken, ...]:
    """Of `LINE`, one for each piece and one that ends it."""
    ends = [len("".join(PIECES[: n + 1])) for n in range(len(PIECES))]
    pairs = zip((*ends, len(LINE) + 1), logprobs, strict=True)
    return tuple(WrittenToken(end, logprob) for end, logprob in pairs)


SURE = tokens(-0.01, -0.01, -0.01, -0.02, -0.01, -0.01)
UNSURE = tokens(-3.0, -1.5, -1.0, -4.0, -1.0, -1.0)
SURE_AT_FIRST = tokens(-0.01, -0.01, -0.01, -5.0, -0.5, -0.1)


def settings(eagerness: Eagerness = "normal") -> CompletionSettings:
    return CompletionSettings(prefetch=False, eagerness=eagerness)


def wrote(logprobs: tuple[WrittenToken, ...]) -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.enqueue(LINE, tokens=logprobs)
    return engine


@pytest.mark.parametrize("eagerness", ["normal", "eager"])
async def test_a_sure_line_is_shown(tmp_path: Path, eagerness: Eagerness) -> None:
    """With its chance, which "Why?" tells."""
    async with Window(tmp_path, wrote(SURE), settings=settings(eagerness)) as window:
        window.show("def f():\n    $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert answer.suggestion.text == LINE
        assert THRESHOLDS[eagerness] < (answer.trace.confidence or 0) <= 1


async def test_shy_wants_more_than_the_word_of_a_small_model(tmp_path: Path) -> None:
    """Such a model is right in six of ten lines that it is so sure of: a part of it is shown."""
    async with Window(tmp_path, wrote(SURE), settings=settings("shy")) as window:
        window.show("def f():\n    $0\n")

        assert await window.text() == LINE.removesuffix(")")


@pytest.mark.parametrize("eagerness", ["shy", "normal", "eager"])
async def test_an_unsure_line_is_not(tmp_path: Path, eagerness: Eagerness) -> None:
    """The reason names both chances and the setting; who asks is shown it."""
    engine = wrote(UNSURE)
    engine.enqueue(LINE, tokens=UNSURE)
    async with Window(tmp_path, engine, settings=settings(eagerness)) as window:
        window.show("def f():\n    $0\n")

        answer = await window.ask()
        again = await window.ask()
        asked = await window.ask(Trigger.INVOKED)

        assert answer.suggestion is None
        assert "Not sure enough" in answer.trace.reason
        assert "ownstack.completion.eagerness" in answer.trace.reason
        # The model is not asked again for what it would say again.
        assert (again.suggestion, again.trace.reason) == (None, answer.trace.reason)
        assert len(engine.infills) == 2
        assert asked.suggestion is not None
        assert asked.suggestion.text == LINE


@pytest.mark.parametrize("blanks", ["", "    ", "  "])
async def test_the_sure_part_of_a_line_whose_blanks_were_mended(
    tmp_path: Path, blanks: str
) -> None:
    """A model that writes the indentation once more says the same, and just as surely."""
    first = [WrittenToken(len(blanks), -0.01)] if blanks else []
    written = [WrittenToken(t.end + len(blanks), t.logprob) for t in SURE_AT_FIRST]
    engine = ScriptedEngine()
    engine.enqueue(blanks + LINE, tokens=(*first, *written))
    async with Window(tmp_path, engine, settings=settings()) as window:
        window.show("def f():\n    $0\n")

        assert await window.text() == "total.append("
        window.type("total.append(v")
        assert await window.text() == "alue)"


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 1e3, 0.5])
async def test_what_no_model_can_say_tells_nothing(tmp_path: Path, wrong: float) -> None:
    """A broken network, or a server that lies: its text is one of which no chance is known."""
    tokens = (SURE[0], WrittenToken(SURE[1].end, wrong), *SURE[2:])
    engine = ScriptedEngine()
    scored = [ScoredLine(LINE, wrong, 4, proposed=False, found=True)]
    engine.enqueue(LINE, tokens=tokens, scored=scored)
    async with Window(tmp_path, engine, settings=settings()) as window:
        window.show("x = $0\n")

        for typed in ("", "total", ".append("):
            window.type(typed)
            answer = await window.ask()
            assert answer.suggestion is not None
            assert answer.trace.confidence is None


@pytest.mark.parametrize("blanks", ["", "  "])
async def test_blanks_at_the_end_of_a_line_make_no_other_one(tmp_path: Path, blanks: str) -> None:
    """The engine scores what was written, blanks and all; nobody sees them."""
    written = (*SURE[:-2], WrittenToken(len(LINE + blanks), -0.01), SURE[-1])
    scored = [
        ScoredLine(LINE + blanks, -0.07, 5, proposed=False, found=True),
        ScoredLine("total.add(value)", -3.0, 5, proposed=True, found=False),
    ]
    engine = ScriptedEngine()
    engine.enqueue(LINE + blanks, tokens=written, scored=scored)
    async with Window(tmp_path, engine, settings=settings("eager")) as window:
        window.show("x = $0\n")
        place = window.place

        weighed = (
            LineWeigher(engine.capabilities)
            .beside(place, [])
            .lines(Generated(LINE + blanks, Finish.LINES, Usage(), 0.0, tuple(scored), written))
        )
        answer = await window.ask()

        assert [line.text for line in weighed] == [LINE, "total.add(value)"]
        assert answer.trace.confidence == pytest.approx(weighed[0].chance.whole)


async def test_a_line_gets_sure_as_it_is_typed(tmp_path: Path) -> None:
    """What made it unlikely is typed: the rest is shown without asking the model again."""
    engine = wrote(tokens(-6.0, -0.01, -0.01, -0.01, -0.01, -0.01))
    async with Window(tmp_path, engine, settings=settings()) as window:
        window.show("def f():\n    $0\n")
        nothing = await window.ask()
        window.type("total")
        answer = await window.ask()

        assert nothing.suggestion is None
        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.tier) == (".append(value)", "cache")
        assert len(engine.infills) == 1


async def test_the_sure_part_is_shown(tmp_path: Path) -> None:
    """As far as it is sure; once that is typed, the rest if that is."""
    async with Window(tmp_path, wrote(SURE_AT_FIRST), settings=settings("shy")) as window:
        window.show("def f():\n    $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert answer.suggestion.text == "total.append("
        assert (answer.trace.confidence or 0) >= THRESHOLDS["shy"]


async def test_a_block_is_judged_by_its_first_line(tmp_path: Path) -> None:
    """It is shown whole, or not at all."""
    block = "total = 0\n    return total"
    pieces = ((5, -0.01), (9, -0.02), (10, -0.01), (24, -3.0))
    for worse, shown in ((0.0, block), (-8.0, None)):
        engine = ScriptedEngine()
        written = tuple(WrittenToken(end, logprob + worse) for end, logprob in pieces)
        engine.enqueue(block, tokens=written)
        async with Window(tmp_path, engine, settings=settings()) as window:
            window.show("def f():\n    $0\n\n\nx = 1\n")

            assert await window.text() == shown


async def test_what_nothing_tells_of_is_shown(tmp_path: Path) -> None:
    """Engines elsewhere do not say how likely they find what they write."""
    async with Window(tmp_path, wrote(()), settings=settings("shy")) as window:
        window.show("def f():\n    $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert answer.suggestion.text == LINE
        assert answer.trace.confidence is None


async def test_echo_knows_better(tmp_path: Path) -> None:
    """The model finds echo's line likelier than its own, as a whole: that one is shown."""
    seen = "".join(f"total = compute({name}, 1)\n" for name in ("one", "two", "two"))
    scored = (
        ScoredLine("compute(two, 1)", -0.2, 6, True, False),
        ScoredLine("compare(ten)", -9.0, 4, False, True),
    )
    written = ((7, -0.1), (11, -6.0), (12, -2.9), (13, -0.1))
    engine = ScriptedEngine()
    engine.enqueue(
        "compare(ten)",
        scored=scored,
        tokens=tuple(WrittenToken(end, logprob) for end, logprob in written),
    )
    async with Window(tmp_path, engine, echo=Echo(), settings=settings("eager")) as window:
        window.show(f"{seen}total = $0\n")

        answer = await window.ask()

        assert engine.infills[0].candidates == engine.infills[0].drafts
        assert "compute(two, 1)" in engine.infills[0].candidates
        assert answer.suggestion is not None
        assert answer.suggestion.text == "compute(two, 1)"
        assert answer.trace.source == "echo"
