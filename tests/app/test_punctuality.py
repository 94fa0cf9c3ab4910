"""A verdict of "slow" takes minutes, and so does taking it back; nothing blinks."""

from __future__ import annotations

import random

import pytest

from ownstack.app.punctuality import Punctuality, in_time
from ownstack.completion.suggestion import CompletionRequest, Trace, Trigger
from ownstack.document import Document

DEADLINE_S = 0.4
QUICK = Trace(tier="model", source="model", text="return 1")
LATE = Trace(late=True, reason="The model was too slow this time.")
NOTHING = Trace(reason="Not sure enough.")


class Window:
    """A window in which answers come every `step_s` seconds."""

    def __init__(self, load: float = 0.5, processors: int = 4) -> None:
        self.now = 1_000.0
        self.load = load
        self.changes = 0
        self.punctuality = Punctuality(lambda: self.now, lambda: (self.load, processors))

    def answers(self, *traces: Trace, step_s: float = 5.0, taken_s: float = 0.1) -> None:
        for trace in traces:
            self.now += step_s
            self.changes += self.punctuality.note(trace, Trigger.AUTOMATIC, taken_s, DEADLINE_S)

    def problem(self, parameters: int | None = None) -> str:
        return self.punctuality.problem(parameters)


def test_a_busy_minute_is_no_verdict() -> None:
    """Ten late answers within a minute say nothing yet."""
    window = Window()

    window.answers(*[LATE] * 10)

    assert window.problem() == ""


def test_minutes_of_late_answers_are() -> None:
    """Then the load is named."""
    window = Window(load=6.24)

    window.answers(*[LATE] * 40)

    assert window.changes == 1
    assert window.problem() == (
        "Most suggestions of the last minutes came late. "
        "The machine is busy: its load is 6.2 on 4 processors."
    )


def test_no_alarm_while_suggestions_arrive() -> None:
    """Half of them late, for an hour: people see suggestions, and the status stays calm."""
    window = Window()
    drawn = random.Random(7)

    window.answers(*[drawn.choice([LATE, QUICK]) for _ in range(720)])

    assert window.changes == 0


@pytest.mark.parametrize("seed", range(6))
def test_it_does_not_blink(seed: int) -> None:
    """On the border, two hours of answers change the verdict a few times at most."""
    window = Window()
    drawn = random.Random(seed)

    window.answers(*[LATE if drawn.random() < 0.7 else QUICK for _ in range(1_440)])

    assert window.changes <= 4


def test_it_ends_with_five_in_a_row() -> None:
    """When suggestions arrive again, it is said at once."""
    window = Window()
    window.answers(*[LATE] * 40)

    window.answers(*[QUICK] * 5)

    assert window.problem() == ""
    window.answers(*[LATE] * 8)
    assert window.problem() == ""


def test_it_ends_when_nothing_was_asked_for_long() -> None:
    """What was before lunch says nothing about now."""
    window = Window()
    window.answers(*[LATE] * 40)

    window.now += 700

    assert window.problem() == ""
    window.answers(LATE)
    assert window.problem() == ""


@pytest.mark.parametrize(
    ("parameters", "load", "advised"),
    [
        (None, 0.5, False),
        (494_000_000, 0.5, False),
        (7_000_000_000, 0.5, True),
        (7_000_000_000, 9.0, False),
    ],
    ids=["built-in", "smallest", "large", "large, busy machine"],
)
def test_a_smaller_model_is_advised_where_there_is_one(
    parameters: int | None, load: float, advised: bool
) -> None:
    """Not to who has the smallest, and not if other programs are at fault."""
    window = Window(load=load)

    window.answers(*[LATE] * 40)

    assert ("fewer parameters" in window.problem(parameters)) == advised
    assert "load" in window.problem(parameters)


@pytest.mark.parametrize(
    ("trace", "trigger", "taken_s", "expected"),
    [
        (QUICK, Trigger.AUTOMATIC, 0.7, True),
        (QUICK, Trigger.AUTOMATIC, 0.9, False),
        (LATE, Trigger.AUTOMATIC, 2.0, False),
        (NOTHING, Trigger.AUTOMATIC, 0.1, None),
        (QUICK, Trigger.INVOKED, 1.5, None),
        (Trace(tier="typed-through", text="x"), Trigger.AUTOMATIC, 0.0, None),
        (Trace(tier="echo", text="x", late=True), Trigger.AUTOMATIC, 0.4, True),
    ],
)
def test_what_counts(trace: Trace, trigger: Trigger, taken_s: float, expected: bool | None) -> None:
    """A suggestion in time is one, whoever made it; a refusal says nothing about speed."""
    assert in_time(trace, trigger, taken_s, DEADLINE_S) is expected


def test_who_asks_again_has_waited_since_before() -> None:
    """At the same place of the same text; another key, place or text is another question."""
    punctuality = Punctuality()

    def asked(version: int, offset: int, uri: str = "file:///a.py") -> bool:
        document = Document(uri, "a.py", "python", version, "x = 1")
        request = CompletionRequest(document, offset, Trigger.AUTOMATIC)
        return punctuality.asks_again(request)

    assert [asked(1, 4), asked(1, 4), asked(1, 3), asked(2, 3), asked(2, 3, "file:///b.py")] == [
        False,
        True,
        False,
        False,
        False,
    ]
