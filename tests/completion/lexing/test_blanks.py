"""Blanks at the beginning of lines."""

import pytest

from ownstack.completion.lexing.blanks import fit_indent, indent_unit, leading_fit
from ownstack.document import Document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\tb\n\t\tc\n", "\t"),
        ("a\n  b\n    c\n", "  "),
        ("a\n    b\n        c\n    d\n", "    "),
        ("a\n    b\n\tc\n\td\n\te\n", "\t"),
        ("a\nb\n", ""),
        ("", ""),
    ],
)
def test_the_unit_of_a_file(text: str, expected: str) -> None:
    """The most common step, or tabs where most indented lines have them."""
    assert indent_unit(text) == expected


@pytest.mark.parametrize(
    ("text", "head", "expected"),
    [
        (" a", "x ", "a"),
        (" a", "x", " a"),
        (" a", "    ", "a"),
        ("    a", "    ", "    a"),
        ("   a", " ", "   a"),
        ("  # a", "x ", "  # a"),
        ("\n    a", "x ", "\n    a"),
    ],
)
def test_the_first_blank(text: str, head: str, expected: str) -> None:
    """Left out where one stands before the cursor already."""
    assert leading_fit(text, head, None) == expected


def test_the_first_line_is_left_alone() -> None:
    """Its indentation is in the document."""
    document = Document("test:a", "a", "c", 1, "a\n\tb\n\tc\n")

    assert fit_indent("    x\n    y\n        z", document) == "    x\n\ty\n\t\tz"
