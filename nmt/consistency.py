"""Two passes over a batch, different in dropout alone, that are drawn to predict alike.

Source: Liang et al. 2021, R-Drop (arXiv 2106.14448), equation 4; here it is halved, so that the
loss is that of one pass. Dimension letters: N target tokens, D model dimension, V vocabulary.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsistencyConfig:
    """What the loss is made of."""

    label_smoothing: float
    weight: float
    """Of the divergence between the passes; the paper's alpha."""


def summed_consistency_loss(
    passes: Tensor, weight: Tensor, labels: Tensor, config: ConsistencyConfig, *, chunk: int
) -> Tensor:
    """The loss summed over N tokens, never holding more than `chunk` rows of logits.

    Args:
        passes: decoded positions of the first pass, then of the second, shape = (2 N, D).
        weight: of the output layer, shape = (V, D).
        labels: shape = (N,).
        config: the shares of the parts.
        chunk: tokens to look at together, of either pass.
    """
    device = passes.device.type
    enabled = torch.is_autocast_enabled(device)
    dtype = torch.get_autocast_dtype(device) if enabled else passes.dtype
    loss: Tensor = _ChunkedConsistency.apply(  # type: ignore[no-untyped-call]
        passes, weight, labels, config, chunk, dtype
    )
    return loss


class _ChunkedConsistency(torch.autograd.Function):
    """Finds the gradients on the way forward, while a chunk's probabilities are there."""

    @staticmethod
    def forward(
        ctx: Any,
        passes: Tensor,
        weight: Tensor,
        labels: Tensor,
        config: ConsistencyConfig,
        chunk: int,
        dtype: torch.dtype,
    ) -> Tensor:
        with torch.autocast(passes.device.type, enabled=False):
            rows, matrix = passes.to(dtype).view(2, len(labels), -1), weight.to(dtype)
            loss = torch.zeros((), device=passes.device)
            from_rows = torch.empty_like(rows, dtype=passes.dtype)
            to_matrix = torch.zeros_like(weight)
            for start in range(0, len(labels), chunk):
                some, theirs = rows[:, start : start + chunk], labels[start : start + chunk]
                logs = torch.log_softmax((some @ matrix.t()).float(), dim=-1)
                value, gradient = _loss_of_logs(logs, theirs, config)
                loss += value
                gradient = gradient.to(dtype)
                from_rows[:, start : start + chunk] = gradient @ matrix
                to_matrix += gradient.flatten(0, 1).t() @ some.flatten(0, 1)
        ctx.save_for_backward(from_rows.view_as(passes), to_matrix)
        return loss

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        from_rows, to_matrix = ctx.saved_tensors
        return from_rows * gradient, to_matrix * gradient, None, None, None, None


def _loss_of_logs(logs: Tensor, labels: Tensor, config: ConsistencyConfig) -> tuple[Tensor, Tensor]:
    """The loss and the gradient of the logits, given log-probabilities, shape = (2, rows, V)."""
    smoothing, even = config.label_smoothing, config.label_smoothing / logs.shape[-1]
    index = labels.expand(2, -1)[..., None]
    chosen = logs.gather(-1, index).sum()
    loss = -(1 - smoothing) * chosen - even * logs.sum()
    probabilities = logs.exp()
    difference = logs[0] - logs[1]
    divergences = torch.stack(
        ((probabilities[0] * difference).sum(-1), -(probabilities[1] * difference).sum(-1))
    )
    loss += config.weight / 2 * divergences.sum()
    # The divergence from one pass to the other moves both of them.
    signed = torch.stack((difference, -difference)).sub_(divergences[..., None])
    apart = probabilities - probabilities.flip(0)
    gradient = signed.mul_(probabilities).add_(apart).mul_(config.weight / 2)
    gradient.add_(probabilities).sub_(even)
    gradient.scatter_add_(-1, index, torch.full_like(index, smoothing - 1, dtype=logs.dtype))
    return loss / 2, gradient.div_(2)
