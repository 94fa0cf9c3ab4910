"""The loss of a row: computed only where something is learned, some tokens at a time.

Logits of all tokens would take more memory than the model.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from ownstack.learning.training.base import Base
from ownstack.learning.training.rows import Row

CHUNK = 128


def row_losses(base: Base, row: Row, device: str) -> Tensor:
    """Return float32[m]: nats of each prediction of a row."""
    ids = torch.tensor(row.ids, device=device)
    positions = torch.tensor(row.positions, device=device)
    mask = torch.from_numpy(row.mask()).to(device)
    targets = torch.tensor(row.targets, device=device)
    with torch.autocast(device, torch.bfloat16, enabled=not base.exact):
        states = base.states(ids, positions, mask)[torch.tensor(row.states, device=device)]
        parts = [
            cast(Tensor, checkpoint(_part, base, some, own, use_reentrant=False))
            for some, own in zip(states.split(CHUNK), targets.split(CHUNK), strict=True)
        ]
    losses: Tensor = torch.cat(parts)
    return losses


def _part(base: Base, states: Tensor, targets: Tensor) -> Tensor:
    losses: Tensor = functional.cross_entropy(base.head(states).float(), targets, reduction="none")
    return losses


def mean_loss(base: Base, rows: list[Row], device: str) -> float:
    """Return nats a token, over all predictions of some rows."""
    total, count = 0.0, 0
    with torch.no_grad():
        for row in rows:
            losses = row_losses(base, row, device)
            total += float(losses.sum())
            count += len(losses)
    return total / max(1, count)
