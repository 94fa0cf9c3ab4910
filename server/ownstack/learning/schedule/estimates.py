"""How much memory training takes, and how far it comes: predicted before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import LearningError
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.data.passages import Dataset
from ownstack.learning.schedule.conditions import too_little_memory
from ownstack.models.gguf.inspection import ModelInfo
from ownstack.models.hardware import sizing

_LIBRARIES_BYTES = 700_000_000
"""PyTorch, transformers and what they hold without any model."""
_WEIGHT_BYTES = 2
"""bfloat16."""
_READING_BYTES = 4
"""While the file is read a weight takes so much: transformers dequantises to float32."""
_LEARNED_BYTES = 16
"""A number that is learned: itself, its gradient, two moments of Adam, in float32."""
_SAVED_BYTES = 12
"""Of a number that is learned, in a checkpoint: itself, and two moments."""
_DATASET_BYTES = 50_000_000
_CHARACTERS_PER_TOKEN = 3.3
"""Of code, about."""
_KEPT_PER_TOKEN = 66
"""Numbers of the model's width that a layer takes of a token at the highest, about. It keeps half
of them for the way back; the rest is what the heap cannot use between (measured)."""
_OPERATIONS_PER_CORE = 127e9
"""A second, two for each weight and token of each of two ways; measured: 260 tokens/s on two cores
that compute bfloat16, with 0.49 B parameters."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model the memory of its training depends on."""

    parameters: int
    layers: int
    width: int
    inner: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast training goes."""

    tokens_per_s: float
    measured: bool
    """By an earlier training of the same base here."""


def shape_of(info: ModelInfo) -> Shape:
    """Return a model's shape. Reads the head of its file; raises ModelError."""
    from ownstack.models.gguf import gguf_file

    file = gguf_file.read(info.path)
    kind = info.architecture
    return Shape(
        info.parameters or 0,
        file.first_number(f"{kind}.block_count"),
        file.first_number(f"{kind}.embedding_length"),
        file.first_number(f"{kind}.feed_forward_length"),
    )


def memory_bytes(shape: Shape, rank: int, row_tokens: int) -> int:
    """Return about how many bytes training takes at its highest."""
    reading = shape.parameters * _READING_BYTES
    learned = _learned(shape, rank)
    kept = row_tokens * shape.layers * _KEPT_PER_TOKEN * shape.width * _WEIGHT_BYTES
    training = shape.parameters * _WEIGHT_BYTES + learned * _LEARNED_BYTES + kept
    return _LIBRARIES_BYTES + max(reading, training)


def disk_bytes(shape: Shape, rank: int) -> int:
    """Return about how much a run writes: two checkpoints at a time, and the adapter twice."""
    return _DATASET_BYTES + _learned(shape, rank) * (2 * _SAVED_BYTES + 2 * _WEIGHT_BYTES)


def check_disk(needed_bytes: int, free_bytes: int, folder: Path) -> None:
    """See to it that there is room on the disk before training begins.

    Raises:
        LearningError: there is not; with the figures.
    """
    if needed_bytes > free_bytes:
        raise LearningError(
            f"Learning writes about {needed_bytes / 1e6:.0f} MB, and the disk that holds "
            f"{folder} has {free_bytes / 1e6:.0f} MB left.",
            "Make room, or choose a smaller --rank.",
        )


def check_memory(needed_bytes: int, free_bytes: int) -> None:
    """See to it that training fits before it begins.

    Raises:
        LearningError: it does not; with the figures, and what to do.
    """
    if why := too_little_memory(needed_bytes, free_bytes):
        raise LearningError(
            why,
            "Close other programs, or name a smaller model by --base. "
            "See what there is: ownstack models list",
        )


def pace(
    parameters: int,
    base_key: str,
    records: Iterable[AdapterRecord],
    cores: int | None = None,
) -> Pace:
    """Return how fast a base will be trained: as it was before, or by the processor's cores."""
    for record in sorted(records, key=lambda record: record.created, reverse=True):
        tokens, seconds = record.trained.get("tokens", 0), record.trained.get("trained_s", 0)
        if record.base_key == base_key and tokens > 0 and seconds > 0:
            return Pace(tokens / seconds, measured=True)
    cores = cores or sizing.cores()
    return Pace(cores * _OPERATIONS_PER_CORE / 2 / max(1, parameters), measured=False)


def in_words(dataset: Dataset, minutes: float, pace: Pace) -> str:
    """Return what is learned from, and how far training comes in its time, as sentences."""
    lines = sum(len(passage.weights) for passage in dataset.passages)
    characters = sum(len(passage.text) for passage in dataset.passages)
    characters += sum(len(each.request) + len(each.answer) for each in dataset.exchanges)
    tokens, read = characters / _CHARACTERS_PER_TOKEN, 60 * minutes * pace.tokens_per_s
    how = "as fast as the last time" if pace.measured else "by a guess from the processor"
    exchanges = f" and {len(dataset.exchanges):,} accepted edits" if dataset.exchanges else ""
    return (
        f"{lines:,} lines of {len(dataset.passages):,} files{exchanges} to learn from, about "
        f"{tokens:,.0f} tokens. In {minutes:g} min about {read:,.0f} are read ({how}): "
        f"each {read / max(1.0, tokens):.1f} times."
    )


def _learned(shape: Shape, rank: int) -> int:
    """Return how many numbers an adapter has, about: all projections of all layers."""
    # Query, key, value and output are at most as wide as the model; three are wide on one side.
    return rank * shape.layers * (4 * 2 * shape.width + 3 * (shape.width + shape.inner))
