"""Tokens of growing texts: remembered in pieces, and always those of the whole text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.engine.llama.infill.token_memo import PIECE_CHARS, LineMemo, TokenMemo, pieces
from ownstack.engine.llama.native.bindings import LlamaModel
from tests.support.gguf_models import make_gguf

pytestmark = pytest.mark.native

# What word patterns treat differently: blanks, tabs, line ends, digits, marks, other alphabets.
WORDS = ["foo", "_bar", "1", "==", "(", "é", "😀", " ", "    ", "\t", "\n", "\n\n", "\r\n", "'s"]
code = st.lists(st.sampled_from(WORDS), max_size=400).map("".join)


PATTERNS = ["gpt-2", "starcoder", "deepseek-coder", "llama-bpe", "qwen2", "gpt-4o", "tekken"]


@pytest.fixture(scope="module", params=PATTERNS)
def model(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[LlamaModel]:
    folder: Path = tmp_path_factory.mktemp("memo")
    path = make_gguf(folder / "model.gguf", pre_tokenizer=request.param)
    model = LlamaModel(path, vocab_only=True)
    yield model
    model.close()


@settings(deadline=None)
@given(code)
def test_pieces_give_the_tokens_of_the_whole(model: LlamaModel, text: str) -> None:
    """Cuts are only made where a word ends anyway."""
    memo = TokenMemo(model.tokenize, cuts_words=True)

    assert memo(text) == model.tokenize(text)


@given(code, st.sampled_from(WORDS))
def test_typing_leaves_all_pieces_but_the_last_two(text: str, typed: str) -> None:
    """What was typed long ago is not looked at again."""
    before, after = list(pieces(text)), list(pieces(text + typed))

    assert "".join(after) == text + typed
    assert after[: len(before) - 1] == before[:-1]


def test_a_key_costs_one_short_piece() -> None:
    """The tokenizer sees only what may have changed."""
    asked: list[str] = []

    def tokenize(text: str) -> list[int]:
        asked.append(text)
        return [0]

    memo = TokenMemo(tokenize, cuts_words=True)
    text = "    value = compute(first, second)\n" * 100
    memo(text)
    asked.clear()
    memo(text + "x")

    assert len(asked) == 1
    assert len(asked[0]) < 2 * PIECE_CHARS


def test_a_vocabulary_without_words_is_asked_for_the_whole() -> None:
    """SentencePiece joins what it likes, so nothing is cut."""
    asked: list[str] = []
    text = "\nfoo = 1" * 200

    TokenMemo(lambda text: asked.append(text) or [], cuts_words=False)(text)

    assert asked == [text]


LINE = ["foo", "Bar", "_x", "1", "==", "(", "):", "é", "日", "😀", " ", "  ", "\t", "\n", "'s", "'"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINE), max_size=20).map("".join))
def test_words_of_a_line_give_the_tokens_of_the_whole(model: LlamaModel, text: str) -> None:
    """Also after marks, quotes and other alphabets."""
    memo = LineMemo(model.tokenize, cuts_words=True)

    assert memo(text) == model.tokenize(text)
