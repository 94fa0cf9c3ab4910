"""Edits: what a model is asked, what of its drafts is shown, and what is said if none may be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ownstack.actions import edit
from ownstack.actions.checks.check import Check, Draft
from ownstack.actions.edit import MAX_ROUNDS, EditMaker
from ownstack.actions.result import EditProgress
from ownstack.actions.target import Target, target_of
from ownstack.actions.wish import Wish
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Finish
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EditError
from ownstack.languages import language_of
from ownstack.text import Span

FILE = """import os


def total(prices):
    result = 1
    for price in prices:
        result += price
    return result


def name():
    return os.name
"""
RIGHT = "```python\ndef total(prices):\n    return sum(prices)\n```"
MOST = 6
"""Drafts that three rounds have at most."""
WRONG = "```python\ndef total(prices):\n    return 0\n```"


class Says:
    """A checker that fails drafts in which a word stands."""

    def __init__(self, word: str, *, is_required: bool = False, name: str = "words") -> None:
        self.word, self.is_required, self.name = word, is_required, name
        self.seen: list[str] = []

    async def check(self, draft: Draft) -> Check:
        self.seen.append(draft.replacement)
        failed = self.word in draft.replacement
        return Check(self.name, "failed" if failed else "passed", f"It says {self.word!r}.")


def _target(text: str = FILE, at: str = "result") -> Target:
    offset = text.index(at)
    return target_of(text, "shop.py", language_of("", "shop.py", text), Span(offset, offset))


def _asked(engine: ScriptedEngine) -> list[ChatRequest]:
    return [request for request in engine.requests if isinstance(request, ChatRequest)]


async def _make(
    engine: ScriptedEngine, *checkers: Says, hear: Callable[[EditProgress], None] | None = None,
    wish: Wish | None = None,
):  # type: ignore[no-untyped-def]  # fmt: skip
    wish = wish or Wish(_target(), "Begin with zero.")
    return await EditMaker(engine, checkers).make(wish, "hash", hear or (lambda progress: None))


async def test_a_right_draft_is_taken_at_once() -> None:
    engine = ScriptedEngine(RIGHT)
    made = await _make(engine, Says("result"))
    assert made.after == FILE.replace(FILE[FILE.index("def total") : FILE.index("\n\n\ndef name")],
                                      "def total(prices):\n    return sum(prices)")  # fmt: skip
    assert (made.rounds, made.drafts, made.proposal.base_hash) == (1, 1, "hash")
    assert [check.state for check in made.checks] == ["passed"]
    assert len(engine.requests) == 1


async def test_the_model_reads_the_lines_and_what_is_wished() -> None:
    engine = ScriptedEngine(RIGHT)
    await _make(engine)
    (request,) = _asked(engine)
    assert "def total(prices):\n    result = 1" in request.messages[-1].text
    assert request.messages[-1].text.endswith("Begin with zero.")
    assert request.grammar is not None
    assert request.grammar.startswith('root ::= "```python\\n"')
    assert request.temperature == 0.0


async def test_what_fails_goes_back_to_the_model() -> None:
    engine = ScriptedEngine(WRONG, RIGHT)
    made = await _make(engine, Says("return 0"))
    assert "sum(prices)" in made.after
    again = _asked(engine)[1].messages
    assert again[-2].text == WRONG
    assert "words: It says 'return 0'." in again[-1].text
    assert (made.rounds, made.drafts) == (2, 2)


async def test_what_fails_is_shown_when_nothing_better_came() -> None:
    engine = ScriptedEngine(*[WRONG] * MOST)
    made = await _make(engine, Says("return 0"))
    assert [check.state for check in made.checks] == ["failed"]
    assert made.rounds == MAX_ROUNDS
    assert made.drafts == 5


@pytest.mark.parametrize(("why", "listed"), [("", []), ("It takes too long.", ["tests"])])
async def test_a_check_that_has_nothing_to_say_is_not_listed(why: str, listed: list[str]) -> None:
    """It does not apply to such an edit; one that was skipped for a reason says it."""

    class Skips:
        name, is_required = "tests", False

        async def check(self, draft: Draft) -> Check:
            return Check(self.name, "skipped", why)

    made = await EditMaker(ScriptedEngine(RIGHT), [Skips(), Says("result")]).make(
        Wish(_target(), "Begin with zero."), ""
    )

    assert [check.name for check in made.checks] == [*listed, "words"]


async def test_a_draft_that_fails_a_required_check_is_never_shown() -> None:
    engine = ScriptedEngine(*[WRONG] * MOST)
    with pytest.raises(EditError, match="It says 'return 0'"):
        await _make(engine, Says("return 0", is_required=True))


async def test_the_draft_that_passes_most_is_shown() -> None:
    middle = "```python\ndef total(prices):\n    return 0 + prices\n```"
    engine = ScriptedEngine(WRONG, middle, *[WRONG] * MOST)
    made = await _make(
        engine, Says("return 0\x00"), Says("return 0"), Says("prices):\n    return 0")
    )
    assert "return 0" in made.after
    failed = [check.state for check in made.checks].count("failed")
    assert failed == 2


async def test_the_same_draft_is_checked_once() -> None:
    engine = ScriptedEngine(*[WRONG] * MOST)
    checker = Says("return 0")
    await _make(engine, checker)
    assert len(checker.seen) == 1


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([""], "no code"),
        (["I cannot do that."], "no code"),
        (["```python\ndef total(prices):\n    result = 1\n"], "in the middle"),
    ],
)
async def test_a_model_that_gives_no_code(answers: Sequence[str], said: str) -> None:
    engine = ScriptedEngine(*answers * MOST)
    with pytest.raises(EditError, match=said):
        await _make(engine)


async def test_an_answer_that_was_cut_off_is_none() -> None:
    engine = ScriptedEngine()
    for _ in range(MOST):
        engine.enqueue(RIGHT, finish=Finish.LENGTH)
    with pytest.raises(EditError, match="cut off"):
        await _make(engine)


async def test_lines_as_they_were_are_no_edit() -> None:
    target = _target()
    engine = ScriptedEngine(*[f"```python\n{target.code}\n```"] * MOST)
    with pytest.raises(EditError, match="nothing is changed"):
        await _make(engine)


async def test_what_is_wrong_with_the_lines_is_told_where_they_are_mended() -> None:
    engine = ScriptedEngine(RIGHT)
    wish = Wish(_target(), "Mend it.", is_mending=True)
    await _make(engine, Says("result = 1"), wish=wish)
    assert "It says 'result = 1'." in _asked(engine)[0].messages[-1].text


async def test_progress_is_told_in_its_order() -> None:
    engine = ScriptedEngine()
    engine.enqueue(["```py", "thon\ndef total(prices):\n", "    return sum(prices)\n", "``", "`"])
    heard: list[EditProgress] = []
    await _make(engine, Says("result"), hear=heard.append)
    stages = [progress.stage for progress in heard]
    assert stages[0] == "waiting"
    assert stages[-1] == "checking"
    texts = [progress.text for progress in heard if progress.stage == "writing"]
    assert texts[0] == "```py"
    assert texts[-1] == RIGHT


async def test_a_target_that_no_window_holds_is_refused_before_a_model_is_asked() -> None:
    engine = ScriptedEngine(RIGHT, context_tokens=512)
    text = "def f():\n" + "    call()\n" * 1_000
    with pytest.raises(EditError, match="too many for scripted"):
        await _make(engine, wish=Wish(_target(text, "call"), "Shorten it."))
    assert not engine.requests


async def test_being_cancelled_cancels_the_model() -> None:
    engine = ScriptedEngine()
    engine.enqueue(RIGHT, gate=asyncio.Event())
    task = asyncio.ensure_future(_make(engine))
    while not engine.streams:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.streams[0].cancelled


async def test_no_draft_is_begun_when_the_time_is_over() -> None:
    engine = ScriptedEngine(*[WRONG] * MOST)
    made = await EditMaker(engine, (Says("return 0"),), max_seconds=0.0).make(
        Wish(_target(), "Begin with zero."), ""
    )
    assert len(engine.requests) == 1
    assert made.drafts == 1


async def test_nothing_that_takes_long_stops_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long file, parsing a draft and comparing it take a second each."""
    threads = set()

    def noted(work: Callable[..., Any]) -> Callable[..., Any]:
        def beside(*arguments: Any) -> Any:
            threads.add(threading.get_ident())
            return work(*arguments)

        return beside

    monkeypatch.setattr(edit, "replacement", noted(edit.replacement))
    monkeypatch.setattr(edit, "proposal", noted(edit.proposal))
    monkeypatch.setattr(edit.prompt, "messages", noted(edit.prompt.messages))

    await _make(ScriptedEngine(RIGHT))

    assert threads
    assert threading.get_ident() not in threads
