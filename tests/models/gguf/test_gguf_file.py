"""Reading the head of a model file, whatever somebody did to it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownstack.errors import ModelCorruptError, ModelError, ModelNotFoundError
from ownstack.models.gguf import gguf_file
from tests.support.gguf_models import CHAT_TEMPLATE, corrupted, make_gguf, truncated

ROBUST = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def text(value: str) -> bytes:
    return u64(len(value.encode())) + value.encode()


def head(tensors: int = 0, keys: int = 0, version: int = 3, magic: bytes = b"GGUF") -> bytes:
    return magic + u32(version) + u64(tensors) + u64(keys)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_gguf(tmp_path / "m.gguf", chat_template=CHAT_TEMPLATE)


def test_what_a_file_says(model: Path) -> None:
    """Metadata, arrays and the tensor table come out as they were written."""
    file = gguf_file.read(model)

    tokens = file.arrays["tokenizer.ggml.tokens"]
    kinds = file.arrays["tokenizer.ggml.token_type"]
    assert file.text("general.architecture") == "llama"
    assert file.number("llama.context_length") == 4_096
    assert file.text("tokenizer.ggml.add_bos_token") == "false"
    assert file.metadata["tokenizer.chat_template"] == CHAT_TEMPLATE
    assert "<|fim_middle|>" in tokens.strings()
    assert len(tokens.strings()) == tokens.length == len(kinds.numbers())
    assert (tokens.numbers(), kinds.strings()) == ([], [])
    embedding = next(t for t in file.tensors if t.name == "token_embd.weight")
    assert embedding.shape == (64, tokens.length)
    assert embedding.size_bytes == embedding.values * 4


@pytest.mark.parametrize("weights", ["F16", "Q8_0", "Q4_0"])
def test_sizes_of_weights(weights: str, tmp_path: Path) -> None:
    """The tensors' sizes add up to the file, to within its head and the alignment."""
    path = make_gguf(tmp_path / "m.gguf", weights=weights, d=256)

    file = gguf_file.read(path)

    tensors = sum(t.size_bytes for t in file.tensors)
    assert 0 < path.stat().st_size - tensors < 60_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "only 0 bytes"),
        (b"GGUF", "only 4 bytes"),
        (head(magic=b"GGML"), "does not begin with"),
        (head(magic=b"\x7fELF") + bytes(99), "does not begin with"),
        (head(version=1), "version 1"),
        (struct.pack(">4sIQQ", b"GGUF", 3, 0, 0), "version 50331648"),
        (head(tensors=1 << 40), "claims to hold 1099511627776 tensors"),
        (head(keys=1 << 63), "9223372036854775808 keys"),
        (head(keys=1), "ends too early"),
        (head(keys=1) + u64(1 << 62) + bytes(99), "a text has 4611686018427387904 bytes"),
        (head(keys=1) + text("k") + u32(99), "unknown type 99"),
        (head(keys=1) + text("k") + u32(8) + u64(1 << 30), "a text has 1073741824 bytes"),
        (head(keys=1) + text("k") + u32(9) + u32(8) + u64(1 << 40), "1099511627776 entries"),
        (head(keys=1) + text("k") + u32(9) + u32(4) + u64(1 << 21), "ends too early"),
        (head(keys=1) + text("k") + u32(9) + u32(8) + u64(2) + text("a"), "ends too early"),
        (head(keys=1) + text("k") + u32(9) + u32(9) + u64(1), "entries of type 9"),
        (head(tensors=1) + text("t") + u32(5), "has 5 dimensions"),
        (head(tensors=1) + text("t") + u32(1) + u64(8) + u32(77) + u64(0), "unknown type 77"),
        (head(tensors=1) + text("t") + u32(1) + u64(8) + u32(0) + u64(0), "is cut off"),
        (head(tensors=1) + text("t") + u32(2) + u64(1 << 60) * 2 + u32(0) + u64(0), "is cut off"),
        (head(tensors=1) + text("t") + u32(0) + u32(0) + u64(1 << 63), "is cut off"),
        (head(keys=1) + text("general.alignment") + u32(4) + u32(0), "alignment is 0"),
    ],
)
def test_damage(data: bytes, reason: str, tmp_path: Path) -> None:
    """Each kind of damage is named, and the reader says what to do."""
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)

    with pytest.raises(ModelCorruptError, match=r"bad\.gguf is not a usable GGUF file") as refused:
        gguf_file.read(path)

    assert reason in refused.value.what
    assert "again" in refused.value.hint


def test_no_file(tmp_path: Path) -> None:
    """A folder or nothing is not damage."""
    with pytest.raises(ModelNotFoundError, match="is a folder"):
        gguf_file.read(tmp_path)
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        gguf_file.read(tmp_path / "none.gguf")


def test_every_truncation_is_refused(model: Path) -> None:
    """A download that stopped anywhere is noticed before llama.cpp sees the file."""
    whole = model.read_bytes()
    weights = sum(t.size_bytes for t in gguf_file.read(model).tensors)
    in_head = len(whole) - weights

    for size in [*range(0, in_head, 97), in_head, len(whole) - weights // 2, len(whole) - 1]:
        model.write_bytes(whole)
        with pytest.raises(ModelCorruptError):
            gguf_file.read(truncated(model, size))


def test_how_much_is_missing_is_said(model: Path) -> None:
    """The size of the rest tells a stopped download from a broken file."""
    size = model.stat().st_size

    with pytest.raises(ModelCorruptError, match=f"1,000 of {size:,} bytes are missing"):
        gguf_file.read(truncated(model, -1_000))


@given(st.binary(max_size=400))
@ROBUST
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    """Nothing but our own errors comes out."""
    path = tmp_path / "any.gguf"
    path.write_bytes(head(tensors=2, keys=2) + data)

    refused_or_read(path)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 60_000), st.binary(min_size=1, max_size=9)), max_size=9))
@ROBUST
def test_any_damage_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, bytes]]
) -> None:
    """Overwritten bytes never make the reader crash, hang or allocate."""
    path = make_gguf(tmp_path_factory.mktemp("damage") / "m.gguf", d=32, heads=2, layers=1, ff=32)

    def overwrite(data: bytearray) -> None:
        for at, new in damage:
            data[at : at + len(new)] = new

    refused_or_read(corrupted(path, overwrite))


def refused_or_read(path: Path) -> None:
    try:
        file = gguf_file.read(path)
    except ModelError:
        return
    for array in file.arrays.values():
        assert array.length in (len(array.strings()), len(array.numbers()))


@pytest.mark.parametrize(
    "ask",
    [lambda f: f.number("k"), lambda f: f.first_number("k"), lambda f: f.first_number("none")],
    ids=["number", "first_number", "absent"],
)
def test_numbers_are_never_negative(ask: Callable[[gguf_file.GgufFile], int]) -> None:
    """Sizes that make no sense count as not said."""
    file = gguf_file.GgufFile(Path("m"), 0, {"k": -5}, {}, ())

    assert ask(file) == 0
