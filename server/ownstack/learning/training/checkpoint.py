"""What a run needs to go on: written whole, refused where it belongs to something else."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ownstack.files.writing import write_whole_by
from ownstack.learning.training.plan import CHECKPOINT, DATASET, TrainingPlan


@dataclass(slots=True)
class Progressed:
    """How far a run is."""

    step: int = 0
    row: int = 0
    tokens: int = 0
    samples: int = 0
    trained_s: float = 0.0
    loss_before: float | None = None
    """On what is held out, before the first step."""


def save(
    folder: Path, belongs: str, progressed: Progressed, lora: Any, optimiser: dict[str, Any]
) -> None:
    """Write a checkpoint. Raises OSError; the one before it stands then."""
    state = {
        "belongs": belongs,
        "progressed": asdict(progressed),
        "lora": lora,
        "optimiser": optimiser,
    }
    write_whole_by(folder / CHECKPOINT, lambda beside: torch.save(state, beside))


def load(folder: Path, belongs: str) -> dict[str, Any] | None:
    """Return the checkpoint of this run; None if there is none, or it belongs to another plan."""
    try:
        # Weights only: a checkpoint may not bring code.
        state: dict[str, Any] = torch.load(
            folder / CHECKPOINT, map_location="cpu", weights_only=True
        )
    except FileNotFoundError:
        return None
    except Exception:  # A file of whatever content may raise whatever it likes.
        return None
    if not isinstance(state, dict) or state.get("belongs") != belongs:
        return None
    return state


def belongs_to(folder: Path, plan: TrainingPlan) -> str:
    """Return what a checkpoint must agree in: the base, the data, the shape, the seed."""
    digest = hashlib.sha256()
    shape = (plan.rank, plan.alpha, plan.modules, plan.row_tokens)
    of = (plan.base_key, plan.role, plan.seed, plan.on_top_of, plan.on_top_scale)
    digest.update(repr((shape, of)).encode())
    digest.update((folder / DATASET).read_bytes())
    return digest.hexdigest()
