"""What is learned of lines that were kept and turned down."""

import math
from dataclasses import dataclass, replace

import pytest

from ownstack.completion.echo.preferences import (
    HALF_LIFE_S,
    MAX_HELD,
    MAX_SHIFT,
    NOTHING_LEARNED,
    TRAITS_BYTES,
    UNKNOWN,
    Outcome,
    Preference,
    Preferences,
    Subject,
    preferred,
    traits,
    why_first,
)

KEY = b"0123456789abcdef"
HERE = Subject("compute(amount)", "value = ", "file:///p/a.py")
ELSEWHERE = replace(HERE, document="file:///p/b.py", head="    return ")
OTHER = replace(ELSEWHERE, text="unrelated[0]")


def after(*rights: bool, subject: Subject = HERE, chance: float = 0.6) -> Preferences:
    learned = Preferences()
    for right in rights:
        learned.learn(Outcome(traits(subject, KEY), chance, right, 0.0))
    return learned


def shift(learned: Preferences, subject: Subject = HERE, now: float = 0.0) -> float:
    return learned.of(traits(subject, KEY), now).shift


def test_one_outcome_moves_little_and_several_clearly() -> None:
    """A line that was turned down once is still shown at even odds, after five times it is not."""
    once, often = shift(after(False)), shift(after(*[False] * 5))

    assert -0.8 < once < -0.3
    assert -MAX_SHIFT <= often < -1.2
    assert Preference(once).moved(0.6) > 0.4
    assert Preference(often).moved(0.6) < 0.3


def test_kept_lines_gain() -> None:
    assert 0.2 < shift(after(True)) < shift(after(True, True, True)) <= MAX_SHIFT


def test_it_is_bounded() -> None:
    """However often a line was turned down, one that is nearly certain is still shown."""
    learned = after(*[False] * 1_000)

    assert shift(learned) == -MAX_SHIFT
    assert learned.of(traits(HERE, KEY), 0.0).moved(0.95) > 0.75
    assert shift(after(*[True] * 1_000)) <= MAX_SHIFT
    assert Preference(MAX_SHIFT).moved(0.05) < 0.2


def test_what_was_expected_teaches_nothing() -> None:
    """Kept six times of ten at a chance of 0.6 is what was promised."""
    assert shift(after(*[True] * 6, *[False] * 4)) == pytest.approx(0.0, abs=1e-9)


def test_a_text_that_is_turned_down_at_one_place_stays_at_others() -> None:
    """Elsewhere it counts less; another text does not count at all."""
    learned = after(False, False)

    assert shift(learned) < 2 * shift(learned, ELSEWHERE) < 0
    assert Preference(shift(learned, ELSEWHERE)).moved(0.6) > 0.45
    assert shift(learned, OTHER) == 0.0


def test_here_is_told_from_elsewhere() -> None:
    learned = after(True, True)

    assert learned.of(traits(HERE, KEY), 0.0).here
    assert not learned.of(traits(ELSEWHERE, KEY), 0.0).here


def test_a_file_counts_for_all_its_lines() -> None:
    """Lines of a file whose lines are always turned down go down, others of its folder a little."""
    bad = replace(HERE, origin="file:///p/generated/x.py")
    learned = Preferences()
    for number in range(20):
        subject = replace(bad, text=f"row_{number}()", head=f"x{number} = ")
        learned.learn(Outcome(traits(subject, KEY), 0.6, False, 0.0))
    same_file = replace(OTHER, origin="file:///p/generated/x.py")
    same_folder = replace(OTHER, origin="file:///p/generated/y.py")

    assert shift(learned, same_file) < shift(learned, same_folder) < 0
    assert shift(learned, replace(OTHER, origin="file:///p/z.py")) == 0.0


def test_outcomes_fade() -> None:
    """After a half-life they count half, after a year nothing; a clock set back is no age."""
    learned = after(False, False)
    fresh = shift(learned)

    assert fresh < shift(learned, now=HALF_LIFE_S) < fresh / 3
    assert shift(learned, now=365 * 86_400.0) == pytest.approx(0.0, abs=0.001)
    assert shift(learned, now=-HALF_LIFE_S) == fresh


