"""Training for real: the built-in network learns a small project, and llama.cpp agrees."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs ownstack[learn]: torch is not installed")
pytest.importorskip("peft", reason="training needs ownstack[learn]: peft is not installed")
pytest.importorskip("transformers", reason="training needs ownstack[learn]: transformers is not")
pytest.importorskip("gguf", reason="adapters are written with the gguf package")

import torch

from ownstack.learning.data import jsonl
from ownstack.learning.data.passages import Dataset, HeldOut, Passage
from ownstack.learning.training import base as bases
from ownstack.learning.training.adapter_file import permuted, read_adapter, write_adapter
from ownstack.learning.training.lora import Lora, merge
from ownstack.learning.training.loss import row_losses
from ownstack.learning.training.plan import (
    ADAPTER,
    ALL_MODULES,
    CHECKPOINT,
    DATASET,
    PROGRESS,
    TRAINED,
    TrainingError,
    TrainingPlan,
)
from ownstack.learning.training.rows import Rows
from ownstack.learning.training.trainer import Trainer
from ownstack.learning.training.vocabulary import TrainingVocabulary
from ownstack.models.gguf.base_key import base_key
from ownstack.paths import builtin_model

pytestmark = [pytest.mark.native, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

BASE = builtin_model()
TEXT = "\n".join(
    f"def frobnicate_{number}(zork, quux):\n    return zork.frob(quux, level={number % 3})\n"
    for number in range(60)
)


def a_run(folder: Path, **changes: Any) -> TrainingPlan:
    """A plan of some steps and its dataset, in a folder."""
    lines = (1.0,) * (TEXT.count("\n") + 1)
    held_out = HeldOut("h.py", "python", TEXT.replace("frobnicate", "frob"), (1, 4, 7), "file")
    dataset = Dataset("", (Passage("f.py", "python", TEXT, lines),), held_out=(held_out,))
    folder.mkdir(exist_ok=True)
    jsonl.write(dataset, folder / DATASET)
    plan = replace(
        TrainingPlan(
            str(BASE), base_key(BASE), rank=4, alpha=8.0, minutes=60, steps=12, row_tokens=384,
            learning_rate=2e-3, checkpoint_s=1.0, judge_s=0.0,
        ),
        **changes,
    )  # fmt: skip
    plan.write(folder)
    return plan


def progress(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / PROGRESS).read_text("utf-8").splitlines()]


def plain_logits(base: bases.Base, ids: torch.Tensor) -> torch.Tensor:
    """[n, words] after n tokens, by the attention of `transformers` itself."""
    base.model.set_attn_implementation("sdpa")
    logits: torch.Tensor = base.model(input_ids=ids[None]).logits[0]
    return logits


def after(count: int) -> Any:
    """Ask to stop after so many steps."""
    left = iter(range(count))
    return lambda: next(left, None) is None


def test_it_learns_and_says_so(tmp_path: Path) -> None:
    """The loss on what is held out falls; adapter and figures are there when it is done."""
    plan = a_run(tmp_path / "run")

    assert Trainer(tmp_path / "run", plan, lambda: False).run()

    figures = json.loads((tmp_path / "run" / TRAINED).read_text("utf-8"))
    assert figures["loss_after"] < figures["loss_before"] - 0.1
    assert (tmp_path / "run" / ADAPTER).stat().st_size > 10_000
    assert progress(tmp_path / "run")[-1]["state"] == "done"


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """The same command, the next row."""
    plan = a_run(tmp_path / "run")

    assert not Trainer(tmp_path / "run", plan, after(2)).run()
    first = progress(tmp_path / "run")[-1]
    assert not Trainer(tmp_path / "run", plan, after(1)).run()
    last = progress(tmp_path / "run")[-1]

    assert first["step"] == 2
    assert last["step"] == 3
    assert last["tokens"] > first["tokens"]
    assert not (tmp_path / "run" / ADAPTER).exists()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no checkpoint", b"\x80\x04."])
def test_a_damaged_checkpoint_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    """And nothing in it is run."""
    plan = a_run(tmp_path / "run")
    (tmp_path / "run" / CHECKPOINT).write_bytes(damage)

    assert not Trainer(tmp_path / "run", plan, after(1)).run()

    assert progress(tmp_path / "run")[-1]["step"] == 1


def test_another_base_than_planned_is_refused(tmp_path: Path) -> None:
    """The file was replaced since."""
    plan = a_run(tmp_path / "run", base_key="0" * 16)

    with pytest.raises(TrainingError, match="another one than when this training was planned"):
        Trainer(tmp_path / "run", plan, lambda: False)


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    """Of a project in which nothing may be asked for."""
    plan = a_run(tmp_path / "run")
    jsonl.write(
        Dataset("", (Passage("f.py", "python", "x\n", (0.0, 0.0)),)), tmp_path / "run" / DATASET
    )

    with pytest.raises(TrainingError, match="nothing to learn from"):
        Trainer(tmp_path / "run", plan, lambda: False)


def test_branches_compute_what_prompts_one_by_one_would() -> None:
    """Several cursors at once are exactly as likely as each by itself."""
    vocabulary = TrainingVocabulary(BASE)
    passage = Passage("f.py", "python", TEXT, (1.0,) * (TEXT.count("\n") + 1))
    row = Rows(vocabulary, [passage], row_tokens=500, seed=1)[0]
    base = bases.load(BASE, exact=True)

    with torch.no_grad():
        losses = row_losses(base, row, "cpu")
        begins = sorted(set(row.begins) - {0})
        assert len(begins) > 1
        for begin, end in zip(begins, [*begins[1:], len(row.ids)], strict=True):
            shared = row.shared[begin]
            alone = torch.tensor([*row.ids[:shared], *row.ids[begin:end]])
            logits = plain_logits(base, alone)[:-1]
            single = torch.nn.functional.cross_entropy(logits, alone[1:], reduction="none")
            for index, state in enumerate(row.states):
                if begin <= state < end:
                    assert float(single[shared + state - begin]) == pytest.approx(
                        float(losses[index]), abs=1e-3
                    )


def test_heads_are_put_in_order_and_back() -> None:
    """The order of llama.cpp's converter: the halves of each head are interleaved."""
    rows = np.arange(16, dtype=np.float32).reshape(8, 2)

    there = permuted(rows, 2)

    assert there[:, 0].tolist() == [0, 4, 2, 6, 8, 12, 10, 14]
    assert np.array_equal(permuted(there, 2, back=True), rows)
    assert permuted(rows, 0) is rows


