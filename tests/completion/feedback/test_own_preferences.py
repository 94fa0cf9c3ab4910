"""What a window knows of lines: from the log of older processes, and as it happens."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ownstack import database
from ownstack.completion.echo.preferences import Outcome, Preferences, Subject, traits
from ownstack.completion.feedback import signals
from ownstack.completion.feedback.own_calibration import OwnCalibration
from ownstack.completion.feedback.own_preferences import OwnPreferences, right
from ownstack.completion.feedback.signals import Kind, Offered, SignalLog
from ownstack.settings import CompletionSettings

SUBJECT = Subject("compute(amount)", "value = ", "file:///p/a.py", "file:///p/b.py")
NOW = 1_000_000_000.0


class Learning:
    """A log, and windows over it."""

    def __init__(self, path: Path) -> None:
        self.now = NOW
        self.log = SignalLog(path, now=lambda: self.now)
        self.count = 0

    def window(self) -> OwnPreferences:
        made = OwnPreferences(
            self.log, CompletionSettings, OwnCalibration(self.log, CompletionSettings)
        )
        made._ready()
        self.log.totals()
        return made

    def happen(self, *kinds: Kind, tells: bool = True, value: float = 1.0) -> None:
        self.count += 1
        id = f"{self.count}"
        self.log.offered(
            Offered(id, "python", "echo", "", SUBJECT.text, 0.6, tells, subject=SUBJECT)
        )
        for kind in kinds:
            self.log.event(id, kind, value)


@pytest.fixture
def learning(tmp_path: Path) -> Iterator[Learning]:
    made = Learning(tmp_path / "signals.sqlite")
    yield made
    made.log.close()


def shift(window: OwnPreferences, subject: Subject = SUBJECT) -> float:
    known = window._ready()
    assert known is not None
    key, preferences = known
    return preferences.of(traits(subject, key), NOW).shift


@pytest.mark.parametrize(
    ("kinds", "sign"),
    [
        (("accepted",), 1),
        (("typed-through",), 1),
        (("rejected",), -1),
        (("partly",), 0),
        ((), 0),
    ],
)
def test_an_outcome_counts_at_once_and_in_the_next_process(
    learning: Learning, kinds: tuple[Kind, ...], sign: int
) -> None:
    """Both come to the same."""
    window = learning.window()
    learning.happen(*kinds)
    at_once = shift(window)
    learning.log.totals()

    later = shift(learning.window())

    assert at_once == pytest.approx(later)
    assert (at_once > 0) - (at_once < 0) == sign


def test_what_is_kept_long_counts_more_and_what_is_removed_less(learning: Learning) -> None:
    """Also in the next process."""
    window = learning.window()
    learning.happen("accepted")
    accepted = shift(window)
    learning.log.event("1", "kept-30s", 1.0)
    learning.log.event("1", "kept-2m", 1.0)
    assert shift(window) == accepted
    learning.log.event("1", "kept-10m", 1.0)
    kept = shift(window)

    assert kept > accepted
    assert shift(learning.window()) == pytest.approx(kept)

    learning.log.clear()
    learning.happen("accepted")
    learning.log.event("2", "kept-2m", 0.0)
    learning.log.event("2", "kept-10m", 0.0)
    gone = shift(window)

    assert gone < 0
    assert shift(learning.window()) == pytest.approx(gone)


def test_windows_of_one_process_learn_from_each_other(learning: Learning) -> None:
    """And one that is closed hears no more."""
    first, second = learning.window(), learning.window()
    learning.happen("accepted")
    assert shift(first) == shift(second) > 0
    first.close()
    learning.happen("accepted")

    assert shift(second) > shift(first)


def test_what_happens_while_the_log_is_read_is_not_lost(learning: Learning) -> None:
    """Nor counted twice."""
    window = OwnPreferences(
        learning.log, CompletionSettings, OwnCalibration(learning.log, CompletionSettings)
    )
    learning.happen("accepted")
    window._ready()
    learning.now += 0.001  # What comes later may be written before the log is read.
    learning.happen("accepted")
    learning.log.totals()

    assert shift(window) == pytest.approx(shift(learning.window()))


def test_clearing_forgets(learning: Learning) -> None:
    window = learning.window()
    learning.happen("accepted")
    learning.log.clear()

    assert shift(window) == shift(learning.window()) == 0.0


@pytest.mark.parametrize(
    ("kind", "tells", "expected"),
    [
        ("accepted", False, True),
        ("rejected", False, None),
        ("rejected", True, False),
        ("shown", True, None),
    ],
)
def test_who_asked_turns_nothing_down(kind: Kind, tells: bool, expected: bool | None) -> None:
    assert right(kind, tells) is expected


def test_a_chance_is_taken_without_what_was_learned(learning: Learning) -> None:
    """So that learning does not learn from itself."""
    window = learning.window()
    raised = Offered("x", "python", "echo", "", SUBJECT.text, 0.8, subject=SUBJECT, shift=0.9808)
    learning.log.offered(raised)
    learning.log.event("x", "rejected")
    expected = Preferences()
    expected.learn(Outcome(traits(SUBJECT, b"k"), 0.6, False, NOW))

    assert shift(window) == pytest.approx(expected.of(traits(SUBJECT, b"k"), NOW).shift, abs=0.001)


def test_an_older_file_is_read(tmp_path: Path) -> None:
    """Its suggestions have no traits, and teach nothing of lines."""
    path = tmp_path / "signals.sqlite"
    db = sqlite3.connect(path)
    database.migrate(db, signals._MIGRATIONS[:2])
    with db:
        db.execute(
            f"INSERT INTO suggestion VALUES ('a', {NOW}, 'python', 'echo', '', 3, 1, 0.5, x'00', 1)"
        )
        db.execute(f"INSERT INTO event VALUES ('a', {NOW}, 'accepted', 3)")
    db.close()
    learning = Learning(path)

    assert shift(learning.window()) == 0.0
    learning.happen("accepted")
    assert learning.log.totals() == {"shown": 1, "accepted": 2}
    assert shift(learning.window()) > 0
    learning.log.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE suggestion SET traits = 'a text'",
        "UPDATE suggestion SET traits = x'00'",
        "UPDATE suggestion SET traits = zeroblob(1000000)",
        "UPDATE suggestion SET traits = NULL",
        "UPDATE event SET at = 'never'",
        "UPDATE event SET at = 1e300",
    ],
)
def test_what_is_no_outcome_is_passed_over(learning: Learning, damage: str) -> None:
    """A column may hold anything."""
    learning.happen("accepted")
    learning.log.totals()
    db = sqlite3.connect(learning.log._database._path)
    with db:
        db.execute(damage)
    db.close()

    assert shift(learning.window()) == 0.0


@pytest.mark.parametrize("column", ["confidence", "shift", "model", "source"])
def test_odd_values_do_no_harm(learning: Learning, column: str) -> None:
    """What is promised is taken as even then, what is shifted as nothing."""
    learning.happen("accepted")
    learning.log.totals()
    db = sqlite3.connect(learning.log._database._path)
    for value in ("'a text'", "x'0001'", "9e999", "-9e999"):
        with db:
            db.execute(f"UPDATE suggestion SET {column} = {value}")
        assert shift(learning.window()) > 0
    db.close()


def test_other_lines_are_not_touched(learning: Learning) -> None:
    window = learning.window()
    learning.happen("accepted")

    assert shift(window, replace(SUBJECT, text="other()", head="x = ", origin="")) == 0.0
