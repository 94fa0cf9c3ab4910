"""Distances, against plain definitions of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.completion.postprocess.distance import (
    distance,
    distance_within,
    lexemes,
    likeness,
    words,
)

SHORT = st.lists(st.sampled_from("abc"), max_size=7)


def plain_distance(a: list[str], b: list[str]) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(
        plain_distance(a[1:], b[1:]) + (a[0] != b[0]),
        plain_distance(a[1:], b) + 1,
        plain_distance(a, b[1:]) + 1,
    )


@given(a=SHORT, b=SHORT, limit=st.integers(0, 8))
def test_distance(a: list[str], b: list[str], limit: int) -> None:
    """The Levenshtein distance, as far as the limit goes."""
    assert distance(a, b, limit) == min(plain_distance(a, b), limit + 1)


@given(needle=SHORT, hay=st.lists(st.sampled_from("abc"), max_size=6))
def test_distance_within(needle: list[str], hay: list[str]) -> None:
    """The smallest distance to any run of the longer one."""
    runs = [hay[i:j] for i in range(len(hay) + 1) for j in range(i, len(hay) + 1)]

    assert distance_within(needle, hay) == min(distance(needle, run, 20) for run in runs)


def test_lexemes() -> None:
    """Words and single marks; blanks do not count."""
    assert lexemes("a_1 =  b(2)\n") == ["a_1", "=", "b", "(", "2", ")"]


@pytest.mark.parametrize(
    ("a", "b", "expected"), [("a b c", "c b a", 1.0), ("a b", "c d", 0.0), ("", "a", 0.0)]
)
def test_likeness(a: str, b: str, expected: float) -> None:
    """The share of words in common."""
    assert likeness(words(a), words(b)) == expected
