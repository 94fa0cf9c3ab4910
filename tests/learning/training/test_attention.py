"""Attention in parts is attention over the whole row."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs ownstack[learn]: torch is not installed")

import torch

from ownstack.learning.training import attention
from ownstack.learning.training.rows import Row

HEADS, KEY_HEADS, WIDTH = 6, 2, 8


def a_row() -> Row:
    """A trunk and branches, of several parts."""
    row = Row()
    trunk = list(range(200))
    row.trunk(trunk, [0.0] * 200)
    for leaves in (3, 120, 199, 60, 150):
        row.branch([*trunk[:leaves], *range(1_000, 1_040)], 10, 1.0)
    return row


def test_each_part_reads_only_what_it_sees() -> None:
    """And every token is in one part."""
    mask = torch.from_numpy(a_row().mask())

    found = attention.parts(mask)

    assert len(found) > 2
    assert [part.begin for part in found] == [0, *(part.end for part in found[:-1])]
    assert found[-1].end == len(mask)
    assert sum(part.mask.numel() for part in found) < 0.75 * mask.numel()
    for part in found:
        rebuilt = torch.zeros(part.end - part.begin, len(mask), dtype=torch.bool)
        rebuilt[:, part.keys] = part.mask
        assert torch.equal(rebuilt, mask[part.begin : part.end])


def test_it_is_what_the_whole_is_with_its_gradients() -> None:
    """Also where several heads share their keys."""
    mask = torch.from_numpy(a_row().mask())
    generator = torch.Generator().manual_seed(1)
    given = [
        torch.randn(1, heads, len(mask), WIDTH, generator=generator, requires_grad=True)
        for heads in (HEADS, KEY_HEADS, KEY_HEADS)
    ]
    weights = torch.randn(1, len(mask), HEADS, WIDTH, generator=generator)

    query, key, value = given
    found, _ = attention.attend(
        None, query, key, value, None, scaling=0.3, row=attention.parts(mask), dropout=0.0
    )
    gradients = torch.autograd.grad((found * weights).sum(), given)
    whole = torch.nn.functional.scaled_dot_product_attention(
        *given, attn_mask=mask, scale=0.3, enable_gqa=True
    ).transpose(1, 2)
    expected = torch.autograd.grad((whole * weights).sum(), given)

    assert torch.allclose(found, whole, atol=1e-5)
    for mine, its in zip(gradients, expected, strict=True):
        assert torch.allclose(mine, its, atol=1e-4)
