"""Chances corrected by what this user kept and turned down."""

import contextlib
import math
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.completion.echo.logistic import log_odds
from ownstack.completion.feedback import signals
from ownstack.completion.feedback.own_calibration import (
    ALL_OUTCOMES,
    EVERY,
    HALF_LIFE_DAYS,
    LEAST_OUTCOMES,
    MAX_SHIFT,
    REACH,
    SLOPES,
    Correction,
    OwnCalibration,
    correction,
    corrections,
)
from ownstack.completion.feedback.signals import Judged, Kind, Offered, SignalLog
from ownstack.settings import CompletionSettings

CHANCES = st.floats(0.001, 0.999)
OUTCOMES = st.lists(
    st.builds(
        Judged,
        source=st.just("echo"),
        model=st.just(""),
        chance=CHANCES,
        right=st.booleans(),
        age_days=st.floats(0, 180),
    ),
    max_size=120,
)
CORRECTIONS = st.builds(
    Correction,
    slope=st.floats(*SLOPES),
    shift=st.floats(-MAX_SHIFT, MAX_SHIFT),
    lowest=st.floats(-5, 5),
)


def outcomes(n: int, n_right: int, chance: float = 0.5, age_days: float = 0.0) -> list[Judged]:
    return [Judged("echo", "", chance, i < n_right, age_days) for i in range(n)]


def learned(given: Iterable[Judged]) -> Correction:
    found = correction(list(given))
    assert found is not None
    return found


# The fit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chance", [0.5, 0.7, 0.9, 0.95])
def test_fifty_outcomes_move_it_half_way(chance: float) -> None:
    """Wherever they lie, if what became of them is not too far from what was promised."""
    true = log_odds(chance) - 0.8
    n_right = 5_000 / (1 + math.exp(-true))
    weighed = 50 / 5_000
    age_days = -HALF_LIFE_DAYS * math.log2(weighed)
    # Many old ones, which together weigh as much as fifty: the share comes out nearly exactly.
    found = learned(outcomes(5_000, round(n_right), chance, age_days))

    moved = log_odds(found.adjusted(chance)) - log_odds(chance)

    assert moved == pytest.approx(-0.4, abs=0.1)


def test_what_many_say_is_believed() -> None:
    """With a thousand outcomes the chance is nearly what became of them."""
    found = learned(outcomes(500, 150, 0.5) + outcomes(500, 350, 0.85))

    assert found.adjusted(0.5) == pytest.approx(0.3, abs=0.02)
    assert found.adjusted(0.85) == pytest.approx(0.7, abs=0.02)


def test_kept_promises_change_nothing() -> None:
    """What is right as often as it was promised stays as it is."""
    found = learned(outcomes(100, 50, 0.5) + outcomes(100, 80, 0.8))

    for chance in (0.4, 0.6, 0.9):
        assert found.adjusted(chance) == pytest.approx(chance, abs=0.01)


def test_few_outcomes_say_nothing() -> None:
    """Below thirty there is no correction, and right above it hardly one."""
    assert correction(outcomes(LEAST_OUTCOMES, 0)) is None

    just_enough = learned(outcomes(LEAST_OUTCOMES + 1, 0)).adjusted(0.5)
    assert 0.4 < just_enough < 0.5
    assert learned(outcomes(ALL_OUTCOMES, 0)).adjusted(0.5) < 0.3


def test_old_outcomes_fade() -> None:
    """A correction that nothing new supports goes back to none: what it hid is tried again."""
    shifts = []
    for age_days in (0, 30, 60, 90):
        shifts.append(learned(outcomes(400, 100, age_days=age_days)).adjusted(0.5))

    assert shifts == sorted(shifts)
    assert correction(outcomes(400, 100, age_days=150)) is None


def test_chances_that_were_never_seen_are_not_raised() -> None:
    """Lines that were right above 0.6 say little of what was hidden below it."""
    found = learned(outcomes(200, 195, 0.6))

    assert found.adjusted(0.6) > 0.8
    assert found.adjusted(0.1) == pytest.approx(0.1)
    assert 0.3 < found.adjusted(0.45) < 0.8


@given(OUTCOMES)
def test_corrections_are_bounded(given: list[Judged]) -> None:
    """Whatever became of suggestions."""
    found = correction(given)

    if found is None:
        return
    assert SLOPES[0] <= found.slope <= SLOPES[1]
    assert abs(found.shift) <= MAX_SHIFT
    assert 0 < found.adjusted(0.0) < found.adjusted(1.0) < 1


