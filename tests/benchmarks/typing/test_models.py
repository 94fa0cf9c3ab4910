"""Models whose weights are noise: of one size, whatever vocabulary they are given."""

from pathlib import Path

import pytest

from benchmarks.typing import models
from ownstack.engine.llama.native.bindings import LlamaModel
from tests.support.native import model_file


@pytest.mark.parametrize("vocabulary", [49_152, 151_936])
def test_a_large_vocabulary_makes_a_narrow_model(vocabulary: int) -> None:
    """Its embedding would be larger than the whole model otherwise."""
    assert models.shape_for(vocabulary).parameters(vocabulary) == pytest.approx(101e6, rel=0.01)


@pytest.mark.native
@pytest.mark.parametrize("padded_to", [300, 4_096])
def test_it_can_be_loaded(padded_to: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a vocabulary that is padded and with one that is larger than what it would be."""
    shape = models.Shape(64, 128, 2, 4, 2)
    monkeypatch.setattr(models, "VOCABULARY", padded_to)
    monkeypatch.setattr(models, "shape_for", lambda vocabulary: shape)
    path, known = tmp_path / "random.gguf", LlamaModel(model_file("psm"))

    models.make_101m(path, model_file("psm"))
    made = LlamaModel(path)

    assert made.n_vocab == max(known.n_vocab, padded_to)
    norms = shape.width * (2 * shape.layers + 1)
    assert made.n_params == shape.parameters(made.n_vocab) + norms
    assert made.tokenize("value = 1") == known.tokenize("value = 1")
    assert made.fim_ids() == known.fim_ids()
    known.close()
    made.close()
