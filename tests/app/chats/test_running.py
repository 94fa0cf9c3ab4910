"""A running answer is told in pieces that fit together, and says how long reading goes on."""

import asyncio
from typing import Any

from ownstack.app.chats import running
from ownstack.app.chats.running import RunningAnswer
from ownstack.app.chats.values import ChatDelta, ChatProgress, ChatSteps
from ownstack.chat.tool_loop import Step
from ownstack.engine.messages import ToolCallPart


def deltas(told: list[Any]) -> list[tuple[int, str, bool]]:
    return [
        (news.offset, news.text, news.reasoning) for news in told if isinstance(news, ChatDelta)
    ]


async def test_pieces_are_gathered_and_their_places_counted_as_javascript_does() -> None:
    """The first comes at once; another kind, or somebody who joins, has the rest told before."""
    told: list[Any] = []
    answer = RunningAnswer("s", "q", "Hi?", told.append)

    for piece in ("a\U0001f600", "b", "c"):
        answer.add(piece, False)
    answer.add("thought", True)
    answer.add("d", False)
    so_far = answer.so_far()

    assert deltas(told) == [
        (0, "a\U0001f600", False),
        (3, "bc", False),
        (0, "thought", True),
        (5, "d", False),
    ]
    assert (so_far.answer, so_far.reasoning) == ("a\U0001f600bcd", "thought")


async def test_what_waits_is_told_by_itself() -> None:
    heard = asyncio.Event()
    told: list[Any] = []

    def tell(news: Any) -> None:
        told.append(news)
        if len(deltas(told)) == 2:
            heard.set()

    answer = RunningAnswer("s", "q", "Hi?", tell)
    answer.add("a", False)
    answer.add("b", False)
    await asyncio.wait_for(heard.wait(), 60)

    assert deltas(told) == [(0, "a", False), (1, "b", False)]


async def test_a_thousand_words_on_progress_are_few_messages(monkeypatch: Any) -> None:
    """Each new phase is told at once, and so is the end of reading."""
    clock = iter(range(1_000_000))
    monkeypatch.setattr(running.time, "monotonic", lambda: next(clock) * 0.001)
    told: list[ChatProgress] = []
    answer = RunningAnswer("s", "q", "Hi?", told.append)  # type: ignore[arg-type]

    answer.phase("searching")
    for done in range(1_000):
        answer.phase("reading", done, 1_000, speed=10.0)
    answer.phase("reading", 1_000, 1_000)

    assert [news.phase for news in told[:2]] == ["searching", "reading"]
    assert len(told) < 30
    assert told[1].left_ms == 100_000.0
    assert told[5].left_ms is not None
    assert told[5].left_ms < 2_000  # A token a millisecond, as measured since.
    assert (told[-1].done, told[-1].left_ms) == (1_000, 0.0)


async def test_without_a_speed_nothing_is_promised() -> None:
    told: list[Any] = []
    answer = RunningAnswer("s", "q", "Hi?", told.append)

    answer.phase("reading", 0, 100)
    answer.phase("reading", 0, 0)

    assert [news.left_ms for news in told] == [None]


def test_steps_are_told_as_they_run_and_cut() -> None:
    """All of them each time; the whole result is in the turn afterwards."""
    told: list[Any] = []
    answer = RunningAnswer("s", "q", "Hi?", told.append)
    first, second = (ToolCallPart(name, "read", "{}") for name in ("c1", "c2"))

    answer.step(Step(first, "", "runs"))
    answer.step(Step(first, "", "done", "x" * 99_999))
    answer.step(Step(second, "", "failed", "no such file"))

    steps = [news.steps for news in told if isinstance(news, ChatSteps)]
    assert [[(step.call, len(step.text), step.ok) for step in each] for each in steps] == [
        [("c1", 0, True)],
        [("c1", running.MAX_STEP_CHARS, True)],
        [("c1", running.MAX_STEP_CHARS, True), ("c2", 12, False)],
    ]
    assert answer.progress.phase == "looking"
    assert answer.so_far().steps == steps[-1]


async def test_reading_after_a_tool_is_estimated_anew(monkeypatch: Any) -> None:
    clock = iter(range(1_000_000))
    monkeypatch.setattr(running.time, "monotonic", lambda: float(next(clock)))
    told: list[Any] = []
    answer = RunningAnswer("s", "q", "Hi?", told.append)

    answer.phase("reading", 0, 100, 10.0)
    answer.phase("looking")
    answer.phase("reading", 50, 100, 10.0)

    assert [news.left_ms for news in told] == [10_000.0, None, 5_000.0]
