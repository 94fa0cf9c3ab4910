"""Adapters that llama.cpp holds: what a context computes with them, and when they are freed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ownstack.engine.adapters import Adapter
from ownstack.engine.llama.native.adapters import MAX_AT_ONCE, MAX_IDLE, LoadedAdapters
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import Context
from ownstack.errors import AdapterError
from tests.support.adapters import make_adapter, tensors
from tests.support.gguf_models import make_gguf
from tests.support.native import model_file

pytestmark = pytest.mark.native

TOKENS = [5, 9, 17, 33, 65, 129]


@pytest.fixture
def model() -> Iterator[LlamaModel]:
    made = LlamaModel(model_file())
    yield made
    made.close()


@pytest.fixture
def context(model: LlamaModel) -> Iterator[Context]:
    """Older than all adapters."""
    made = Context(model, n_ctx=64, threads=1)
    yield made
    made.close()


def adapter(folder: Path, name: str, *, scale: float = 1.0, **options: Any) -> Adapter:
    path = folder / f"{name}.gguf"
    if not path.exists():
        make_adapter(path, model_file(), **options)
    return Adapter(path, name, scale)


def logits(context: Context, *adapters: Adapter) -> NDArray[np.float32]:
    context.use(context.model.adapters.usable(adapters))
    context.remove(0, 0)
    context.decode(TOKENS, 0)
    return context.logits().copy()


def test_one_of_zeros_changes_nothing(context: Context, tmp_path: Path) -> None:
    """What is added is nothing, to the last bit."""
    plain = logits(context)

    assert np.array_equal(logits(context, adapter(tmp_path, "zero", strength=0)), plain)


def test_one_that_was_taken_away_leaves_nothing(context: Context, tmp_path: Path) -> None:
    plain = logits(context)
    changed = logits(context, adapter(tmp_path, "a", seed=1))
    other = logits(context, adapter(tmp_path, "b", seed=2))

    assert not np.allclose(changed, plain, atol=0.01)
    assert not np.allclose(changed, other, atol=0.01)
    assert np.array_equal(logits(context), plain)


def test_scale_zero_is_none_and_half_is_another(context: Context, tmp_path: Path) -> None:
    plain = logits(context)
    whole = logits(context, adapter(tmp_path, "a"))

    assert np.array_equal(logits(context, adapter(tmp_path, "a", scale=0.0)), plain)
    assert not np.allclose(logits(context, adapter(tmp_path, "a", scale=0.5)), whole, atol=0.01)


def test_it_is_what_it_says(tmp_path: Path) -> None:
    """A model into whose weights B·A·alpha/rank was added says the same."""
    base = make_gguf(tmp_path / "base.gguf", d=64, layers=1, ff=64)
    path = make_adapter(tmp_path / "a.gguf", base, rank=3, alpha=6.0, dtype=np.float32)
    merged = tmp_path / "merged.gguf"
    data = bytearray(base.read_bytes())
    found = tensors(path)
    from gguf import GGUFReader

    for tensor in GGUFReader(base).tensors:
        if f"{tensor.name}.lora_a" in found:
            added = found[f"{tensor.name}.lora_b"] @ found[f"{tensor.name}.lora_a"]
            values = (tensor.data + 2.0 * added).astype(np.float32).tobytes()
            data[tensor.data_offset : tensor.data_offset + len(values)] = values
    merged.write_bytes(data)
    results = []
    for file, given_adapters in ((base, (Adapter(path, "a"),)), (merged, ())):
        loaded = LlamaModel(file)
        context = Context(loaded, n_ctx=64, threads=1)
        results.append(logits(context, *given_adapters))
        context.close()
        loaded.close()

    np.testing.assert_allclose(results[0], results[1], rtol=1e-3, atol=1e-3)


def test_two_are_added(context: Context, tmp_path: Path) -> None:
    """Both count, in whatever order."""
    a, b = adapter(tmp_path, "a", seed=1), adapter(tmp_path, "b", seed=2)
    both = logits(context, a, b)

    assert not np.allclose(both, logits(context, a), atol=0.01)
    assert not np.allclose(both, logits(context, b), atol=0.01)
    np.testing.assert_allclose(both, logits(context, b, a), atol=1e-4)


def test_idle_ones_are_freed(context: Context, tmp_path: Path) -> None:
    """The last stay, and so does what a context uses."""
    kept = adapter(tmp_path, "kept", seed=100)
    before = logits(context, kept)
    for seed in range(2 * MAX_IDLE):
        context.model.adapters.usable((adapter(tmp_path, f"{seed}", seed=seed),))

    assert kept.path in context.model.adapters.loaded
    assert len(context.model.adapters.loaded) == 1 + MAX_IDLE
    assert np.array_equal(logits(context, kept), before)


def test_many_turns(context: Context, tmp_path: Path) -> None:
    """Loading and freeing over and over computes the same each time."""
    adapters = [adapter(tmp_path, f"{seed}", seed=seed) for seed in range(MAX_IDLE + 3)]
    pairs = [(adapters[n], adapters[(3 * n + 1) % len(adapters)]) for n in range(len(adapters))]
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    first = [logits(context, *pair) for pair in pairs]

    for _ in range(3):
        for pair, expected in zip(pairs, first, strict=True):
            assert np.allclose(logits(context, *pair), expected, atol=1e-5)


def test_what_cannot_be_used(context: Context, tmp_path: Path) -> None:
    """It and what is built on it are left out, with the reason; a mended file serves again."""
    adapters = context.model.adapters
    good, bad = adapter(tmp_path, "good"), adapter(tmp_path, "bad", seed=3)
    whole = bad.path.read_bytes()
    bad.path.write_bytes(whole[:-100])

    assert adapters.usable((good, bad)) == (good,)
    assert adapters.usable((bad, good)) == ()
    assert adapters.known((bad, good)) == ()
    assert "cut off" in adapters.problems[bad.path]
    bad.path.write_bytes(whole)
    assert adapters.usable((bad, good)) == (bad, good)
    assert not adapters.problems


@pytest.mark.parametrize(
    "options", [{"d": 96}, {"layers": 1}, {"ff": 64}], ids=["width", "layers", "forward"]
)
def test_one_of_another_base(context: Context, tmp_path: Path, options: dict[str, int]) -> None:
    """llama.cpp refuses it, and says so."""
    shape = {"d": 64, "layers": 3, "ff": 128, **options}
    base = make_gguf(tmp_path / "other.gguf", **shape)  # type: ignore[arg-type]
    path = make_adapter(tmp_path / "a.gguf", base)
    plain = logits(context)

    if options == {"layers": 1}:  # It is for a part of the model.
        assert context.model.adapters.usable((Adapter(path, "a"),))
        return
    assert context.model.adapters.usable((Adapter(path, "a"),)) == ()
    assert "cannot be used with" in context.model.adapters.problems[path]
    assert np.array_equal(logits(context), plain)


def test_one_of_another_architecture(context: Context, tmp_path: Path) -> None:
    path = make_adapter(tmp_path / "a.gguf", model_file(), architecture="qwen2")

    assert context.model.adapters.usable((Adapter(path, "a"),)) == ()
    assert "“qwen2”" in context.model.adapters.problems[path]


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 1e9])
def test_scales_that_make_no_sense(context: Context, tmp_path: Path, scale: float) -> None:
    assert context.model.adapters.usable((adapter(tmp_path, "a", scale=scale),)) == ()


def test_too_many_or_the_same_twice(context: Context, tmp_path: Path) -> None:
    a = adapter(tmp_path, "a")
    several = tuple(adapter(tmp_path, f"{n}", seed=n) for n in range(MAX_AT_ONCE + 1))

    assert context.model.adapters.usable((a, a)) == (a,)
    assert context.model.adapters.usable(several) == several[:MAX_AT_ONCE]
    assert np.isfinite(logits(context, *several)).all()


def test_one_that_vanished_is_an_error(context: Context, tmp_path: Path) -> None:
    """The context goes on with what it had."""
    gone = adapter(tmp_path, "gone")
    gone.path.unlink()

    with pytest.raises(AdapterError):
        context.use((gone,))
    assert np.isfinite(logits(context)).all()


def test_nothing_is_loaded_twice(tmp_path: Path) -> None:
    """A pointer is made once for a file, and freed once."""
    made, freed = [], []

    def load(path: Path) -> object:
        made.append(path)
        return path

    adapters = LoadedAdapters("llama", load, freed.append)
    wanted = (adapter(tmp_path, "a"), adapter(tmp_path, "b", seed=1))
    adapters.usable(wanted)
    adapters.handles(adapters.given(wanted))
    adapters.close()
    adapters.close()

    assert made == freed == [item.path for item in wanted]


OVERFLOW = """
import sys
from pathlib import Path
from ownstack.engine.adapters import Adapter
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import Context
model = LlamaModel(Path(sys.argv[1]))
contexts = [
    Context(model, n_ctx=128, threads=1, n_seq_max=24, branches=64),
    Context(model, n_ctx=128, threads=1, n_seq_max=3),
]
adapters = tuple(Adapter(Path(path), "a") for path in sys.argv[2:])
for context in contexts:
    for n in (*range(len(adapters) + 1), 0, len(adapters)):
        context.use(model.adapters.usable(adapters[:n]))
        context.remove(0, 0)
        assert context.decode([1] * 64, 0) == 0 and context.decode([1], 64) == 0
