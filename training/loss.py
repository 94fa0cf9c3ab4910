"""Weighted next-token loss over a tied vocabulary, in chunks, without keeping the logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Kernel = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


class TiedCrossEntropy(torch.autograd.Function):
    """Mean cross entropy of `states @ table.T`, its gradients computed in the forward pass.

    The logits of a whole batch would be the largest tensor of a step by far (10 k tokens x 16 k
    entries); here only `chunk` rows of them exist at a time.
    """

    @staticmethod
    def forward(
        ctx: Any,
        states: Tensor,
        table: Tensor,
        targets: Tensor,
        weights: Tensor,
        chunk: int,
        kernel: Kernel,
    ) -> Tensor:
        """States [n, width], table [vocabulary, width], targets int64[n], weights float[n]."""
        narrow, states = table.to(torch.bfloat16), states.to(torch.bfloat16)
        grad_states = torch.empty_like(states)
        grad_table = torch.zeros_like(table, dtype=torch.float32)
        total = torch.zeros((), device=states.device)
        scale = weights / weights.sum()
        for begin in range(0, len(states), chunk):
            part = slice(begin, begin + chunk)
            logits = F.linear(states[part], narrow)
            loss, grad = kernel(logits, targets[part, None], scale[part, None])
            total += loss
            torch.mm(grad, narrow, out=grad_states[part])
            grad_table += grad.t() @ states[part]
        ctx.save_for_backward(grad_states, grad_table)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad_states, grad_table = ctx.saved_tensors
        (grad,) = grads
        return grad_states * grad.to(grad_states.dtype), grad_table * grad, None, None, None, None


def loss_and_gradient(logits: Tensor, targets: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Summed scaled loss, and its gradient bfloat16[n, vocabulary].

    Compiled, it is a few passes over the logits, which otherwise cost more than the products.
    """
    logits = logits.float()
    log_total = torch.logsumexp(logits, -1, keepdim=True)
    loss = ((log_total - logits.gather(1, targets)) * scale).sum()
    hits = targets == torch.arange(logits.shape[1], device=logits.device)
    grad = (torch.exp(logits - log_total) - hits.float()) * scale
    return loss, grad.to(torch.bfloat16)


def tied_cross_entropy(
    states: Tensor,
    table: Tensor,
    targets: Tensor,
    weights: Tensor,
    chunk: int,
    kernel: Kernel = loss_and_gradient,
) -> Tensor:
    """`kernel` is `loss_and_gradient`, compiled or not."""
    return TiedCrossEntropy.apply(states, table, targets, weights, chunk, kernel)


@torch.no_grad()
def token_losses(states: Tensor, table: Tensor, targets: Tensor, chunk: int) -> Tensor:
    """The unweighted loss of every token in nats, float32[n]."""
    parts = [
        F.cross_entropy(
            F.linear(states[i : i + chunk], table.to(states.dtype)).float(),
            targets[i : i + chunk],
            reduction="none",
        )
        for i in range(0, len(states), chunk)
    ]
    return torch.cat(parts)
