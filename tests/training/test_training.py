"""A run that was stopped goes on as if it had not been, and its export says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.tiny import Tiny, torch
from training import checkpoint, parts
from training.clock import RunningClock
from training.loss import tied_cross_entropy
from training.model import CONFIGS, InfillModel, causal_attention
from training.optim import learning_scale
from training.rows import RowMix, Rows
from training.tokenizer import load
from training.tokens import open_store
from training.train import Batches, Journal, Trainer, starting_point

pytestmark = pytest.mark.native


def trainer(tiny: Tiny, folder: Path) -> Trainer:
    torch.manual_seed(0)
    maker = Rows(open_store(tiny.work / "tokens", "train"), load(tiny.work), RowMix(length=64))
    model = InfillModel(CONFIGS["tiny"])
    batches = Batches(maker, batch=2, workers=0, device="cpu")
    return Trainer(model, batches, folder / "last.pt", Journal(folder / "log.jsonl"))


def advance(run: Trainer, steps: int) -> list[float]:
    batches = run.batches(run.progress.row)
    return [run.step(*next(batches), annealed=0.0).item() for _ in range(steps)]


def test_a_resumed_run_continues_exactly(tiny: Tiny, tmp_path: Path) -> None:
    straight = trainer(tiny, tmp_path)
    expected = advance(straight, 6)

    stopped = trainer(tiny, tmp_path)
    losses = advance(stopped, 3)
    stopped.save()
    resumed = trainer(tiny, tmp_path)
    resumed.resume(tmp_path / "last.pt")
    losses += advance(resumed, 3)

    assert losses == expected
    assert resumed.progress == straight.progress
    for name, weight in straight.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_training_lowers_the_loss(tiny: Tiny, tmp_path: Path) -> None:
    losses = advance(trainer(tiny, tmp_path), 80)
    assert sum(losses[-5:]) < sum(losses[:5]) - 2.5


def test_an_unfinished_anneal_goes_on_and_a_finished_one_starts_over(
    tiny: Tiny, tmp_path: Path
) -> None:
    run = trainer(tiny, tmp_path)
    assert starting_point(tmp_path, 60.0) is None
    run.save()
    run.target, run.progress.anneal_s = tmp_path / "annealed.pt", 30.0
    run.save()
    assert starting_point(tmp_path, 60.0) == tmp_path / "annealed.pt"
    assert starting_point(tmp_path, 30.0) == tmp_path / "last.pt"
    assert starting_point(tmp_path, 0.0) == tmp_path / "last.pt"


def test_the_rate_warms_up_stays_and_falls() -> None:
    assert learning_scale(0, 0.0) < learning_scale(30, 0.0) < learning_scale(10_000, 0.0) == 1.0
    assert learning_scale(10_000, 0.75) == pytest.approx(0.25)


def test_time_spent_stopped_does_not_count() -> None:
    clock = RunningClock()
    assert [clock.counted(seconds) for seconds in (40.0, 2.0, 2.0, 600.0)] == [0.0, 2.0, 2.0, 8.0]


def test_the_chunked_loss_and_its_gradients_are_cross_entropys() -> None:
    torch.manual_seed(1)
    states, table = torch.randn(50, 32), torch.randn(100, 32) * 0.1
    targets, weights = torch.randint(0, 100, (50,)), torch.rand(50)
    results = []
    for chunk in (7, None):
        s, t = states.clone().requires_grad_(), table.clone().requires_grad_()
        if chunk:
            loss = tied_cross_entropy(s, t, targets, weights, chunk)
        else:
            each = torch.nn.functional.cross_entropy(s @ t.T, targets, reduction="none")
            loss = (each * weights).sum() / weights.sum()
        loss.backward()
        results.append((loss.detach(), s.grad, t.grad))
    for ours, exact in zip(*results, strict=True):
        assert (ours - exact).norm() / exact.norm() < 0.01


def test_weights_travel_in_parts(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(tiny, tmp_path)
    advance(run, 1)
    run.save()
    monkeypatch.setattr(parts, "PART_BYTES", 20_000)
    assert parts.split(tmp_path / "last.pt", tmp_path / "parts") > 1
    parts.join(tmp_path / "parts", tmp_path / "joined.pt")
    model, progress = checkpoint.load_model(tmp_path / "joined.pt")
    assert progress == run.progress
    for name, weight in run.model.state_dict().items():
        joined = model.state_dict()[name]
        assert (weight - joined).abs().max() <= weight.abs().max() / 127

    fresh = trainer(tiny, tmp_path)
    fresh.resume(tmp_path / "joined.pt")
    assert fresh.progress == run.progress


def test_llama_cpp_computes_what_torch_computes(tiny: Tiny, tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="the export needs the gguf package")
    pytest.importorskip("llama_cpp", reason="the comparison needs llama.cpp")
    from training.check_export import by_llama, by_torch, prompts
    from training.export import write_model
    from training.llama import Llama

    run = trainer(tiny, tmp_path)
    advance(run, 30)
    path = tmp_path / "model.gguf"
    write_model(path, run.model.eval(), tiny.work / "tokenizer.json", "f32", "a test")
    for name in ("u16", "npz", "json"):
        source = tiny.work / "tokens" / f"train.{name}"
        (tmp_path / "tokens").mkdir(exist_ok=True)
        (tmp_path / "tokens" / f"heldout.{name}").write_bytes(source.read_bytes())
    (tmp_path / "tokenizer.json").write_bytes((tiny.work / "tokenizer.json").read_bytes())
    llama = Llama(path, threads=1, context=1_024)
    for prompt in prompts(tmp_path, 3):
        ours, theirs = by_torch(run.model, prompt), by_llama(llama, prompt)
        assert ours.tokens == theirs.tokens
        np.testing.assert_allclose(ours.logits, theirs.logits, atol=0.01)
    llama.close()


@pytest.mark.parametrize("time", [1, 63, 64, 100])
def test_attention_in_blocks_is_attention(time: int) -> None:
    query, key, value = (torch.randn(2, heads, time, 8) for heads in (6, 2, 2))
    whole = torch.nn.functional.scaled_dot_product_attention(
        query, key.repeat_interleave(3, 1), value.repeat_interleave(3, 1), is_causal=True
    )
    torch.testing.assert_close(causal_attention(query, key, value), whole)


def test_broken_weights_are_not_saved(tiny: Tiny, tmp_path: Path) -> None:
    """The checkpoint that is there is worth more."""
    run = trainer(tiny, tmp_path)
    run.save()
    before = run.target.read_bytes()
    with torch.no_grad():
        run.model.norm.weight[0] = torch.nan

    with pytest.raises(FloatingPointError, match="not finite"):
        run.save()

    assert run.target.read_bytes() == before
