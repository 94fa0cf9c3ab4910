"""The models that are known by name."""

from pathlib import Path

import pytest

from ownstack.errors import ModelCorruptError, ModelNotFoundError
from ownstack.models import catalogue as catalogues
from ownstack.models.catalogue import CatalogueModel, catalogue, named, parsed
from tests.support import models_document

ENTRY = """
[[models]]
name = "small"
title = "Small"
repository = "owner/small-GGUF"
file = "small-q4_k_m.gguf"
quantization = "Q4_K_M"
size_bytes = 1_000_000_000
license = "mit"
parameters = 2_000_000_000
context_tokens = 8_192
layers = 10
kv_heads = 2
key_size = 64
value_size = 32
infill = "qwen2.5-coder"
preference = { completion = 10 }
"""


def changed(old: str, new: str = "") -> str:
    assert old in ENTRY
    return ENTRY.replace(old, new)


def test_it_is_whole() -> None:
    """Every use has models, from a laptop to the largest machines, with different licences."""
    models = catalogue()

    assert all(any(use in model.uses for model in models) for use in catalogues.USES)
    assert min(model.size_bytes for model in models if "chat" in model.uses) < 1e9
    assert max(model.size_bytes for model in models) > 250e9
    assert len({model.license for model in models}) > 3


def test_what_completes_can_be_trimmed() -> None:
    """A model with a sliding window is never for completion."""
    assert [m.name for m in catalogue() if m.kv != "whole" and "completion" in m.uses] == []


def test_hashes_stand_only_where_the_file_was_run() -> None:
    """For all others the hub's is asked for."""
    assert [model.name for model in catalogue() if model.sha256 and not model.tested] == []


def test_memory_grows_with_the_context() -> None:
    """Weights, 2 bytes for each number of keys and values, and room to work."""
    [model] = parsed(ENTRY)

    assert model.kv_bytes(1_000) == 10 * 2 * (64 + 32) * 2 * 1_000
    assert model.memory_bytes(1_000) == 1_000_000_000 + model.kv_bytes(1_000) + 100_000_000


def test_a_window_bounds_what_most_layers_keep() -> None:
    """Only the full layers go on growing."""
    window = 'kv = "sliding"\nfull_layers = 4\nwindow_tokens = 100\ncontext'
    text = changed("context", window).replace('infill = "qwen2.5-coder"\n', "")
    [model] = parsed(text.replace("completion = 10", "chat = 10"))
    per_layer = 2 * (64 + 32) * 2

    assert model.kv_bytes(1_000) == per_layer * (4 * 1_000 + 6 * 100)
    assert model.kv_bytes(50) == per_layer * 10 * 50


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed('license = "mit"\n'), "license is missing"),
        (changed('"mit"', "5"), "“license” is 5"),
        (changed("1_000_000_000", "-5"), "“size_bytes” is -5"),
        (changed("= 1_000_000_000", "= true"), "“size_bytes” is True"),
        (changed("layers", "laiers"), "“laiers” is not known"),
        (changed("layers = 10\n"), "belong together"),
        (changed("completion = 10", "completion = 101"), "“preference”"),
        (changed("completion = 10", "singing = 10"), "“preference”"),
        (changed("{ completion = 10 }", "{}"), "for nothing"),
        (changed('infill = "qwen2.5-coder"\n'), "completes without an infill format"),
        (changed("qwen2.5-coder", "klingon"), "“klingon” is not known"),
        (changed("owner/small-GGUF", "small"), "not OWNER/NAME"),
        (changed("small-q4_k_m.gguf", "../small.gguf"), "no GGUF"),
        (changed('"small"', '"Small Model"'), "its name"),
        (ENTRY + f'sha256 = "{"0" * 64}"', "exact size"),
        (ENTRY + 'kv = "sliding"', "sliding window needs"),
        (ENTRY + ENTRY, "small more than once"),
        ("[[models]", "cannot be read"),
        ("models = [5]", "no table"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    """By the entry and the key."""
    with pytest.raises(ModelCorruptError, match=message):
        parsed(text)


def test_names_are_found_and_near_ones_offered() -> None:
    """Case does not matter."""
    assert named("Qwen2.5-Coder-0.5B").name == "qwen2.5-coder-0.5b"
    with pytest.raises(ModelNotFoundError, match=r"Did you mean .*qwen2\.5-coder"):
        named("qwen2.5-coder-05b")
    with pytest.raises(ModelNotFoundError, match="recommend --all"):
        named("zzz")


def test_a_source_names_the_very_file() -> None:
    """So that it can be pulled without the catalogue."""
    [model] = parsed(ENTRY)

    assert isinstance(model, CatalogueModel)
    assert model.source == "hf:owner/small-GGUF/small-q4_k_m.gguf"


def test_the_document_is_the_catalogue() -> None:
    """`scripts/fix` writes it."""
    assert models_document.DOCUMENT.read_text("utf-8") == models_document.document()


def test_it_is_beside_its_module() -> None:
    """In a checkout and in the wheel alike: it is a file of the package."""
    assert catalogues.FILE.parent == Path(catalogues.__file__).parent
    assert catalogues.FILE.is_file()
