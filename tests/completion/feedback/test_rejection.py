"""What the user has turned down."""

import pytest

from ownstack.completion.feedback.rejection import Rejections
from tests.support.completing import at


@pytest.mark.parametrize(
    ("marked", "text", "refused"),
    [
        ("x = $0\n", "foo()", True),
        ("x = f$0\n", "oo()", True),
        ("import a\n\n\nx = $0\nmore", "foo()", False),
        ("x = $0\n", "bar()", False),
        ("y = $0\n", "foo()", False),
        ("x = $0\n", "foo()\nmore", True),
    ],
)
def test_refuses(marked: str, text: str, refused: bool) -> None:
    """The same first line at the same place, from wherever in it."""
    rejections = Rejections()
    for _ in range(2):
        rejections.add(at("x = $0\n"), "foo()")

    assert rejections.refuses(at(marked), text) is refused


def test_once_means_little() -> None:
    """Typing past a suggestion one time does not turn it down."""
    rejections = Rejections()
    rejections.add(at("x = $0"), "foo()")

    assert not rejections.refuses(at("x = $0"), "foo()")


def test_what_is_taken_after_all_is_forgiven() -> None:
    """An acceptance counts more than what was before."""
    rejections = Rejections()
    for _ in range(3):
        rejections.add(at("x = $0"), "foo()")
    rejections.forgive(at("x = $0"), "foo()")

    assert not rejections.refuses(at("x = $0"), "foo()")
