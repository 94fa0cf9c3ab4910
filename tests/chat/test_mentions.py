"""What is mentioned is told from what only has an @ in it."""

from __future__ import annotations

import pytest

from ownstack.chat.mentions import MAX_MENTIONS, Mention, mentions, unread_mentions


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What does @src/app.py do?", [Mention("src/app.py")]),
        ("See @src/app.py:10-40.", [Mention("src/app.py", 10, 40)]),
        ("@app.py:7: why?", [Mention("app.py", 7, 7)]),
        ("backwards @a.py:9-3", [Mention("a.py", 9, 3)]),
        ("@Client.send, and @Client.send again", [Mention("Client.send")]),
        (r"@src\app.py", [Mention(r"src\app.py")]),
        ("write to me@example.org, @@x, or 3 @ 4", []),
        ("@../../etc/passwd", [Mention("../../etc/passwd")]),
        ("@... and @/", []),
    ],
)
def test_mentions(question: str, found: list[Mention]) -> None:
    assert list(mentions(question)) == found


def test_so_many_and_no_more() -> None:
    """Those that are left out are said."""
    question = " ".join(f"@a{number}:{number}" for number in range(100))

    assert len(mentions(question)) == MAX_MENTIONS
    assert unread_mentions(question).startswith(
        "@a8:8, @a9:9, @a10:10 and 89 more were not read: 8"
    )


def test_one_behind_a_long_text() -> None:
    """It is said; one that is cut by the limit is read whole."""
    question = "@first " + "x" * 19_980 + " @straddles.py:3-4 and @last.py"

    assert mentions(question) == (Mention("first"), Mention("straddles.py", 3, 4))
    assert unread_mentions(question).startswith("@last.py was not read: mentions are read in the")


def test_all_are_read() -> None:
    """There is nothing to say; a mention that is repeated is none that is left out."""
    assert unread_mentions("@a.py " * 100) == ""
