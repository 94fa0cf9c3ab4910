"""The parts of compaction: limits, masks, cuts, caps, the breaker, summaries by quotation."""

import pytest

from ownstack.errors import ContextOverflowError
from ownstack.memory import events
from ownstack.memory.compaction.breaker import Breaker
from ownstack.memory.compaction.capping import capped
from ownstack.memory.compaction.extractive import extract
from ownstack.memory.compaction.limits import Limits
from ownstack.memory.compaction.masking import maskable
from ownstack.memory.compaction.plan import plan, tail_start
from ownstack.memory.conversation import fold
from ownstack.memory.prompt import Tokens
from tests.support.conversations import Log, Words, long_log

COUNT = Words().count


@pytest.mark.parametrize(
    ("window", "reserve", "usable", "summary"),
    [(4_096, 512, 3_456, 276), (8_192, 1_024, 7_040, 563), (131_072, 4_096, 126_848, 1_536)],
)
def test_limits_follow_the_window(window, reserve, usable, summary):
    limits = Limits.of(window)
    assert (limits.reserve, limits.usable, limits.summary) == (reserve, usable, summary)
    assert limits.background < limits.required < limits.usable
    kept = limits.tail + limits.user + limits.ledger + limits.summary
    assert kept < 0.5 * limits.usable
    # A summary is asked for when the window is as full as it may be.
    assert limits.required + limits.summary + 300 < window


def test_a_window_that_is_too_small_is_refused():
    with pytest.raises(ContextOverflowError, match=r"larger context"):
        Limits.of(512)


def test_only_output_that_is_longer_than_its_handle_is_masked():
    log = Log()
    log.user("Look", context="line of code\n" * 60)
    short = log.tool("run", "ok")
    long = log.tool("run", "line\n" * 200, command="make", exit_code=2)
    assert maskable(log.events, COUNT) == {log.events[0].id, long.id}
    assert short.id not in maskable(log.events, COUNT)


def test_the_tail_never_parts_a_call_from_its_result():
    log = long_log(12)
    state = fold(log.events)
    for window in (1_024, 2_048, 4_096, 8_192):
        start = tail_start(state, Limits.of(window), Tokens(Words()))
        tail = state.history[start:]
        assert tail
        calls = [event.data["call"] for event in tail if event.kind == "tool_call"]
        results = [event.data["call"] for event in tail if event.kind == "tool_result"]
        assert calls == results


def test_parallel_calls_are_one_group_and_calls_one_after_another_are_not():
    log = Log()
    log.user("Go")
    for call in ("a", "b"):
        log.add(events.tool_call(log.stamp(), call, "read", "{}"))
    for call in ("a", "b"):
        log.add(events.tool_result(log.stamp(), call, "read", "text " * 200))
    log.tool("read", "more " * 100)
    start = tail_start(fold(log.events), Limits.of(1_024), Tokens(Words()))
    assert start == 5


def test_the_newest_user_message_is_kept_whatever_its_size():
    log = long_log(6)
    newest = log.user("really " * 900)
    for _ in range(6):
        log.tool("read", "text " * 300)
    cut = plan(fold(log.events), Limits.of(4_096), Tokens(Words()))
    assert newest.id in cut.kept


def test_a_message_that_was_repeated_is_kept_once():
    log = Log()
    for _ in range(30):
        log.user("/exit")
        log.says("Good bye to you. " * 20)
    cut = plan(fold(log.events), Limits.of(2_048), Tokens(Words()))
    assert len(cut.kept) == 1


@pytest.mark.parametrize("text", ["line\n" * 4_000, "x" * 2_000_000, "日本" * 9_000])
def test_a_result_is_capped_with_both_its_ends(text):
    shown = capped(text, 200, lambda t: len(t) // 2 + 1, handle="file:1")
    assert len(shown) // 2 + 1 <= 200
    assert shown.startswith(text[:20])
    assert shown.endswith(text[-20:])
    assert "file:1" in shown
    assert capped("short", 200, COUNT, handle="file:1") == "short"


def test_a_breaker_opens_at_three_failures_in_a_row_and_says_why():
    breaker = Breaker("Compaction")
    for why in ("a", "b"):
        breaker.failed(why)
    breaker.succeeded()
    for why in ("c", "d", "it found nothing."):
        assert not breaker.is_open
        breaker.failed(why)
    assert (
        breaker.why == "Compaction failed 3 times in a row, the last time since it found nothing."
    )


def test_what_was_wanted_decided_and_forbidden_is_quoted_in_the_budget():
    log = Log()
    log.user("Build a parser for dates. It must never use eval.")
    for number in range(30):
        log.user(f"Item {number} of the list please")
        log.says(f"Let's go with plan {number}. " + "Words and words. " * 30)
    summary = extract(log.events, 150, COUNT)
    assert COUNT(summary.text) <= 150
    assert ("Goal", "Build a parser for dates.") in summary.lines
    assert ("Constraints", "It must never use eval.") in summary.lines
    focused = extract(log.events, 150, COUNT, focus="plan 7")
    assert "plan 7" in focused.text


def test_what_a_model_summed_up_comes_first_and_is_not_said_twice():
    log = Log()
    log.user("Build a parser for dates. It must never use eval.")
    said = (("Goal", "a date parser"), ("Constraints", "It must never use eval."))
    summary = extract(log.events, 80, COUNT, said=said)
    assert summary.lines[0] == ("Goal", "a date parser")
    assert [line for _, line in summary.lines].count("It must never use eval.") == 1
