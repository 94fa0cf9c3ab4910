"""The network: LLaMA architecture with tied embeddings, small enough to ship in a package.

RoPE here rotates the two halves of a head against each other; llama.cpp's `llama` architecture
rotates neighbouring pairs, so `export.py` permutes the query and key rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORM_EPS = 1e-5
MAX_POSITIONS = 4096
QUERY_BLOCK = 64


@dataclass(frozen=True, slots=True)
class ModelConfig:
    vocabulary: int = 16_384
    width: int = 384
    layers: int = 6
    heads: int = 6
    kv_heads: int = 2
    hidden: int = 1_024
    rope_base: float = 10_000.0

    @property
    def head_width(self) -> int:
        return self.width // self.heads


CONFIGS = {
    "cpu": ModelConfig(),  # 15.7 M parameters
    "gpu": ModelConfig(width=512, layers=11, heads=8, hidden=1_408),  # 39.4 M parameters
    "tiny": ModelConfig(512, 32, 2, 2, 1, 64),  # for tests
}


def rope_tables(config: ModelConfig) -> tuple[Tensor, Tensor]:
    """Cosines and sines, float32[MAX_POSITIONS, head_width / 2]."""
    exponents = torch.arange(0, config.head_width, 2).float() / config.head_width
    angles = torch.outer(torch.arange(MAX_POSITIONS).float(), config.rope_base**-exponents)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)


def causal_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention over the past: [batch, heads, time, width], keys and values [batch, kv_heads, ...].

    On a CPU in blocks of queries, each against its own past alone: PyTorch's fused kernel took
    2.8 times as long there (512 tokens, bf16, forward and backward).
    """
    batch, heads, time, width = query.shape
    groups = key.shape[1]
    if query.device.type != "cpu":
        key = key.repeat_interleave(heads // groups, 1)
        value = value.repeat_interleave(heads // groups, 1)
        return F.scaled_dot_product_attention(query, key, value, is_causal=True)
    parts = []
    for start in range(0, time, QUERY_BLOCK):
        end = min(start + QUERY_BLOCK, time)
        rows = end - start
        asked = query[:, :, start:end].reshape(batch, groups, heads // groups * rows, width)
        scores = (asked @ key[:, :, :end].transpose(-1, -2)).float() * width**-0.5
        future = torch.ones(rows, end, dtype=torch.bool, device=query.device).triu(start + 1)
        scores = scores.view(batch, heads, rows, end).masked_fill(future, -math.inf)
        weights = scores.softmax(-1).to(query.dtype).view(batch, groups, -1, end)
        parts.append((weights @ value[:, :, :end]).view(batch, heads, rows, width))
    return torch.cat(parts, 2)


class Norm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), NORM_EPS)


class Block(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width, kv_width = config.width, config.kv_heads * config.head_width
        self.attention_norm = Norm(width)
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * kv_width, bias=False)
        self.output = nn.Linear(width, width, bias=False)
        self.ffn_norm = Norm(width)
        self.gate_up = nn.Linear(width, 2 * config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """float[batch, time, width] → the same; attention is causal over the whole row."""
        config = self.config
        batch, time, width = x.shape
        normed = self.attention_norm(x)
        query = self.query(normed).view(batch, time, config.heads, -1).transpose(1, 2)
        both = self.key_value(normed).view(batch, time, 2 * config.kv_heads, -1).transpose(1, 2)
        key, value = both.split(config.kv_heads, 1)
        query, key = rotate(query, cos, sin), rotate(key, cos, sin)
        mixed = causal_attention(query, key, value)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, time, width))
        gate, up = self.gate_up(self.ffn_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class InfillModel(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = Norm(config.width)
        cos, sin = rope_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.initialise()

    def initialise(self) -> None:
        residual = 0.02 / math.sqrt(2 * self.config.layers)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                branch_end = name.endswith(("output.weight", "down.weight"))
                nn.init.normal_(parameter, std=residual if branch_end else 0.02)

    def hidden(self, ids: Tensor) -> Tensor:
        """int[batch, time] → normalised states, float[batch, time, width]."""
        x = self.embedding(ids)
        if torch.is_autocast_enabled(ids.device.type):
            x = x.to(torch.bfloat16)
        time = ids.shape[1]
        cos, sin = self.cos[:time].to(x.dtype), self.sin[:time].to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.norm(x)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits, float[batch, time, vocabulary]."""
        return F.linear(self.hidden(ids), self.embedding.weight)
