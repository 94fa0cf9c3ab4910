"""A document above the size limit, and the edits that make it small again."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ownstack.app.documents import large_documents
from ownstack.app.documents.large_documents import LargeText
from ownstack.app.documents.text_sync import Replacement, edits
from ownstack.text import LineIndex, apply_edit

ALPHABET = st.sampled_from(["a", "bc", " ", "\n", "\r", "\r\n", "😀", "é"])
TEXTS = st.lists(ALPHABET, max_size=30).map("".join)
POSITIONS = st.tuples(st.integers(0, 12), st.integers(0, 12))
CHANGES = st.one_of(TEXTS, st.builds(Replacement, POSITIONS, POSITIONS, TEXTS))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that short texts have several."""
    monkeypatch.setattr(large_documents, "_PIECE_CHARS", 3)


@given(TEXTS, st.lists(CHANGES, max_size=5))
def test_edits_mean_what_they_mean_in_a_small_document(
    text: str, changes: list[Replacement | str]
) -> None:
    """Wherever the pieces end, whatever the lines end with, also outside the text."""
    followed = LargeText(text)
    for change in changes:
        for edit in edits(LineIndex(text), [change]):
            text = apply_edit(text, edit)

        followed.edit([change])

        assert (followed.text, followed.n_chars) == (text, len(text))
