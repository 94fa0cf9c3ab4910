"""What is let through as an adapter, whatever somebody did to it."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGUFWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownstack.errors import AdapterError
from ownstack.models.gguf import adapter_file
from tests.support.adapters import make_adapter
from tests.support.gguf_models import corrupted, make_gguf, truncated

ROBUST = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)
WEIGHT = "blk.0.attn_q.weight"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_gguf(tmp_path / "base.gguf")


@pytest.fixture
def adapter(tmp_path: Path, base: Path) -> Path:
    return make_adapter(tmp_path / "adapter.gguf", base, rank=4, alpha=8.0)


def test_a_sound_one(adapter: Path) -> None:
    """It says what it is for, and how large it is."""
    found = adapter_file.read(adapter, architecture="llama")

    assert (found.architecture, found.rank, found.alpha) == ("llama", 4, 8.0)
    assert len(found.weights) == 2 * 7
    assert found.size_bytes == adapter.stat().st_size


def test_a_wrong_architecture(adapter: Path) -> None:
    """It is said before llama.cpp is asked."""
    with pytest.raises(AdapterError, match="“llama”"):
        adapter_file.read(adapter, architecture="qwen2")


def test_a_model_is_no_adapter(base: Path) -> None:
    with pytest.raises(AdapterError, match="does not say that it is one"):
        adapter_file.read(base)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite(
    tmp_path: Path, base: Path, dtype: type[np.floating], number: float
) -> None:
    """A training that went astray is not served."""
    path = make_adapter(tmp_path / "a.gguf", base, dtype=dtype)
    value = np.array([number], dtype).tobytes()
    corrupted(path, lambda data: data.__setitem__(slice(-len(value), None), value))

    with pytest.raises(AdapterError, match="no number"):
        adapter_file.read(path)


def written(
    path: Path,
    *,
    names: tuple[str, ...] = (f"{WEIGHT}.lora_a", f"{WEIGHT}.lora_b"),
    shapes: tuple[tuple[int, ...], ...] = ((2, 64), (64, 2)),
    dtype: type[np.generic] = np.float32,
    alpha: Callable[[GGUFWriter], None] = lambda w: w.add_float32("adapter.lora.alpha", 2.0),
    more: Callable[[GGUFWriter], None] = lambda w: None,
) -> Path:
    """Write an adapter with one thing wrong."""
    writer = GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    alpha(writer)
    more(writer)
    for name, shape in zip(names, shapes, strict=True):
        writer.add_tensor(name, np.zeros(shape, dtype))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_what_is_wrong_is_one_thing_alone(tmp_path: Path) -> None:
    """The cases below start from one that is right."""
    assert adapter_file.read(written(tmp_path / "a.gguf")).rank == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"names": (f"{WEIGHT}.lora_a", f"{WEIGHT}.lora_c")}, "lora_c"),
        ({"names": ("token_embd.weight.lora_a", "token_embd.weight.lora_b")}, "token_embd"),
        ({"names": ("blk.0.ffn_up_exps.weight.lora_a", f"{WEIGHT}.lora_b")}, "exps"),
        ({"names": (f"{WEIGHT}.lora_a",), "shapes": ((2, 64),)}, "half"),
        ({"names": (), "shapes": ()}, "holds nothing"),
        ({"shapes": ((2, 64), (64, 3))}, "one rank"),
        ({"shapes": ((2_000, 64), (64, 2_000))}, "one rank"),
        ({"shapes": ((2, 2, 64), (64, 2))}, "no matrix"),
        ({"dtype": np.int32}, "not of F16"),
        ({"alpha": lambda w: None}, "alpha"),
        ({"alpha": lambda w: w.add_float64("adapter.lora.alpha", 2.0)}, "alpha"),
        ({"alpha": lambda w: w.add_string("adapter.lora.alpha", "2")}, "alpha"),
        ({"alpha": lambda w: w.add_float32("adapter.lora.alpha", float("nan"))}, "alpha"),
        ({"more": lambda w: w.add_array("adapter.alora.invocation_tokens", [1])}, "switch"),
        ({"more": lambda w: w.add_uint32("general.alignment", 32)}, "aligned"),
    ],
)
def test_what_would_end_the_process(tmp_path: Path, wrong: dict[str, object], said: str) -> None:
    """llama.cpp asserts on types, and multiplies what it is given."""
    path = written(tmp_path / "a.gguf", **wrong)  # type: ignore[arg-type]

    with pytest.raises(AdapterError, match=said):
        adapter_file.read(path)


def test_matrices_of_several_ranks(tmp_path: Path) -> None:
    other = "blk.1.attn_q.weight"
    path = written(
        tmp_path / "a.gguf",
        names=(f"{WEIGHT}.lora_a", f"{WEIGHT}.lora_b", f"{other}.lora_a", f"{other}.lora_b"),
        shapes=((2, 64), (64, 2), (3, 64), (64, 3)),
    )

    with pytest.raises(AdapterError, match="several ranks"):
        adapter_file.read(path)


@pytest.mark.parametrize("case", ["absent", "folder", "empty"])
def test_no_file(tmp_path: Path, case: str) -> None:
    path = tmp_path / "a.gguf"
    if case == "folder":
        path.mkdir()
    elif case == "empty":
        path.touch()

    with pytest.raises(AdapterError):
        adapter_file.read(path)


@given(size=st.integers(0, 10_000))
@ROBUST
def test_cut_off_anywhere(tmp_path: Path, adapter: Path, size: int) -> None:
    """It is refused, with a reason."""
    path = tmp_path / "cut.gguf"
    whole = adapter.read_bytes()
    path.write_bytes(whole)
    truncated(path, min(size, len(whole) - 1))

    with pytest.raises(AdapterError):
        adapter_file.read(path)


@given(at=st.integers(0, 1_500), value=st.binary(min_size=1, max_size=8))
@ROBUST
def test_bytes_of_the_head_changed(tmp_path: Path, adapter: Path, at: int, value: bytes) -> None:
    """It is refused or read; nothing else is raised."""
    path = tmp_path / "changed.gguf"
    path.write_bytes(adapter.read_bytes())
    corrupted(path, lambda data: data.__setitem__(slice(at, at + len(value)), value))

    with contextlib.suppress(AdapterError):
        assert 1 <= adapter_file.read(path).rank <= adapter_file.MAX_RANK


def test_a_list_as_long_as_it_likes(tmp_path: Path, adapter: Path) -> None:
    """Counts are checked before anything is made of them."""
    path = tmp_path / "claims.gguf"
    path.write_bytes(adapter.read_bytes())
    corrupted(path, lambda data: data.__setitem__(slice(8, 16), struct.pack("<Q", 1 << 60)))

    with pytest.raises(AdapterError, match="claims to hold"):
        adapter_file.read(path)
