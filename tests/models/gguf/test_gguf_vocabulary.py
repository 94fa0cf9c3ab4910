"""A vocabulary read without llama.cpp."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.models.gguf import gguf_file
from ownstack.models.gguf.gguf_vocabulary import GgufVocabulary
from tests.support.gguf_models import make_gguf, vocabulary_only


def vocabulary(path: Path) -> GgufVocabulary:
    return GgufVocabulary(gguf_file.read(path))


@pytest.mark.parametrize(
    ("metadata", "ids"),
    [
        ({}, {}),
        ({"tokenizer.ggml.prefix_token_id": 7}, {"pre": 7}),
        ({"tokenizer.ggml.prefix_token_id": 7, "tokenizer.ggml.fim_pre_token_id": 8}, {"pre": 8}),
        ({"tokenizer.ggml.fim_suf_token_id": 0xFFFF_FFFF}, {}),
        ({"tokenizer.ggml.fim_mid_token_id": "9"}, {}),
    ],
    ids=["none", "old key", "new key first", "out of range", "text"],
)
def test_ids_in_the_metadata(
    metadata: dict[str, str | int], ids: dict[str, int], tmp_path: Path
) -> None:
    """Older keys count, numbers beyond the vocabulary and texts do not."""
    path = make_gguf(tmp_path / "m.gguf", fim=None, metadata=metadata)

    assert vocabulary(path).fim_ids() == ids


def test_only_markers_are_special(tmp_path: Path) -> None:
    """A word that happens to be one token is not a marker."""
    read = vocabulary(make_gguf(tmp_path / "m.gguf", fim="starcoder2"))
    tokens = gguf_file.read(tmp_path / "m.gguf").arrays["tokenizer.ggml.tokens"].strings()

    assert list(read.special("<fim_prefix>")) == [tokens.index("<fim_prefix>")]
    assert (list(read.special("return")), "return" in tokens) == ([], True)
    assert list(read.special("<fim_prefix> ")) == []


def test_ends(tmp_path: Path) -> None:
    """The ids the metadata names, and no others."""
    path = make_gguf(tmp_path / "m.gguf", eog=("<|im_end|>", "<other>"))
    tokens = gguf_file.read(path).arrays["tokenizer.ggml.tokens"].strings()

    assert vocabulary(path).eog() == {tokens.index("<|endoftext|>"), tokens.index("<|im_end|>")}
    assert vocabulary(vocabulary_only(tmp_path / "v.gguf")).eog() == frozenset()


def test_a_file_without_vocabulary(tmp_path: Path) -> None:
    """It knows no tokens."""
    path = tmp_path / "none.gguf"
    path.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))

    read = vocabulary(path)

    assert (read.n_tokens, read.fim_ids(), read.eog()) == (0, {}, frozenset())