@given(CORRECTIONS, CHANCES, CHANCES)
def test_the_order_is_kept(found: Correction, one: float, other: float) -> None:
    """A chance that is greater stays so."""
    low, high = sorted((one, other))

    assert found.adjusted(low) <= found.adjusted(high)
    if log_odds(high) - log_odds(low) > 1e-6:
        assert found.adjusted(low) < found.adjusted(high)


@given(CORRECTIONS, st.sampled_from([0.2, 0.4, 0.65]))
def test_the_least_chance_is_the_one_that_counts_as_much(found: Correction, set_: float) -> None:
    """What a source must say is what counts as the user has set it."""
    assert found.adjusted(found.least(set_)) == pytest.approx(set_, abs=1e-4)


@given(CORRECTIONS, CHANCES)
def test_nothing_jumps(found: Correction, chance: float) -> None:
    """Log-odds that hardly differ are corrected to such that hardly differ."""
    here = log_odds(found.adjusted(chance))
    step = 0.01
    beside = 1 / (1 + math.exp(-(log_odds(chance) + step)))
    most = SLOPES[1] + (MAX_SHIFT + 10) / REACH

    assert abs(log_odds(found.adjusted(beside)) - here) <= most * step + 1e-9


@given(OUTCOMES)
def test_the_fit_is_the_best(given: list[Judged]) -> None:
    """No correction nearby explains the outcomes and the prior better."""
    outcomes = [replace(each, age_days=0.0) for each in given] * 2
    found = correction(outcomes)
    if found is None or len(outcomes) < ALL_OUTCOMES:
        return

    def cost(slope: float, shift: float) -> float:
        total = 12.5 * shift**2 / 2 + 36.0 * (slope - 1) ** 2 / 2
        for each in outcomes:
            x = slope * log_odds(each.chance) + shift
            total += math.log1p(math.exp(-x if each.right else x))
        return total

    best = cost(found.slope, found.shift)
    for more, up in ((0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.0, -0.02), (0.02, -0.02)):
        slope = min(SLOPES[1], max(SLOPES[0], found.slope + more))
        shift = min(MAX_SHIFT, max(-MAX_SHIFT, found.shift + up))
        assert best <= cost(slope, shift) + 1e-4


def test_makers_are_corrected_each_by_itself() -> None:
    """What one promised too much says nothing of another."""
    given = outcomes(100, 20) + [replace(each, source="model", model="tiny")
                                 for each in outcomes(100, 50)]  # fmt: skip
    few = [replace(each, source="model", model="large") for each in outcomes(10, 0)]

    found = corrections([*given, *few])

    assert set(found) == {("echo", ""), ("model", "tiny")}
    assert found["echo", ""].adjusted(0.5) < 0.4
    assert found["model", "tiny"].adjusted(0.5) == pytest.approx(0.5)


# From the log -----------------------------------------------------------------------------


