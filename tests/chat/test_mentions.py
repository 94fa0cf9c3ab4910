"""What is mentioned is told from what only has an @ in it."""

from __future__ import annotations

import pytest

from ownstack.chat.mentions import MAX_MENTIONS, Mention, mentions


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What does @src/app.py do?", [Mention("src/app.py")]),
        ("See @src/app.py:10-40.", [Mention("src/app.py", 10, 40)]),
        ("@app.py:7: why?", [Mention("app.py", 7, 7)]),
        ("backwards @a.py:9-3", [Mention("a.py", 3, 9)]),
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
    assert len(mentions(" ".join(f"@a{number}" for number in range(100)))) == MAX_MENTIONS
