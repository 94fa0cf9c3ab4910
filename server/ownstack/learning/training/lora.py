"""Low-rank adaptation of a base model, by peft: what is trained, and its weights in and out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import nn

from ownstack.learning.training.adapter_file import LoraPair, LoraWeights
from ownstack.learning.training.base import Base

_NAME = "learned"


class Lora:
    """The matrices that are trained, inside of a base model (float32; the base is not changed)."""

    def __init__(
        self, base: Base, *, rank: int, alpha: float, modules: Sequence[str], seed: int
    ) -> None:
        """`modules` are named as in `plan.MODULES`; those that the model lacks are passed over."""
        torch.manual_seed(seed)
        inner: nn.Module = base.model.model
        present = {name.rsplit(".", 1)[-1] for name, _ in inner.named_modules()}
        wanted = [name for name in modules if name in present]
        config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=wanted, lora_dropout=0.0)
        inject_adapter_in_model(config, inner, adapter_name=_NAME)
        self._alpha = alpha
        self.parameters: dict[str, nn.Parameter] = {}
        for name, parameter in inner.named_parameters():
            learned = ".lora_A." in name or ".lora_B." in name
            parameter.requires_grad_(learned)
            if learned:
                parameter.data = parameter.data.float()
                self.parameters[name] = parameter

    @property
    def size(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters.values())

    def weights(self) -> LoraWeights:
        """Return a copy of what was learned."""
        pairs: dict[str, dict[str, Any]] = {}
        for name, parameter in self.parameters.items():
            module, _, part = name.partition(".lora_")
            pairs.setdefault(f"model.{module}", {})[part[0].lower()] = (
                parameter.detach().cpu().numpy().copy()
            )
        return LoraWeights(
            {module: LoraPair(pair["a"], pair["b"]) for module, pair in pairs.items()}, self._alpha
        )

    def state(self) -> dict[str, torch.Tensor]:
        return {name: parameter.detach().clone() for name, parameter in self.parameters.items()}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Put back what `state` gave. Raises KeyError or RuntimeError if it is another shape."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(state[name])


def merge(base: Base, weights: LoraWeights, scale: float) -> None:
    """Add an adapter to the base's own weights: what is trained next is trained on top of it."""
    for name, pair in weights.pairs.items():
        module = base.model.get_submodule(name)
        a, b = torch.from_numpy(pair.a), torch.from_numpy(pair.b)
        delta = (b @ a) * (scale * weights.alpha / weights.rank)
        weight = module.weight
        with torch.no_grad():
            weight.copy_((weight.float() + delta.to(weight.device)).to(weight.dtype))