class Learning:
    """A log, and what is learned from it."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000_000.0
        self.path = folder / "signals.sqlite"
        self.log = SignalLog(self.path, now=lambda: self.now)
        self.settings = CompletionSettings()
        self.own = OwnCalibration(self.log, lambda: self.settings)
        self.number = 0

    def happens(self, *kinds: Kind, chance: float | None = 0.5, tells: bool = True) -> None:
        """Show a suggestion, and let it end so; "kept-2m" is one that was gone by then."""
        self.number += 1
        id = f"s{self.number}"
        self.log.offered(Offered(id, "python", "echo", "builtin", "x", chance, tells))
        for kind in kinds:
            self.log.event(id, kind, 0.0)

    def adjusted(self, chance: float = 0.5) -> float:
        """Ask, wait until the log has been read, and ask again."""
        self.own.adjusted("echo", "", chance)
        self.log.totals()
        return self.own.adjusted("echo", "", chance)


@pytest.fixture
def learning(tmp_path: Path) -> Iterable[Learning]:
    made = Learning(tmp_path)
    yield made
    made.log.close()


Happening = Callable[[Learning], None]


@pytest.mark.parametrize(
    ("happening", "lowered"),
    [
        (lambda learning: learning.happens("rejected"), True),
        (lambda learning: learning.happens("partly"), True),
        (lambda learning: learning.happens("accepted", "kept-2m"), True),
        (lambda learning: learning.happens("accepted", "typed-through"), False),
        (lambda learning: learning.happens("typed-through"), False),
        (lambda learning: learning.happens(), None),
        (lambda learning: learning.happens("rejected", tells=False), None),
        (lambda learning: learning.happens("rejected", chance=None), None),
    ],
    ids=["rejected", "partly", "gone", "accepted", "typed", "left", "asked for", "no chance"],
)
def test_what_counts(learning: Learning, happening: Happening, lowered: bool | None) -> None:
    """Wrong is what was typed over or was soon gone; what was only glanced at says nothing."""
    for _ in range(60):
        happening(learning)

    adjusted = learning.adjusted()

    assert adjusted == 0.5 if lowered is None else (adjusted < 0.45) is lowered
    assert lowered is not False or adjusted > 0.55


def test_it_is_learned_anew_after_some_outcomes(learning: Learning) -> None:
    """Not with every key, which would read the log each time."""
    assert learning.adjusted() == 0.5
    for _ in range(EVERY - 1):
        learning.happens("rejected")
    assert learning.adjusted() == 0.5
    learning.happens("rejected")

    assert learning.adjusted() < 0.45


def test_the_next_window_knows_it(learning: Learning) -> None:
    """What was learned is in the log."""
    for _ in range(60):
        learning.happens("rejected")
    before = learning.adjusted()
    learning.own = OwnCalibration(learning.log, lambda: learning.settings)

    assert learning.adjusted() == before < 0.45


def test_it_can_be_switched_off(learning: Learning) -> None:
    """The setting holds at once, either way."""
    for _ in range(60):
        learning.happens("rejected")
    assert learning.adjusted() < 0.45
    learning.settings = CompletionSettings(learn_from_outcomes=False)

    assert learning.adjusted() == 0.5
    assert learning.own.matters("echo", "", 0.5) is None


def test_it_can_be_forgotten(learning: Learning) -> None:
    """A log that was cleared leaves no correction, and begins anew."""
    for _ in range(60):
        learning.happens("rejected")
    assert learning.adjusted() < 0.45
    learning.log.clear()

    assert learning.own.adjusted("echo", "", 0.5) == 0.5
    assert learning.adjusted() == 0.5
    assert learning.log.totals() == {}
    for _ in range(EVERY):
        learning.happens("accepted")
    assert learning.adjusted() > 0.55


def test_other_chances_teach_nothing(learning: Learning, monkeypatch: pytest.MonkeyPatch) -> None:
    """When chances come to mean something else, what was learned of the old ones is left out."""
    for _ in range(60):
        learning.happens("rejected")
    assert learning.adjusted() < 0.45
    monkeypatch.setattr(signals, "CALIBRATION", signals.CALIBRATION + 1)
    learning.own = OwnCalibration(learning.log, lambda: learning.settings)

    assert learning.adjusted() == 0.5


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE event SET at = 'soon'",
        "UPDATE event SET value = 'much'",
        "UPDATE suggestion SET confidence = 'high'",
        "UPDATE suggestion SET confidence = x'00'",
        "UPDATE suggestion SET confidence = 9e999",
        "UPDATE suggestion SET source = x'ff', model = 7",
        "UPDATE suggestion SET at = x'00'",
    ],
)
def test_rows_that_are_no_outcomes_teach_nothing(learning: Learning, damage: str) -> None:
    """Anything may stand in a file: what makes sense of it is still learned, and kept."""
    for _ in range(60):
        learning.happens("rejected", chance=0.9)
    learning.log.totals()
    with contextlib.closing(sqlite3.connect(learning.path)) as db, db:
        db.execute(damage)
    for _ in range(60):
        learning.happens("rejected")

    assert 0.0 < learning.adjusted() < 0.45
    assert not learning.log.problem


def test_a_closed_log_leaves_what_is_known(learning: Learning) -> None:
    """Nothing is raised at a key."""
    for _ in range(60):
        learning.happens("rejected")
    known = learning.adjusted()
    for _ in range(EVERY):
        learning.happens("accepted")
    learning.log.close()

    assert learning.own.adjusted("echo", "", 0.5) == known


def test_it_says_when_it_matters(learning: Learning) -> None:
    """Not of a chance that it hardly changes."""
    for _ in range(100):
        learning.happens("rejected")
    learning.adjusted()

    assert learning.own.matters("echo", "", 0.5) == learning.own.adjusted("echo", "", 0.5)
    assert learning.own.matters("echo", "", 0.001) is None
    assert learning.own.matters("model", "tiny", 0.5) is None
