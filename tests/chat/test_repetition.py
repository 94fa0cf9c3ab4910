"""An answer that goes round in circles is told from one that is only regular."""

from __future__ import annotations

import pytest

from ownstack.chat.repetition import repeats

LINE = "The client sends the request, and then the client sends it again.\n"
PARAGRAPH = "".join(f"Sentence {number} of a longer paragraph. " for number in range(9))


@pytest.mark.parametrize("text", [LINE * 10, "x" * 600, f"Well:\n{PARAGRAPH * 8}"])
def test_the_same_again_and_again(text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        LINE * 3,
        PARAGRAPH * 2,
        "".join(f"| row {number} | value {number * 7} |\n" for number in range(200)),
        LINE * 12 + "So that is that: it is sent twice, and the answer to the first is dropped. ",
    ],
)
def test_what_still_says_something(text: str) -> None:
    assert not repeats(text)
