"""Editors' changes as edits, against a plain model of what an editor does."""

import hypothesis.strategies as st
from hypothesis import given

from ownstack.app.documents.text_sync import Replacement, edits, whole
from ownstack.text import LineIndex, apply_edit

ALPHABET = st.sampled_from(
    ["a", "b", " ", "\n", "\r", "\r\n", "😀", "é", "\x0c", "\u2028", "\u200d"]
)
TEXTS = st.lists(ALPHABET, max_size=12).map("".join)
POSITIONS = st.tuples(st.integers(0, 6), st.integers(0, 8))
CHANGES = st.one_of(TEXTS, st.builds(Replacement, POSITIONS, POSITIONS, TEXTS))


def apply_one_by_one(text: str, changes: list[Replacement | str]) -> str:
    """What the protocol says: each change is meant for the text before it."""
    for change in changes:
        if isinstance(change, str):
            text = change
            continue
        index = LineIndex(text)
        start, end = sorted((index.offset(*change.start), index.offset(*change.end)))
        text = text[:start] + change.text + text[end:]
    return text


@given(TEXTS, st.lists(CHANGES, max_size=5))
def test_changes_mean_what_the_protocol_says(text: str, changes: list[Replacement | str]) -> None:
    """In any order, overlapping or not, with positions outside the text."""
    expected = apply_one_by_one(text, changes)

    for edit in edits(LineIndex(text), changes):
        text = apply_edit(text, edit)

    assert expected == text


@given(TEXTS, st.lists(st.tuples(POSITIONS, POSITIONS, TEXTS), max_size=5))
def test_changes_from_the_end_to_the_beginning(
    text: str, raw: list[tuple[tuple[int, int], tuple[int, int], str]]
) -> None:
    """The order editors use for several cursors needs one line index only, and is as exact."""
    changes: list[Replacement | str] = [
        Replacement(min(a, b), max(a, b), new) for a, b, new in sorted(raw, reverse=True)
    ]
    expected = apply_one_by_one(text, changes)

    for edit in edits(LineIndex(text), changes):
        text = apply_edit(text, edit)

    assert expected == text


def test_half_a_character_is_replaced() -> None:
    """A lone surrogate, which no encoder accepts, takes the same room as its replacement."""
    assert whole("a\ud83db") == "a\ufffdb"
    assert whole("a😀b") == "a😀b"
