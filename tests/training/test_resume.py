"""A run goes on from the file that is shipped, when nothing else is left of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("tokenizers", reason="training needs the tokenizers package")
pytest.importorskip("gguf", reason="the export needs the gguf package")

from tests.training.test_training import advance, trainer
from tests.training.tiny import Tiny
from training import checkpoint
from training.card import MODEL
from training.checkpoint import Progress
from training.export import devices, write_model
from training.model import CONFIGS, InfillModel
from training.resume import resume
from training.tokenizer import load

pytestmark = pytest.mark.native

PROGRESS = Progress(step=5, row=40, tokens=9_000_000_000, seed=3, running_s=7_200.0, anneal_s=60.0)


def shipped(tiny: Tiny, folder: Path, model: InfillModel, kind: str = "q8_0") -> Path:
    path = folder / "shipped.gguf"
    write_model(path, model, tiny.work / "tokenizer.json", kind, "a test", PROGRESS, "CPU")
    return path


@pytest.mark.parametrize(("kind", "tolerance"), [("f32", 0.0), ("q8_0", 1 / 127)])
def test_the_weights_come_back(tiny: Tiny, tmp_path: Path, kind: str, tolerance: float) -> None:
    """Exactly, or as exactly as the file holds them."""
    run = trainer(tiny, tmp_path)
    advance(run, 2)

    target = resume(shipped(tiny, tmp_path, run.model.eval(), kind), tmp_path / "new")

    model, _ = checkpoint.load_model(target)
    for name, weight in run.model.state_dict().items():
        error = (weight - model.state_dict()[name]).abs().max()
        assert error <= tolerance * weight.abs().max(), name


def test_the_tokenizer_comes_back(tiny: Tiny, tmp_path: Path) -> None:
    """The same file as the one that the corpus was tokenised with."""
    source = shipped(tiny, tmp_path, InfillModel(CONFIGS["tiny"]))

    resume(source, tmp_path / "new")

    assert load(tmp_path / "new").to_str() == load(tiny.work).to_str()


def test_the_run_goes_on_where_it_stood(tiny: Tiny, tmp_path: Path) -> None:
    """What was seen counts, the finishing phase does not, and the next step can be taken."""
    target = resume(shipped(tiny, tmp_path, InfillModel(CONFIGS["tiny"])), tmp_path / "new")

    run = trainer(tiny, tmp_path)
    run.resume(target)

    assert run.progress == Progress(5, 40, 9_000_000_000, seed=3, running_s=7_200.0)
    advance(run, 1)
    assert run.progress.step == 6


def test_nothing_is_overwritten(tiny: Tiny, tmp_path: Path) -> None:
    """A checkpoint that is there is worth more than the shipped file."""
    source = shipped(tiny, tmp_path, InfillModel(CONFIGS["tiny"]))
    target = resume(source, tmp_path / "new")
    before = target.read_bytes()

    with pytest.raises(ValueError, match="is there already"):
        resume(source, tmp_path / "new")

    assert target.read_bytes() == before
    assert resume(source, tmp_path / "new", "again").name == "last.pt"


def test_another_tokenizer_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    """Or the tokens that lie there would mean something else."""
    work = tmp_path / "new"
    work.mkdir()
    tokenizer = json.loads((tiny.work / "tokenizer.json").read_text())
    tokenizer["model"]["merges"].pop()
    (work / "tokenizer.json").write_text(json.dumps(tokenizer))

    with pytest.raises(ValueError, match="is another tokenizer"):
        resume(shipped(tiny, tmp_path, InfillModel(CONFIGS["tiny"])), work)

    assert not (work / "runs").exists()


def test_a_strange_file_is_refused(tmp_path: Path) -> None:
    """A model that training.export did not write says so in one sentence."""
    from tests.support.gguf_models import make_gguf

    with pytest.raises(ValueError, match=r"The file says no |is of no configuration"):
        resume(make_gguf(tmp_path / "other.gguf"), tmp_path / "new")


def test_the_log_says_what_it_ran_on(tmp_path: Path) -> None:
    """Each kind of device once, in order."""
    lines = [
        {"event": "start", "torch": "2.13.0+cpu"},
        {"event": "step"},
        {"event": "start", "torch": "2.11.0+cu130"},
        {"event": "start", "torch": "2.13.0+cpu"},
    ]
    journal = tmp_path / "log.jsonl"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))

    assert devices(journal) == "CPU, GPU"
    assert devices(tmp_path / "none.jsonl") == ""


def test_the_shipped_file_can_be_trained_further(tmp_path: Path) -> None:
    """Whatever window it names."""
    assert resume(MODEL, tmp_path).parent.name in ("cpu", "gpu")
