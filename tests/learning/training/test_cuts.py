"""Where samples are cut: at lines that may be asked for, at the ends that completion has."""

from __future__ import annotations

import random

import pytest

from ownstack.learning.data.passages import Passage
from ownstack.learning.training.cuts import cut, lines_to_ask, window

TEXT = """def total(rows):
    count = 0
    for row in rows:
        count += row.size

    return count


x = 1
"""
LINES = TEXT.split("\n")

pytestmark = pytest.mark.native  # Healing comes with the engine.


def passage(text: str = TEXT, weights: tuple[float, ...] | None = None) -> Passage:
    lines = text.split("\n")
    return Passage("a.py", "python", text, weights or (1.0,) * len(lines))


def test_a_short_text_is_one_window() -> None:
    """All of it."""
    assert window(random.Random(1), passage(), 10_000) == (0, len(LINES))


@pytest.mark.parametrize("seed", range(20))
def test_a_window_has_whole_lines_that_fit(seed: int) -> None:
    """And at least one."""
    long = "\n".join(f"value_{number} = {number}" for number in range(200))

    start, end = window(random.Random(seed), passage(long), 400)

    assert 0 <= start < end <= 200
    assert len("\n".join(long.split("\n")[start:end])) <= 400


def test_lines_of_no_weight_and_blank_lines_are_never_asked_for() -> None:
    """Nor those that are nearly empty."""
    weights = [0.0 if "count" in line else 1.0 for line in LINES]

    asked = {
        index
        for seed in range(50)
        for index in lines_to_ask(random.Random(seed), LINES, weights, 9)
    }

    assert {LINES[index] for index in asked} == {
        "def total(rows):",
        "    for row in rows:",
        "x = 1",
    }


def test_weightier_lines_are_asked_for_more_often() -> None:
    """Each at most once."""
    weights = [5.0 if line == "x = 1" else 1.0 for line in LINES]

    picks = [lines_to_ask(random.Random(seed), LINES, weights, 1) for seed in range(300)]
    named = [LINES[index] for pick in picks for index in pick]

    assert 110 < named.count("x = 1") < 200  # 5 of 10 in the mean
    assert all(len(set(pick)) == len(pick) for pick in picks)


@pytest.mark.parametrize("seed", range(200))
def test_what_is_missing_lies_after_what_is_kept(seed: int) -> None:
    """The cursor is in the line, and what ends is what completion ends with."""
    begin = TEXT.index("    for row")

    at = cut(random.Random(seed), TEXT, begin)

    assert begin - 1 <= at.kept < at.end <= len(TEXT)
    assert TEXT[at.kept : at.end].strip()
    first_line_end = TEXT.index("\n", begin)
    block_end = TEXT.index("row.size") + len("row.size")
    rest = at.end == first_line_end or at.end == block_end
    inside = at.end < first_line_end
    several = at.end > first_line_end and not TEXT[at.end - 1].isspace()
    assert rest or inside or several


@pytest.mark.parametrize("seed", range(100))
def test_nothing_is_missing_beyond_the_limit(seed: int) -> None:
    """The line after it may not be learned."""
    begin = TEXT.index("    for row")
    limit = TEXT.index("\n", begin)

    assert cut(random.Random(seed), TEXT, begin, limit).end <= limit


def test_mostly_the_rest_of_the_line_is_missing() -> None:
    """Seven times in ten."""
    begin = TEXT.index("    count = 0")
    end = TEXT.index("\n", begin)

    cuts = [cut(random.Random(seed), TEXT, begin) for seed in range(400)]

    assert 0.6 < sum(at.end == end for at in cuts) / len(cuts) < 0.95
