"""Several adapters folded into one: the same sum, and nothing where that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ownstack.engine.adapters import Adapter
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import Context
from ownstack.engine.llama.native.folding import MAX_FILES, Folder, folded
from ownstack.errors import AdapterError
from ownstack.models.gguf import adapter_file
from tests.support.adapters import make_adapter
from tests.support.native import model_file

pytestmark = pytest.mark.native

TOKENS = [5, 9, 17, 33, 65, 129]


def adapter(folder: Path, name: str, *, scale: float = 1.0, **options: Any) -> Adapter:
    return Adapter(make_adapter(folder / f"{name}.gguf", model_file(), **options), name, scale)


@pytest.fixture
def context() -> Iterator[Context]:
    model = LlamaModel(model_file())
    made = Context(model, n_ctx=64, threads=1)
    yield made
    made.close()
    model.close()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "folded")


def wait(folder: Folder) -> None:
    folder._thread.shutdown()


def logits(context: Context, *adapters: Adapter) -> np.ndarray:
    context.use(context.model.adapters.usable(adapters))
    context.remove(0, 0)
    context.decode(TOKENS, 0)
    return context.logits().copy()


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_sum_is_the_same(
    context: Context, folder: Folder, tmp_path: Path, dtype: type[np.floating]
) -> None:
    """Ranks, alphas and scales may differ; from the moment on in which it is there it is used."""
    pair = (
        adapter(tmp_path, "a", rank=4, alpha=8.0, seed=1, dtype=dtype),
        adapter(tmp_path, "b", rank=3, alpha=3.0, scale=0.5, seed=2, dtype=dtype),
    )
    plain, one_by_one = logits(context), logits(context, *pair)
    adapters = context.model.adapters
    adapters.folder = folder
    logits(context, *pair)
    wait(folder)
    together = logits(context, *pair)
    path = folder.ready(pair)

    assert path is not None
    assert adapters.given(pair) == ((path, 1.0),)
    assert adapter_file.read(path, architecture="llama").rank == 16
    np.testing.assert_allclose(together, one_by_one, rtol=0.01, atol=0.02)
    assert not np.allclose(together, plain, atol=0.05)


def test_matrices_that_only_one_is_for(context: Context, folder: Folder, tmp_path: Path) -> None:
    """A project's adapter is for fewer than the generic one that it serves with."""
    pair = (
        adapter(tmp_path, "a", rank=2, modules=("attn_q", "ffn_up", "ffn_down")),
        adapter(tmp_path, "b", rank=3, alpha=6.0, seed=1, modules=("attn_v", "ffn_down")),
    )
    one_by_one = logits(context, *pair)
    folder.get(pair, "llama")
    wait(folder)
    path = folder.ready(pair)
    assert path is not None
    context.model.adapters.folder = folder
    together = logits(context, *pair)

    assert context.model.adapters.given(pair) == ((path, 1.0),)
    assert adapter_file.read(path, architecture="llama").rank == 16
    np.testing.assert_allclose(together, one_by_one, rtol=0.01, atol=0.02)


def test_what_cannot_be_one(tmp_path: Path) -> None:
    pair = (adapter(tmp_path, "a"), adapter(tmp_path, "b", seed=1, scale=1e39))

    assert folded(pair, "llama") is None


def test_a_bad_one(tmp_path: Path) -> None:
    with pytest.raises(AdapterError):
        folded((adapter(tmp_path, "a"), Adapter(tmp_path / "none.gguf", "none")), "llama")


def test_one_alone(context: Context, folder: Folder, tmp_path: Path) -> None:
    """It is written anew in numbers that a CPU is faster with, and then no more."""
    one = (adapter(tmp_path, "a", rank=4, alpha=8.0, scale=0.5),)
    as_it_is = logits(context, *one)
    context.model.adapters.folder = folder
    logits(context, *one)
    wait(folder)
    path = folder.ready(one)

    assert path is not None
    np.testing.assert_allclose(logits(context, *one), as_it_is, rtol=0.01, atol=0.01)
    assert folded((Adapter(path, "folded"),), "llama") is None


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_file_is_not_used(
    context: Context, folder: Folder, tmp_path: Path, damage: str
) -> None:
    """It is a cache: they are used one by one then."""
    pair = (adapter(tmp_path, "a"), adapter(tmp_path, "b", seed=1))
    one_by_one = logits(context, *pair)
    folder.get(pair, "llama")
    wait(folder)
    path = folder.ready(pair)
    assert path is not None
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:500])
    else:
        path.unlink()
    context.model.adapters.folder = folder

    assert np.array_equal(logits(context, *pair), one_by_one)
    assert folder.ready(pair) is None


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A full or read-only disk costs some speed, and nothing else."""
    (tmp_path / "file").touch()
    folder = Folder(tmp_path / "file")
    pair = (adapter(tmp_path, "a"), adapter(tmp_path, "b", seed=1))
    folder.get(pair, "llama")
    wait(folder)

    assert folder.ready(pair) is None


def test_it_stays_small_and_is_found_again(tmp_path: Path) -> None:
    """The oldest go; one that was made for the same files and scales serves at once."""
    place = tmp_path / "folded"
    pairs = [
        (adapter(tmp_path, "a"), adapter(tmp_path, "b", seed=1, scale=1 + n / 16))
        for n in range(MAX_FILES + 2)
    ]
    folder = Folder(place)
    for pair in pairs:
        folder.get(pair, "llama")
    wait(folder)
    files = {file: file.stat().st_ino for file in place.iterdir()}
    again = Folder(place)
    again.get(pairs[-1], "llama")
    wait(again)
    path = again.ready(pairs[-1])

    assert len(files) == MAX_FILES
    assert path is not None
    assert path.stat().st_ino == files[path]
