"""Checkpoints: everything a run needs to go on as if it had not been stopped."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from training.model import InfillModel, ModelConfig
from training.optim import Optimiser
from training.work import write_atomically


@dataclass(slots=True)
class Progress:
    """Where a run stands. `row` is the next row to read: rows are a function of (seed, row).

    `running_s` counts time spent in steps only; `anneal_s` the part of it in the finishing phase.
    """

    step: int = 0
    row: int = 0
    tokens: int = 0
    seed: int = 0
    running_s: float = 0.0
    anneal_s: float = 0.0


def save(path: Path, model: InfillModel, optimiser: Optimiser, progress: Progress) -> None:
    state = {
        "config": asdict(model.config),
        "model": model.state_dict(),
        "optimiser": optimiser.state(),
        "progress": asdict(progress),
        "torch_rng": torch.get_rng_state(),
    }
    write_atomically(path, lambda scratch: torch.save(state, scratch))


def read(path: Path) -> dict[str, Any]:
    return torch.load(path, map_location="cpu", weights_only=True)


def load(path: Path, model: InfillModel, optimiser: Optimiser) -> Progress:
    """Weights joined from parts come without an optimiser, which then starts afresh."""
    state = read(path)
    model.load_state_dict(state["model"])
    if "optimiser" in state:
        optimiser.load(state["optimiser"])
        torch.set_rng_state(state["torch_rng"])
    return Progress(**state["progress"])


def load_model(path: Path) -> tuple[InfillModel, Progress]:
    """The network alone, in float32, for export and checks."""
    state = read(path)
    model = InfillModel(ModelConfig(**state["config"]))
    model.load_state_dict(state["model"])
    return model.eval(), Progress(**state["progress"])
