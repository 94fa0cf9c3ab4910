"""`evaluate`: asks as completion does, of each side in turn, and goes on where it was."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ownstack.engine.results import Finish, Speed, WrittenToken
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.learning.gate.cursors import Cursor, draw_cursors
from ownstack.learning.gate.evaluation import Pace, evaluate, prompt_tokens
from ownstack.learning.gate.outcomes import Outcome, OutcomeLog, Side
from tests.support.judging import held_out

SIDES: dict[Side, str] = {"base": "the plain", "candidate": "the new"}


def cursors(n: int = 3) -> list[Cursor]:
    return draw_cursors([held_out()])[:n]


def say(engine: ScriptedEngine, text: str, logprob: float = -0.01) -> None:
    tokens = [WrittenToken(len(text), logprob), WrittenToken(len(text) + 1, logprob)]
    engine.enqueue(text, tokens=tokens, finish=Finish.LINES)


async def run(
    engine: ScriptedEngine, file: Path, at: list[Cursor], pace: Pace | None = None
) -> list[Outcome]:
    with OutcomeLog(file, {"test": 1}, 384) as log:
        await evaluate(engine, SIDES, at, log, pace or Pace())
        return list(log.outcomes.values())


async def test_what_is_right_and_how_sure_it_was(tmp_path):
    (cursor,) = cursors(1)
    engine = ScriptedEngine()
    say(engine, cursor.truth, -0.01)
    say(engine, "nothing_like_it(", -3.0)
    right, wrong = await run(engine, tmp_path / "log", [cursor])
    assert (right.side, right.right, right.language, right.by) == ("base", True, "python", "file")
    assert (wrong.side, wrong.right) == ("candidate", False)
    assert 0 < wrong.chance < right.chance < 1


async def test_it_is_asked_as_completion_asks(tmp_path):
    at = cursors(2)
    engine = ScriptedEngine()
    await run(engine, tmp_path / "log", at)
    assert [request.project for request in engine.infills] == [*SIDES.values()] * 2
    for cursor, request in zip(at, engine.infills[::2], strict=True):
        place = cursor.place()
        assert place.prefix.endswith(request.prefix)
        assert place.suffix.startswith(request.suffix)
        assert request.prefix
        assert request.suffix
        assert (request.path, request.max_lines, request.max_tokens) == ("a.py", 1, 64)


async def test_who_says_nothing_has_no_chance(tmp_path):
    found = await run(ScriptedEngine("", "   "), tmp_path / "log", cursors(1))
    assert [(outcome.right, outcome.chance) for outcome in found] == [(False, 0.0)] * 2


async def test_a_line_that_needs_others_counts(tmp_path):
    text = "def number(value):\n    return [\n        value,\n    ]\n"
    at = draw_cursors([held_out(text=text)])
    cursor = next(each for each in at if each.line == 1)
    engine = ScriptedEngine()
    say(engine, cursor.truth)
    say(engine, cursor.truth)
    found = await run(engine, tmp_path / "log", [cursor])
    assert [outcome.right for outcome in found] == [True, True]


async def test_it_goes_on_where_it_was_and_asks_nothing_twice(tmp_path):
    at = cursors(4)
    engine = ScriptedEngine()
    asked: list[int] = []
    stopped = Pace(is_stopped=lambda: len(engine.requests) >= 3)
    assert len(await run(engine, tmp_path / "log", at, stopped)) == 3
    again = ScriptedEngine()
    heard = Pace(progress=lambda done, total: asked.append(done))
    assert len(await run(again, tmp_path / "log", at, heard)) == 8
    assert len(again.requests) == 5
    assert asked == [0, 1, 2, 3, 4]


async def test_no_cursor_is_begun_when_time_is_over(tmp_path):
    engine = ScriptedEngine()
    assert await run(engine, tmp_path / "log", cursors(), Pace(until_s=time.monotonic())) == []
    assert engine.requests == []


async def test_an_engine_that_fails_is_named_and_what_was_measured_is_kept(tmp_path):
    at = cursors(2)
    engine = ScriptedEngine("", "")
    engine.enqueue("", error=EngineError("It broke."))
    with pytest.raises(EngineError, match="It broke"):
        await run(engine, tmp_path / "log", at)
    assert len(await run(ScriptedEngine(), tmp_path / "log", at)) == 4


@pytest.mark.parametrize(
    ("prefill", "tokens"), [(0.0, 1_024), (10.0, 256), (200.0, 400), (100_000.0, 1_024)]
)
def test_prompts_are_as_long_as_completions_first_one(prefill, tokens):
    assert prompt_tokens(ScriptedEngine(speed=Speed(prefill, 10.0))) == tokens


async def test_all_sides_are_shown_the_same_whatever_was_asked_before(tmp_path):
    at = cursors(6)
    one, other = ScriptedEngine(), ScriptedEngine()
    await run(one, tmp_path / "one", at)
    await run(other, tmp_path / "other", at[::-1])
    shown = [[(each.prefix, each.suffix) for each in engine.infills] for engine in (one, other)]
    assert shown[0][::2] == shown[0][1::2]
    assert sorted(shown[0]) == sorted(shown[1])
