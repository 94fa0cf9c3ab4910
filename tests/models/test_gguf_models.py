"""The models that tests are made with are models to llama.cpp."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.errors import CannotInfillError
from ownstack.models.gguf import fim, gguf_file
from ownstack.models.gguf.gguf_vocabulary import GgufVocabulary
from tests.support.gguf_models import CHAT_TEMPLATE, MARKERS, make_gguf

pytestmark = pytest.mark.native

CODE = "def add(a, b):\n\treturn a + b  # sum é 🦊\n" + " " * 64 + "\n"


def test_its_tokeniser_is_real(tmp_path: Path) -> None:
    """Text comes back byte for byte, pieces of code are one token, one is longer than 32 bytes."""
    model = LlamaModel(make_gguf(tmp_path / "m.gguf"), vocab_only=True)

    tokens = model.tokenize(CODE)

    pieces = [model.pieces[token] for token in tokens]
    assert b"".join(pieces) == CODE.encode()
    assert b"return" in pieces
    assert max(map(len, model.pieces)) == 64
    assert model.special("<|fim_prefix|>") == [model.fim_ids()["pre"]]
    model.close()


def test_it_has_what_was_asked_for(tmp_path: Path) -> None:
    """Template, BOS, ends and further keys are seen by llama.cpp."""
    path = make_gguf(
        tmp_path / "m.gguf",
        chat_template=CHAT_TEMPLATE,
        eog=("<|im_end|>",),
        add_bos=True,
        order="spm",
        metadata={"general.license": "mit"},
    )

    model = LlamaModel(path, vocab_only=True)

    assert model.chat_template == CHAT_TEMPLATE
    assert model.adds_bos
    ends = [model.special(text)[0] for text in ("<|im_end|>", "<|endoftext|>")]
    assert set(ends) <= model.eog()
    assert model.metadata()["ownstack.fim.order"] == "spm"
    assert model.metadata()["general.license"] == "mit"
    model.close()


@pytest.mark.parametrize("in_metadata", [True, False], ids=["metadata", "vocabulary"])
@pytest.mark.parametrize("family", [*MARKERS, None])
def test_detection_needs_no_llama_cpp(
    family: str | None, in_metadata: bool, tmp_path: Path
) -> None:
    """The file alone says the same about infill as llama.cpp's vocabulary does."""
    path = make_gguf(
        tmp_path / "m.gguf", fim=family, fim_in_metadata=in_metadata, name=family or "chat"
    )
    model = LlamaModel(path, vocab_only=True)

    by_file = detected(GgufVocabulary(gguf_file.read(path)))

    assert by_file == detected(model)
    model.close()


def detected(vocabulary: fim.Vocabulary) -> fim.FimFormat | str:
    try:
        return fim.detect(vocabulary)
    except CannotInfillError as error:
        return str(error)
