"""How long an answer may take."""

from ownstack.completion.deadline import HARD_FACTOR, limits
from ownstack.completion.extent import Extent
from ownstack.completion.suggestion import Trigger
from ownstack.engine.results import Speed

LINE, BLOCK = Extent(1, None, "line"), Extent(12, 4, "block")
FAST, SLOW = Speed(2_000, 200), Speed(50, 5)


def test_what_has_passed_is_taken_off() -> None:
    """The first line is due counted from the key, not from the engine's start."""
    early = limits(LINE, Trigger.AUTOMATIC, deadline_ms=400, elapsed_s=0.0, speed=FAST)
    late = limits(LINE, Trigger.AUTOMATIC, deadline_ms=400, elapsed_s=0.3, speed=FAST)

    assert round(early.first_line_s - late.first_line_s, 6) == 0.3
    assert round(early.deadline_s, 6) == round(0.4 * HARD_FACTOR, 6)


def test_a_deadline_that_is_over_still_leaves_a_moment() -> None:
    """Zero or less would mean no answer at all."""
    found = limits(LINE, Trigger.AUTOMATIC, deadline_ms=50, elapsed_s=9.0, speed=FAST)

    assert 0 < found.first_line_s < found.deadline_s


def test_tokens_follow_the_measured_speed() -> None:
    """A slow model is asked for what it can write in time, a fast one for all the lines."""
    slow = limits(BLOCK, Trigger.AUTOMATIC, deadline_ms=400, elapsed_s=0.0, speed=SLOW)
    fast = limits(BLOCK, Trigger.AUTOMATIC, deadline_ms=400, elapsed_s=0.0, speed=FAST)

    assert slow.max_tokens == 12
    assert fast.max_tokens == 480


def test_an_unmeasured_speed_is_no_obstacle() -> None:
    """Before anything was measured, the extent decides."""
    found = limits(LINE, Trigger.AUTOMATIC, deadline_ms=400, elapsed_s=0.0, speed=Speed(0, 0))

    assert found.max_tokens == 64


def test_who_asks_waits_longer() -> None:
    """An explicit request has more time."""
    auto = limits(BLOCK, Trigger.AUTOMATIC, deadline_ms=400, elapsed_s=0.0, speed=FAST)
    invoked = limits(BLOCK, Trigger.INVOKED, deadline_ms=400, elapsed_s=0.0, speed=FAST)

    assert invoked.first_line_s > auto.first_line_s
