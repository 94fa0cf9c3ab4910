"""Cursors, and what was typed between two of them."""

import pytest

from ownstack.completion.place import auto_closed, possible_cursors, typed_since
from tests.support.completing import at


@pytest.mark.parametrize(
    ("before", "after", "typed"),
    [
        ("x = $0\ny", "x = abc$0\ny", "abc"),
        ("x = $0", "x = $0", ""),
        ("x = $0\n", "x = f($0)\n", "f("),
        ("x = $0\n", 'x = f("$0")\n', 'f("'),
        ("x = $0\r\ny", "x = a\r\nb$0\r\ny", "a\nb"),
        ("x = $0\n", "y = abc$0\n", None),
        ("x = $0\nz", "x = abc$0\nw", None),
        ("x = ab$0\n", "x = a$0\n", None),
        ("x = $0\n", "x = f$0)\n", None),
        ("x = 🎉$0\n", "x = 🎉é$0\n", "é"),
    ],
)
def test_typed_since(before: str, after: str, typed: str | None) -> None:
    """Only an insertion at the cursor counts, with what the editor closes by itself."""
    assert typed_since(at(before), at(after, version=2)) == typed


def test_nothing_was_typed_in_another_file() -> None:
    """The same text elsewhere is another place."""
    assert typed_since(at("x$0"), at("xy$0", uri="file:///project/b.py")) is None


def test_an_unchanged_text_with_the_cursor_elsewhere_is_no_typing() -> None:
    """Moving the cursor is not typing."""
    place = at("ab$0c")

    assert typed_since(place, type(place)(place.document, 3)) is None


@pytest.mark.parametrize(
    ("typed", "closers"), [("f(", ")"), ("f([", "])"), ("f()", ""), ('"a', '"'), ('"a"', "")]
)
def test_auto_closed(typed: str, closers: str) -> None:
    """Openers that are still open are what an editor closes."""
    assert auto_closed(typed) == closers


def test_possible_cursors() -> None:
    """After a change the cursor is before the old suffix, or before closers put there."""
    places = possible_cursors(at("x = $0\n"), at("x = f()$0\n").document)

    assert [place.offset for place in places] == [7, 6]


def test_after_uses_the_line_ends_of_the_document() -> None:
    """A suggestion's line break becomes what the file has."""
    place = at("a\r\n$0\r\n").after("b\nc")

    assert (place.document.text, place.offset) == ("a\r\nb\r\nc\r\n", 7)


@pytest.mark.parametrize(
    ("marked", "head", "tail"),
    [
        ("a\nbc$0de\nf", "bc", "de"),
        ("a\rbc$0de\rf", "bc", "de"),
        ("a\r\nbc$0de\r\nf", "bc", "de"),
        ("$0", "", ""),
        ("a\x0cb$0\u2028c", "a\x0cb", "\u2028c"),
    ],
)
def test_line(marked: str, head: str, tail: str) -> None:
    """A line ends where the protocol says, and nowhere else."""
    place = at(marked)

    assert (place.head, place.tail) == (head, tail)
