"""Brackets and quotes, read without a grammar."""

import pytest

from ownstack.completion.brackets import Brackets, brackets, covered
from ownstack.languages import language_of

PYTHON = language_of("python", "")
C = language_of("c", "")


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("a(b[c", "", Brackets((), (")", "]"), "")),
        ("a) b]", "", Brackets(((1, ")"), (4, "]")), (), "")),
        ("(a]", "", Brackets(((2, "]"),), (")",), "")),
        ("'(' # (", "", Brackets((), (), "")),
        ("'(", "", Brackets((), (), "'")),
        ("it's (\n)", "", Brackets(((7, ")"),), (), "")),
        ("'''(\n(", "", Brackets((), (), "'''")),
        ("a\\'b') + (", "'", Brackets(((4, "'"), (5, ")")), (")",), "")),
        ("a\n)", "'", Brackets(((2, ")"),), (), "")),
        ("", "", Brackets((), (), "")),
        ("\\", "'", Brackets((), (), "'")),
    ],
)
def test_what_a_text_opens_and_closes(text: str, mark: str, expected: Brackets) -> None:
    """Strings and comments do not count; a quote ends with its line at the latest."""
    assert brackets(text, PYTHON, mark) == expected


def test_marks_are_those_of_the_language() -> None:
    """An apostrophe opens no string in C; `//` begins a comment there and not in Python."""
    assert brackets("'( // (", C).open == (")",)
    assert brackets("a // (", PYTHON).open == (")",)


def test_nesting_has_no_depth_limit() -> None:
    """Only the length of what is read has one."""
    assert len(brackets("(" * 10_000, PYTHON).open) == 10_000


@pytest.mark.parametrize(
    ("text", "rest", "expected"),
    [
        ("a)", ")", 1),
        ("a)", ") + b", 1),
        ("a)", " )", 2),
        ("a)", "\f)", 0),
        ("a)]", ")]", 2),
        ("a]", ")]", 0),
        ("a();", ";", 1),
        ("a);", ");", 2),
        ("a);", ")  ;  // b", 1),
        ("f(a)", ")", 0),
        ("a", "", 0),
    ],
)
def test_what_right_of_the_cursor_is_written_again(text: str, rest: str, expected: int) -> None:
    """Closing marks in order, then the punctuation at the end of both."""
    assert covered(text, rest, PYTHON) == expected
