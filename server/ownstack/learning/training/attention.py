"""Attention over a row, some queries at a time: each part reads only the keys that it sees.

A row is a tree (see `rows`), so that most of its mask is empty: computed whole, attention was 38 %
of the time of training coder-0.5b (rows of 1,536 tokens, two cores).
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

NAME = "ownstack_row"
"""What `transformers` knows `attend` by."""
QUERIES = 128


class Part(NamedTuple):
    """Some queries of a row, one after another, and what they see."""

    begin: int
    end: int
    keys: Tensor
    """int64[k]: the places that any of them sees."""
    mask: Tensor
    """bool[q, k]: which of them sees which of those."""


def parts(mask: Tensor) -> list[Part]:
    """Divide bool[n, n], whether a token (row) sees another (column)."""
    found = []
    for begin in range(0, len(mask), QUERIES):
        some = mask[begin : begin + QUERIES]
        keys = some.any(0).nonzero()[:, 0]
        found.append(Part(begin, begin + len(some), keys, some[:, keys]))
    return found


def attend(
    _module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    row: list[Part],
    **_: Any,
) -> tuple[Tensor, None]:
    """Return [1, n, heads, width], as `transformers` asks its attention functions to.

    `query` is [1, heads, n, width]; `key` and `value` may have one head for several of them. What
    `attention_mask` says is in `row`.
    """
    found = [
        scaled_dot_product_attention(
            query[:, :, part.begin : part.end],
            key[:, :, part.keys],
            value[:, :, part.keys],
            attn_mask=part.mask,
            scale=scaling,
            enable_gqa=True,
        )
        for part in row
    ]
    return torch.cat(found, dim=2).transpose(1, 2), None


def register() -> None:
    """Tell `transformers` of it, by `NAME`."""
    from transformers import AttentionInterface

    cast(Any, AttentionInterface).register(NAME, attend)
