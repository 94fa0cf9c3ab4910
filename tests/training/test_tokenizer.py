"""The tokenizer loses nothing and splits as llama.cpp does."""

from __future__ import annotations

import pytest

from tests.training.tiny import Tiny
from training.tokenizer import EOT, FILE_SEP, SPECIAL_TOKENS, byte_pieces, load

pytestmark = pytest.mark.native


def test_special_tokens_come_first(tiny: Tiny) -> None:
    tokenizer = load(tiny.work)
    assert [tokenizer.id_to_token(i) for i in range(len(SPECIAL_TOKENS))] == list(SPECIAL_TOKENS)
    assert (EOT, FILE_SEP) == (0, 6)


def test_text_survives_the_round_trip(tiny: Tiny) -> None:
    from training.check_tokenizer import AWKWARD

    tokenizer = load(tiny.work)
    pieces = byte_pieces(tokenizer)
    for text in [*AWKWARD, *tiny.texts]:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids) == text
        assert b"".join(pieces[i] for i in ids) == text.encode("utf-8")


def test_llama_cpp_gives_the_same_tokens(tiny: Tiny) -> None:
    pytest.importorskip("llama_cpp", reason="the comparison needs llama.cpp")
    from training.check_tokenizer import AWKWARD, differences, llama_tokenizer
    from training.export import write_vocabulary

    model = tiny.work / "vocabulary.gguf"
    write_vocabulary(model, tiny.work / "tokenizer.json")
    samples = [*AWKWARD, *tiny.texts, "x" * 30_000, " " * 30_000]
    count, found = differences(load(tiny.work), llama_tokenizer(model), samples)
    assert (count > 1_000, found) == (True, [])
