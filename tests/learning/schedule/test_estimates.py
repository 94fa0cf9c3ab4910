"""What training takes is known before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.errors import LearningError
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.data.passages import Dataset, Passage
from ownstack.learning.schedule import estimates
from ownstack.learning.schedule.estimates import Pace, Shape
from ownstack.models.registry import inspect
from tests.support.gguf_models import make_gguf

CODER_05B = Shape(parameters=494_000_000, layers=24, width=896, inner=4_864)
CODER_15B = Shape(parameters=1_544_000_000, layers=28, width=1_536, inner=8_960)


@pytest.mark.parametrize(("shape", "low_gb", "high_gb"), [(CODER_05B, 3, 6), (CODER_15B, 8, 12)])
def test_memory(shape: Shape, low_gb: float, high_gb: float) -> None:
    """The bar: 6 GB for 0.5 B parameters."""
    assert low_gb < estimates.memory_bytes(shape, 16, 1_280) / 1e9 < high_gb


def test_memory_grows() -> None:
    """With the rank, and with what is computed at once."""
    usual = estimates.memory_bytes(CODER_05B, 16, 1_280)
    assert estimates.memory_bytes(CODER_05B, 64, 1_280) > usual
    assert estimates.memory_bytes(CODER_05B, 16, 4_096) > usual


def test_disk() -> None:
    """Two checkpoints of 106 MB, and some more."""
    assert 200e6 < estimates.disk_bytes(CODER_05B, 16) < 400e6
    with pytest.raises(LearningError, match="has 1 MB left"):
        estimates.check_disk(2_000_000, 1_000_000, Path("/x"))


def test_shape_of(tmp_path: Path) -> None:
    """It is read from the head of the file."""
    shape = estimates.shape_of(inspect(make_gguf(tmp_path / "base.gguf")))
    assert min(shape.parameters, shape.layers, shape.width, shape.inner) > 0


def record(created: str, base_key: str, **trained: float) -> AdapterRecord:
    return AdapterRecord(
        "0" * 16, "project", "completion", base_key, "b", "qwen2", 16, 32, "", created,
        trained=trained,
    )  # fmt: skip


def test_pace() -> None:
    """As it was the last time with this base; else by the cores."""
    records = [
        record("2026-01-01", "a", tokens=1_000, trained_s=10),
        record("2026-01-02", "a", tokens=3_000, trained_s=10),
        record("2026-01-03", "b", tokens=9_000, trained_s=10),
        record("2026-01-04", "a"),
    ]
    assert estimates.pace(1, "a", records) == Pace(300, measured=True)
    guessed = estimates.pace(494_000_000, "c", records, cores=2)
    assert not guessed.measured
    assert guessed.tokens_per_s == pytest.approx(257, rel=0.01)


def test_in_words() -> None:
    """What there is, and how often it is read in the time there is."""
    passages = tuple(Passage(f"{n}.py", "python", "x" * 3_300, (1.0,)) for n in range(10))
    said = estimates.in_words(Dataset("/p", passages), 1.0, Pace(500, measured=False))

    assert said == (
        "10 lines of 10 files to learn from, about 10,000 tokens. In 1 min about 30,000 are "
        "read (by a guess from the processor): each 3.0 times."
    )