print(len(model.adapters.loaded))
"""


def test_contexts_that_are_older_have_room(tmp_path: Path) -> None:
    """Graphs with as many adapters as may be, in a child: an overflow would end the process."""
    base = make_gguf(tmp_path / "deep.gguf", layers=24, d=32, heads=2, kv_heads=1, ff=32)
    paths = [
        make_adapter(tmp_path / f"{n}.gguf", base, rank=16, seed=n) for n in range(MAX_AT_ONCE)
    ]

    done = subprocess.run(
        [sys.executable, "-c", OVERFLOW, str(base), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.strip()) == (0, str(MAX_AT_ONCE)), done.stderr


@given(at=st.integers(0, 1_500), value=st.binary(min_size=1, max_size=8))
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)
def test_damaged_heads(context: Context, tmp_path: Path, at: int, value: bytes) -> None:
    """What passes the check does no harm to llama.cpp: it is refused, or computes."""
    whole = adapter(tmp_path, "whole").path.read_bytes()
    path = tmp_path / "damaged.gguf"
    path.write_bytes(whole[:at] + value + whole[at + len(value) :])
    fresh = LoadedAdapters("llama", context.model.adapters._load, context.model.adapters._free)
    if fresh.usable((Adapter(path, "damaged"),)):
        fresh.close()
        other = tmp_path / f"{abs(hash((at, value)))}.gguf"
        path.rename(other)
        logits(context, Adapter(other, "damaged"))
    else:
        assert fresh.problems[path]