def test_the_order_of_outcomes_does_not_matter() -> None:
    """What the file tells later is worth what it was worth when it happened."""
    found = traits(HERE, KEY)
    outcomes = [Outcome(found, 0.6, n % 3 == 0, n * HALF_LIFE_S / 4) for n in range(8)]
    first, second = Preferences(), Preferences()
    for outcome in outcomes:
        first.learn(outcome)
    for outcome in reversed(outcomes):
        second.learn(outcome)

    now = 3 * HALF_LIFE_S
    assert first.of(found, now).shift == pytest.approx(second.of(found, now).shift)


def test_what_was_learned_can_be_taken_back() -> None:
    learned = after(True)
    learned.learn(Outcome(traits(HERE, KEY), 0.6, True, 0.0, weight=-1.0))

    assert shift(learned) == pytest.approx(0.0, abs=1e-9)


def test_memory_is_bounded() -> None:
    """What was heard of longest ago is forgotten first."""
    learned = Preferences()
    for number in range(MAX_HELD):
        subject = Subject(f"row_{number}()", "", "file:///p/a.py")
        learned.learn(Outcome(traits(subject, KEY), 0.6, True, 0.0))

    assert len(learned._held) == MAX_HELD
    assert shift(learned, Subject("row_0()", "", "file:///p/a.py")) == 0.0
    assert shift(learned, subject) > 0


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("value = com", "pute(amount)"),
        ("value = ", "compute(amount"),
        ("value = ", "compute(amount)  "),
        ("  value = ", "compute(amount)\n  more()"),
    ],
)
def test_the_same_line_is_known_again(head: str, text: str) -> None:
    """Wherever the cursor is in a word, whatever the editor has closed, whatever follows."""
    assert traits(replace(HERE, head=head, text=text), KEY) == traits(HERE, KEY)


@pytest.mark.parametrize("text", ["", "   ", ")", "});", "\n", "\n\n  x"])
def test_what_says_nothing_has_no_traits(text: str) -> None:
    assert traits(replace(HERE, text=text), KEY) == b""
    assert traits(UNKNOWN, KEY) == b""


@pytest.mark.parametrize("text", ["\ud800", "a" * 1_000_000, "\0\0x", "é" * 10, "((((((((("])
def test_any_text_has_traits_of_one_size(text: str) -> None:
    """Hostile ones too, at a bounded cost."""
    assert len(traits(Subject(text, text, text, text), KEY)) == TRAITS_BYTES


def test_traits_are_keyed() -> None:
    assert traits(HERE, KEY) != traits(HERE, b"fedcba9876543210")


@dataclass(frozen=True)
class Row:
    text: str
    share: float
    preference: Preference = NOTHING_LEARNED


ROWS = [Row("a", 0.5), Row("b", 0.3), Row("c", 0.2)]


def test_without_anything_learned_they_stay_as_they_are() -> None:
    """The very same list: nothing can have changed."""
    assert preferred(ROWS, lambda row: NOTHING_LEARNED) is ROWS
    assert why_first(ROWS) == ""


@pytest.mark.parametrize(
    ("shifts", "order", "why"),
    [
        ({"b": 1.0}, "bac", "It goes first as it was kept before."),
        ({"b": Preference(1.0, here=True)}, "bac", "It goes first as it was kept before here."),
        ({"a": -1.0}, "bca", "It goes first as a likelier line was turned down before."),
        (
            {"a": Preference(-1.0, here=True)},
            "bca",
            "It goes first as a likelier line was turned down before here.",
        ),
        ({"c": 0.3}, "abc", ""),
        ({"a": 1.0}, "abc", ""),
    ],
)
def test_they_are_put_in_order(shifts: dict[str, float | Preference], order: str, why: str) -> None:
    """What was learned multiplies the odds; more evidence still wins against a little of it."""

    def of(row: Row) -> Preference:
        held = shifts.get(row.text, 0.0)
        return held if isinstance(held, Preference) else Preference(held)

    weighed = preferred(ROWS, of)

    assert "".join(row.text for row in weighed) == order
    assert why_first(weighed) == why


def test_chances_go_there_and_back() -> None:
    learned = Preference(0.7)

    assert learned.without(learned.moved(0.3)) == pytest.approx(0.3)
    assert NOTHING_LEARNED.moved(0.123456789) == 0.123456789
    assert math.isclose(NOTHING_LEARNED.without(0.99999999), 0.99999999)
