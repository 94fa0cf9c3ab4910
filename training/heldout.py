"""Loss on packages that were never trained on, by language."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.loss import token_losses
from training.model import InfillModel
from training.rows import MIDDLE_WEIGHT, RowMix, Rows
from training.tokens import TokenStore

EVALUATION_SEED = 123


@dataclass(frozen=True, slots=True)
class HeldOutRows:
    """A fixed set of rows per language: int64[rows, length + 1], float32[rows, length + 1]."""

    rows: dict[str, tuple[Tensor, Tensor]]


def held_out_rows(store: TokenStore, tokenizer: Tokenizer, mix: RowMix, count: int) -> HeldOutRows:
    table = {}
    for language in store.languages:
        rows = Rows(store, tokenizer, mix, EVALUATION_SEED, language)
        ids, weights = zip(*(rows[i] for i in range(count)), strict=True)
        table[language] = (torch.from_numpy(np.stack(ids)), torch.from_numpy(np.stack(weights)))
    return HeldOutRows(table)


@torch.no_grad()
def held_out_loss(
    model: InfillModel, held_out: HeldOutRows, device: str, chunk: int
) -> dict[str, dict[str, float]]:
    """Mean nats per token: {"all": {language: ...}, "middle": {language: ...}}."""
    result: dict[str, dict[str, float]] = {"all": {}, "middle": {}}
    for language, (ids, weights) in held_out.rows.items():
        ids, weight = ids.to(device), weights[:, 1:].flatten().to(device)
        with torch.autocast(device, torch.bfloat16):
            states = model.hidden(ids[:, :-1]).flatten(0, 1)
            losses = token_losses(states, model.embedding.weight, ids[:, 1:].flatten(), chunk)
        result["all"][language] = losses[weight > 0].mean().item()
        result["middle"][language] = losses[weight == MIDDLE_WEIGHT].mean().item()
    for part in result.values():
        part["mean"] = sum(part.values()) / len(part)
    return {name: {k: round(v, 4) for k, v in part.items()} for name, part in result.items()}
