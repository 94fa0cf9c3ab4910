"""The base model in PyTorch: the weights of its GGUF file, dequantised."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ownstack.errors import OwnstackError
from ownstack.learning.training import attention
from ownstack.learning.training.plan import TrainingError

ARCHITECTURES = ("llama", "qwen2", "qwen3", "starcoder2")
"""Those for which PyTorch's answers were compared with llama.cpp's."""
_PERMUTED = ("llama",)
"""llama.cpp keeps the rows of query and key by pairs (convert_hf_to_gguf.py, LlamaModel.permute);
transformers undoes it when it reads the file."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model the names and the order of an adapter's weights depend on."""

    architecture: str
    layers: int
    heads: int
    kv_heads: int

    def permutes(self, module: str) -> int:
        """Return the heads by which rows of a module lie in the file in another order; 0: none."""
        if self.architecture not in _PERMUTED:
            return 0
        return {"q_proj": self.heads, "k_proj": self.kv_heads}.get(module.rsplit(".", 1)[-1], 0)


@dataclass(slots=True)
class Base:
    """A model without a head, and the head; frozen."""

    model: Any
    """`transformers`' model for causal language modelling."""
    shape: Shape
    exact: bool = False
    """Whether it computes in float32; else in bfloat16."""

    def states(self, ids: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """Return [n, width] after int64[n] tokens, each seeing what bool[n, n] says."""
        out = self.model.model(
            input_ids=ids[None],
            position_ids=positions[None],
            attention_mask=mask[None, None],
            row=attention.parts(mask),
            use_cache=False,
        )
        states: Tensor = out.last_hidden_state[0]
        return states

    @property
    def head(self) -> Any:
        return self.model.lm_head


def load(path: Path, *, exact: bool = False) -> Base:
    """Read a GGUF file; half a minute for 0.5 B parameters. `exact` keeps float32.

    Raises:
        TrainingError: the architecture is unknown here, or the file cannot be read.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    architecture = architecture_of(path)
    if architecture not in ARCHITECTURES:
        raise TrainingError(
            f"Models of the architecture {architecture} cannot be trained here, those of "
            f"{', '.join(ARCHITECTURES)} can.",
            "See what there is: ownstack models list",
        )
    attention.register()
    dtype = torch.float32 if exact else torch.bfloat16
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(path.parent), gguf_file=path.name, dtype=dtype, attn_implementation=attention.NAME
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise TrainingError(
            f"{path.name} cannot be read as a model of {architecture}: {error}.",
            "Get the file anew, or choose another model.",
        ) from error
    model.requires_grad_(False)
    model.train(False)
    config = model.config
    shape = Shape(
        architecture,
        config.num_hidden_layers,
        config.num_attention_heads,
        config.num_key_value_heads,
    )
    return Base(model, shape, exact)


def architecture_of(path: Path) -> str:
    """Return what the file says of itself. Raises TrainingError."""
    from ownstack.models.gguf.inspection import inspect

    try:
        return inspect(path).architecture
    except OwnstackError as error:
        raise TrainingError(error.what, error.hint) from error
