"""Text shortened to a number of tokens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.engine.llama.infill import clipping

TEXTS = st.text("ab\n", max_size=300)


def letters(text: str) -> list[int]:
    """Every character is a token."""
    return [ord(char) for char in text]


def read(tokens: list[int]) -> str:
    return "".join(map(chr, tokens))


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("one\ntwo\nthree", 99, "one\ntwo\nthree"),
        ("one\ntwo\nthree", 13, "one\ntwo\nthree"),
        ("one\ntwo\nthree", 12, "three"),
        ("\n".join("abcdefgh"), 13, "e\nf\ng\nh"),
        ("one\ntwo\nthree", 5, "three"),
        ("one\ntwo\nthree", 3, "ree"),
        ("one\n", 3, ""),
        ("one", 0, ""),
        ("", 5, ""),
    ],
)
def test_tail(text: str, limit: int, kept: str) -> None:
    """The last lines are kept, at least half of those that fit, whole while one fits."""
    tokens, cut = clipping.tail(text, limit, letters)

    assert (read(tokens), cut) == (kept, kept != text)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("one\ntwo\nthree", 99, "one\ntwo\nthree"),
        ("one\ntwo\nthree", 12, "one\ntwo\n"),
        ("one\ntwo\nthree", 4, "one\n"),
        ("one\ntwo\nthree", 2, "on"),
        ("one", 0, ""),
        ("", 5, ""),
    ],
)
def test_head(text: str, limit: int, kept: str) -> None:
    """The first lines are kept, whole while there is room for one."""
    tokens, cut = clipping.head(text, limit, letters)

    assert (read(tokens), cut) == (kept, kept != text)


@settings(deadline=None)
@given(TEXTS, st.integers(0, 99))
def test_what_is_kept_is_an_end_of_the_text(text: str, limit: int) -> None:
    """Within the limit, by whole lines unless one line alone is too long."""
    first, last = (read(cut(text, limit, letters)[0]) for cut in (clipping.head, clipping.tail))

    assert text.startswith(first)
    assert text.endswith(last)
    assert max(len(first), len(last)) <= limit
    lines = text.split("\n")
    assert first == text or first.endswith("\n") or len(lines[0]) >= limit
    before = text[: len(text) - len(last)]
    assert before in ("", text) or before.endswith("\n") or len(lines[-1]) > limit


def test_a_huge_text_is_not_tokenised_whole() -> None:
    """A file of megabytes costs no more than the window it is cut to."""
    longest = 0

    def counting(text: str) -> list[int]:
        nonlocal longest
        longest = max(longest, len(text))
        return letters(text)

    clipping.tail("line\n" * 1_000_000, 100, counting)
    clipping.head("line\n" * 1_000_000, 100, counting)
    clipping.tail("x" * 1_000_000, 100, counting)
    clipping.head("x" * 1_000_000, 100, counting)

    assert longest <= 2_400


@pytest.mark.parametrize(
    ("sizes", "shares"),
    [
        ((100, 20, 30, 40), (40, 30)),
        ((100, 100, 30, 40), (25, 25)),
        ((100, 10, 200, 0), (0, 36)),
        ((100, 0, 0, 200), (100, 0)),
        ((400, 1_000, 50, 1_000), (100, 50)),
    ],
)
def test_shares(sizes: tuple[int, int, int, int], shares: tuple[int, int]) -> None:
    """Everyone gets what is needed if it fits; else a quarter, and the prefix has the rest."""
    assert clipping.shares(*sizes) == shares


def test_parts_are_kept_whole() -> None:
    """The first parts that fit, in their order."""
    assert clipping.whole([[1, 2], [3], [4, 5], [6]], 4) == [[1, 2], [3]]
