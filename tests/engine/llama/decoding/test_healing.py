"""The partial word before the cursor is given back to the model."""

import pytest

from ownstack.engine.llama.decoding import healing
from ownstack.engine.llama.decoding.healing import Healing, PieceIndex

PIECES = [
    b"r",
    b"re",
    b"ret",
    b"return",
    b" return",
    b"returns",
    b"x",
    b"",
    b"re\xc3",
    b"abcdefghij",
]


@pytest.mark.parametrize(
    ("text", "kept", "partial"),
    [
        ("x = retu", "x =", " retu"),
        ("self.na", "self", ".na"),
        ("a_b", "a", "_b"),
        ("foo(", "foo", "("),
        ("x ==", "x", " =="),
        ("if x:\n    ", "if x:\n", "    "),
        ("if x:\n", "if x:\n", ""),
        ("", "", ""),
        ("naïv", "", "naïv"),
        ("x = 日本", "x =", " 日本"),
    ],
)
def test_cut(text: str, kept: str, partial: str) -> None:
    """The word with the one mark before it is cut off, or a run of marks or blanks."""
    assert (kept, partial) == healing.cut(text)


def test_typing_within_a_word_keeps_the_same_prompt() -> None:
    """So that the KV cache needs nothing new until the word ends."""
    assert {"x ="} == {healing.cut(f"x = {'return'[:n]}")[0] for n in range(1, 7)}


def test_a_word_too_long_for_a_token_is_left_alone() -> None:
    """Cutting it in its middle would be no better than where the cursor is."""
    text = "x" * 60

    assert (text, "") == healing.cut(text)


@pytest.mark.parametrize(
    ("required", "tokens"),
    [
        (b"retu", {0, 1, 2, 3, 5}),
        (b" r", {4}),
        (b"abcdefghi", {9}),
        (b"abcdefghijk", {9}),
        (b"zz", set()),
        (b"re", {0, 1, 2, 3, 5, 8}),
    ],
)
def test_allowed(required: bytes, tokens: set[int]) -> None:
    """Tokens that begin with what is required, or are a beginning of it; also beyond 8 bytes."""
    assert tokens == set(PieceIndex(PIECES).allowed(required).tolist())


def test_stops_are_never_allowed() -> None:
    """A marker whose spelling agrees with what was typed is still a marker."""
    assert {0, 1, 2} == set(PieceIndex(PIECES, frozenset({3, 5})).allowed(b"retu").tolist())


def test_the_answer_excludes_what_was_typed() -> None:
    """Over several tokens, the last of which goes beyond the typed text."""
    heal = Healing(PieceIndex(PIECES), "retu")

    added = [heal.accept(b"re"), heal.accept(b"turns")]

    assert added == [b"", b"rns"]
    assert heal.done
