"""Axes have round numbers, and everything has its place on them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownstack.pages.axes import Scale, short


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 1, ["0", "0.5", "1"]),
        (0, 7, ["0", "2", "4", "6", "8"]),
        (0.8, 2.69, ["0.5", "1", "1.5", "2", "2.5", "3"]),
        (0.31, 0.33, ["0.31", "0.315", "0.32", "0.325", "0.33"]),
        (2, 2, ["2", "2.5"]),
        (0, 2_000_000, ["0", "500k", "1M", "1.5M", "2M"]),
    ],
)
def test_marks_are_round(low: float, high: float, marks: list[str]) -> None:
    """Four or five of them, at 1, 2 or 5 times a power of ten."""
    scale = Scale.around(low, high, 100, 0)

    assert [mark.text for mark in scale.marks()] == marks
    assert (scale.marks()[0].at, scale.marks()[-1].at) == (100, 0)


@example(1e12, 1e12 - 2**-13)
@given(*[st.floats(-1e12, 1e12, allow_subnormal=False)] * 2)
def test_all_numbers_have_a_place(one: float, two: float) -> None:
    """Between the ends, and no more marks than there is room for."""
    low, high = sorted((one, two))
    scale = Scale.around(low, high, 174, 12)

    assert 12 <= scale.at(high) <= scale.at(low) <= 174
    assert 2 <= len(scale.marks()) <= 8


@pytest.mark.parametrize(
    ("value", "text"), [(0.1 + 0.2, "0.3"), (-2.5, "-2.5"), (1_500, "1.5k"), (2e9, "2G")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    """As a mark has them."""
    assert short(value) == text