def trained_weights(base: bases.Base) -> Lora:
    """An adapter that changes what is answered a lot, without training."""
    lora = Lora(base, rank=4, alpha=8.0, modules=ALL_MODULES, seed=1)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in lora.parameters.values():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.12)
    return lora


def enable(base: bases.Base, on: bool) -> None:
    """Let the base answer with what was learned, or alone."""
    for module in base.model.modules():
        if hasattr(module, "lora_A"):
            module.enable_adapters(on)


def test_llama_cpp_answers_as_pytorch_does(tmp_path: Path) -> None:
    """The exported adapter moves the logits as the trained one did (heads in order, scale)."""
    from ownstack.engine.llama.native.bindings import C, LlamaModel

    base = bases.load(BASE, exact=True)
    lora = trained_weights(base)
    write_adapter(tmp_path / "a.gguf", lora.weights(), base.shape, "test")
    model = LlamaModel(BASE)
    adapter = C.llama_adapter_lora_init(model.handle, str(tmp_path / "a.gguf").encode())
    tokens = model.tokenize(TEXT)[:64]

    def torch_logits(on: bool) -> Any:
        enable(base, on)
        with torch.no_grad():
            return plain_logits(base, torch.tensor(tokens))[-1].numpy()

    def llama_logits(on: bool) -> Any:
        params = C.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_threads = 128, 128, 2
        context = C.llama_init_from_model(model.handle, params)
        if on:
            listed = (C.llama_adapter_lora_p_ctypes * 1)()
            listed[0] = ctypes.cast(adapter, C.llama_adapter_lora_p_ctypes)
            C.llama_set_adapters_lora(context, listed, 1, (ctypes.c_float * 1)(1.0))
        array = (C.llama_token * len(tokens))(*tokens)
        assert C.llama_decode(context, C.llama_batch_get_one(array, len(tokens))) == 0
        row = C.llama_get_logits_ith(context, -1)
        found = np.ctypeslib.as_array(row, shape=(model.n_vocab,)).copy()
        C.llama_free(context)
        return found

    moved = torch_logits(True) - torch_logits(False)
    moved_there = llama_logits(True) - llama_logits(False)

    assert np.abs(moved).mean() > 0.5
    assert np.corrcoef(moved, moved_there)[0, 1] > 0.995
    assert np.abs(moved - moved_there).mean() < 0.1 * np.abs(moved).mean()
    model.close()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """As they were; and merged it moves the base as it did beside it."""
    base = bases.load(BASE, exact=True)
    lora = trained_weights(base)
    write_adapter(tmp_path / "a.gguf", lora.weights(), base.shape, "test")
    back = read_adapter(tmp_path / "a.gguf", base.shape)
    ids = torch.arange(40) + 50
    with torch.no_grad():
        beside = plain_logits(base, ids)
        enable(base, False)
        other = bases.load(BASE, exact=True)
        merge(other, back, 1.0)
        merged = plain_logits(other, ids)

    assert back.alpha == 8.0
    assert back.rank == 4
    for module, pair in lora.weights().pairs.items():
        assert np.allclose(pair.a, back.pairs[module].a, atol=1e-3)
        assert np.array_equal(pair.b, back.pairs[module].b)
    assert torch.allclose(beside, merged, atol=0.05, rtol=0.01)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\0\0\0" + b"\xff" * 64, b"text"])
def test_what_is_no_adapter_is_refused(tmp_path: Path, content: bytes) -> None:
    """In words."""
    (tmp_path / "a.gguf").write_bytes(content)
    shape = bases.Shape("llama", 6, 6, 2)

    with pytest.raises(TrainingError, match="no adapter"):
        read_adapter(tmp_path / "a.gguf", shape)


@pytest.mark.process
def test_the_process_says_why_it_cannot(tmp_path: Path) -> None:
    """One line of JSON, and its own status."""
    ended = subprocess.run(
        [sys.executable, "-m", "ownstack.learning.training", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 3
    said = json.loads(ended.stderr.strip().splitlines()[-1])
    assert "cannot be read" in said["what"]
    assert "--fresh" in said["hint"]
