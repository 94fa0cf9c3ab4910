"""A line from elsewhere, fitted to the names of this place."""

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.echo.renaming import align, rename
from ownstack.document import Document


def back(text: str) -> list[str]:
    """Tokens for these tests are divided by blanks, the blanks being tokens too."""
    return text.replace(" ", "\x01 \x01").split("\x01")[::-1]


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("for item in items :", "for x in xs :", {"xs": "items", "x": "item"}),
        ("a = 1", "b = 2", {"b": "a"}),
        ("a + b", "a - c", {"c": "b"}),
        ("a + a", "b + c", {"c": "a", "b": "a"}),
        ("a + b", "c + c", {"c": "b"}),
        ("if a", "while b", {"b": "a"}),
        ("same", "same", {}),
    ],
)
def test_names_are_aligned_from_the_cursor_back(
    here: str, there: str, expected: dict[str, str]
) -> None:
    """Until something else than a name differs, or a name would need two meanings."""
    assert align(back(here), back(there), in_word=False) == expected


def test_a_word_that_is_not_finished_has_no_meaning_yet() -> None:
    """`val` may become anything, so nothing is concluded from it."""
    assert align(["val", " ", "a"], ["eval", " ", "b"], in_word=True) == {}
    assert align(["val", " ", "a"], ["val", " ", "b"], in_word=True) == {"b": "a"}


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("left)", {"left": "right"}, "right)"),
        ("self._left = None", {"left": "right"}, "self._right = None"),
        ("Left(LEFT, leftmost)", {"left": "right"}, "Right(RIGHT, rightmost)"),
        ("get_user_name()", {"user": "order"}, "get_order_name()"),
        ("index", {"i": "j"}, "index"),
        ("a + b", {"a": "b", "b": "a"}, "b + a"),
    ],
)
def test_what_follows_is_renamed(text: str, names: dict[str, str], expected: str) -> None:
    """Whole names, in other cases and as parts; a single letter is no part of a word."""
    assert rename(text, names) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "def __init__(self, left, right):\n    self.left = left\n    self.right = $0\n",
            "right",
        ),
        (
            "for user in users:\n    users.save(user)\nfor order in orders:\n    orders.save($0\n",
            "order)",
        ),
    ],
)
def test_a_repeated_pattern_with_other_names(text: str, expected: str) -> None:
    """The line before tells what to do, the names around the cursor with what."""
    document = Document("test:a", "a.py", "python", 1, text.replace("$0", ""))

    found = Echo().suggest(document, text.index("$0"), [])

    assert found is not None
    assert found.text == expected
