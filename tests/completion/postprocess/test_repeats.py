"""Repetition, on whole lines."""

import pytest

from ownstack.completion.postprocess.repeats import (
    repeat_of_below,
    repeat_of_itself,
    same,
    stutters,
    without_rest,
)


@pytest.mark.parametrize(
    ("line", "other", "expected"),
    [
        ("a = 1", "a  =  1", True),
        ("a = 'b'", 'a = "b",', True),
        ("self.left = left", "self.lift = lift", False),
        ("a", "b", False),
    ],
)
def test_nearly_the_same_is_the_same_but_for_form(line: str, other: str, expected: bool) -> None:
    """Blanks, quotes, a comma at the end; never a letter."""
    assert same(line, other) == expected


@pytest.mark.parametrize(
    ("text", "rest", "expected"),
    [
        ("foo + 1", " + 1", "foo "),
        ("foo + 1  ", " + 1", "foo "),
        ("foo)", ")", "foo)"),
        ("foo + 12", " + 1", "foo + 12"),
        ("foo", "", "foo"),
    ],
)
def test_the_rest_of_the_line_is_left_out_as_a_whole(text: str, rest: str, expected: str) -> None:
    """A partial overlap proves nothing; closing marks alone are replaced elsewhere."""
    assert without_rest(text, rest) == expected


@pytest.mark.parametrize(
    ("lines", "below", "complete", "expected"),
    [
        (["a", "b", "c"], ["b", "c", "d"], True, 1),
        (["a", "b", "", "c"], ["b", "c"], True, 1),
        (["b"], ["b"], True, 0),
        (["    b"], ["b"], True, None),
        (["a", "    b", "    c"], ["b", "c"], True, 1),
        (["a", "b", "x"], ["b", "c"], True, None),
        (["a", "b", "c", "d"], ["b", "c"], True, None),
        (["a", "beginning"], ["beginning of"], False, 1),
        (["a", "beginning"], ["beginning of"], True, None),
        (["a", "beg"], ["beginning of"], False, None),
        (["a"], [], True, None),
    ],
)
def test_lines_that_stand_below_already(
    lines: list[str], below: list[str], complete: bool, expected: int | None
) -> None:
    """All lines from the found one on must be those below, in order and without a gap."""
    assert repeat_of_below(lines, below, complete) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a", "a"], None),
        (["a", "a", "a"], 1),
        (["x", "a", "a", "a", "y"], 2),
        (["a", "b", "a", "b"], None),
        (["a", "b", "a", "b", "a", "b"], 2),
        (["a", "b", "c", "a", "b", "c"], 3),
        ([")", ")", ")", ")"], None),
        ([], None),
    ],
)
def test_lines_over_and_over(lines: list[str], expected: int | None) -> None:
    """One line three times, two lines three times, more lines twice."""
    assert repeat_of_itself(lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = " + "foo, " * 8, True),
        ("x = " + "abcabc" * 10, True),
        ("x = " + "0, " * 20, False),
        ("-" * 80, False),
        ("a, b, c, d, e, f, g, h, i, j, k, l", False),
        ("na na na na na", False),
    ],
)
def test_stuttering_in_a_line(line: str, expected: bool) -> None:
    """Words five times at the end of a line; rows of numbers and rules are data."""
    assert stutters(line) == expected
