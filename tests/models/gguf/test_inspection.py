"""What a model file is good for, found out without loading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.errors import ModelCorruptError, ModelNotFoundError, ModelTooLargeError
from ownstack.models.gguf.inspection import (
    ModelInfo,
    check_memory,
    inspect,
    memory_available,
    memory_needed,
)
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf, vocabulary_only


def test_what_is_known_about_a_model(tmp_path: Path) -> None:
    """Size, shape, licence and abilities come from the file."""
    path = make_gguf(
        tmp_path / "coder-q8.gguf",
        weights="Q8_0",
        chat_template=CHAT_TEMPLATE,
        metadata={"general.file_type": 7, "general.license": "apache-2.0"},
    )

    info = inspect(path)

    assert info == ModelInfo(
        name="coder-q8",
        path=path,
        size_bytes=path.stat().st_size,
        architecture="llama",
        parameters=info.parameters,
        context_tokens=4_096,
        quantization="Q8_0",
        license="apache-2.0",
        infill="qwen2.5-coder",
        infill_problem="",
        chat=True,
        infill_order="psm",
        kv_bytes_per_token=2 * 2 * (16 + 16) * 2,  # layers, KV heads, key + value width, f16
        compute_bytes=info.compute_bytes,
    )
    assert 100_000 < (info.parameters or 0) < 200_000


def test_a_model_that_cannot_infill(tmp_path: Path) -> None:
    """It is described all the same, with the reason."""
    info = inspect(make_gguf(tmp_path / "chat.gguf", fim=None, name="Chatty"))

    assert (info.infill, info.chat) == ("", False)
    assert "Chatty has no infill markers" in info.infill_problem


def test_a_vocabulary_without_weights(tmp_path: Path) -> None:
    """Its infill format is found; that it holds no weights can be seen."""
    info = inspect(vocabulary_only(tmp_path / "vocab.gguf"))

    assert (info.parameters, info.infill) == (None, "starcoder-like")


def test_a_file_named_by_its_digest(tmp_path: Path) -> None:
    """Ollama's blobs are shown by what they say they are."""
    path = make_gguf(tmp_path / f"sha256-{'0a' * 32}", name="Qwen2.5 Coder 1.5B")

    assert inspect(path).name == "Qwen2.5 Coder 1.5B"


def test_no_architecture(tmp_path: Path) -> None:
    """A GGUF file that is no model is refused."""
    path = tmp_path / "empty.gguf"
    path.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))

    with pytest.raises(ModelCorruptError, match="which architecture"):
        inspect(path)


def split(folder: Path, number: int, count: int = 2) -> Path:
    name = f"big-{number:05}-of-{count:05}.gguf"
    return make_gguf(folder / name, metadata={"split.count": count, "split.no": number - 1})


def test_a_split_model_counts_all_its_files(tmp_path: Path) -> None:
    """Its size is that of all parts, its name that of none."""
    first, second = split(tmp_path, 1), split(tmp_path, 2)

    info = inspect(first)

    assert info.name == "big"
    assert info.size_bytes == first.stat().st_size + second.stat().st_size


def test_a_split_model_with_a_part_missing(tmp_path: Path) -> None:
    """The missing part is named, before llama.cpp looks for it."""
    with pytest.raises(ModelNotFoundError, match=r"big-00002-of-00002\.gguf does not exist"):
        inspect(split(tmp_path, 1))


def test_the_second_part_of_a_split_model(tmp_path: Path) -> None:
    """The reader says which file to give."""
    with pytest.raises(ModelNotFoundError, match=r"Give big-00001-of-00002\.gguf"):
        inspect(split(tmp_path, 2))


def test_memory_grows_with_the_context(tmp_path: Path) -> None:
    """A token costs its keys and values."""
    info = inspect(make_gguf(tmp_path / "m.gguf"))

    grown = memory_needed(info, 3_000) - memory_needed(info, 1_000)

    assert grown == 2_000 * info.kv_bytes_per_token
    assert memory_needed(info) > info.size_bytes


def test_a_model_too_large_is_refused_with_figures(tmp_path: Path) -> None:
    """Before loading, in words that say what to do."""
    info = inspect(make_gguf(tmp_path / "m.gguf"))

    check_memory(info, available_bytes=memory_needed(info))
    with pytest.raises(
        ModelTooLargeError, match="m needs about 3 MB of memory, 1 MB are free"
    ) as e:
        check_memory(info, available_bytes=1_000_000)

    assert "smaller model" in e.value.hint


def test_some_memory_is_available() -> None:
    """The machine that runs this has more than nothing and less than a petabyte."""
    assert 0 < memory_available() < 10**15
