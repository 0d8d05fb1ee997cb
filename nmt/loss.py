"""Cross-entropy of decoded positions, computed for real target tokens only."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor

from nmt.consistency import ConsistencyConfig, summed_consistency_loss
from nmt.data import Batch
from nmt.linear import product
from nmt.model import Transformer
from protocol.vocabulary import PAD_ID

_CHUNK_LOGITS = {"cpu": 2**22, "cuda": 2**26}
"""Logits that a thread holds at once: on a CPU about as many as its share of the cache takes."""


def batch_loss(
    model: Transformer, batch: Batch, *, label_smoothing: float, consistency_weight: float = 0.0
) -> Tensor:
    """The smoothed cross-entropy per target token, `</s>` counted, padding not.

    With a consistency weight the batch is passed twice, at twice the cost: see `nmt.consistency`.
    """
    weight = model.decoder.embedding.tokens.weight
    if not consistency_weight:
        positions, labels = _real_positions(model, batch)
        return summed_cross_entropy(positions, weight, labels, label_smoothing) / labels.numel()
    passes, labels = _real_positions(model, batch.twice())
    labels = labels[: labels.numel() // 2]
    config = ConsistencyConfig(label_smoothing=label_smoothing, weight=consistency_weight)
    chunk = max(_chunk_rows(weight) // 2, 1)
    loss = summed_consistency_loss(passes, weight, labels, config, chunk=chunk)
    return loss / labels.numel()


@torch.inference_mode()
def batch_scores(model: Transformer, batch: Batch) -> tuple[float, int, int]:
    """Summed cross-entropy without smoothing, right predictions, target tokens."""
    positions, labels = _real_positions(model, batch)
    total, correct = 0.0, 0
    chunk = _chunk_rows(model.decoder.embedding.tokens.weight)
    for some, theirs in zip(torch.split(positions, chunk), torch.split(labels, chunk), strict=True):
        logits = model.decoder.logits(some).float()
        total += float(F.cross_entropy(logits, theirs, reduction="sum"))
        correct += int((logits.argmax(dim=-1) == theirs).sum())
    return total, correct, labels.numel()


def summed_cross_entropy(
    positions: Tensor, weight: Tensor, labels: Tensor, label_smoothing: float
) -> Tensor:
    """Sum over N positions, shape = (N, D), whose logits are products with weight, shape = (V, D).

    Under autocast the products are taken in its type. Never holds the logits of all positions.
    """
    device = positions.device.type
    enabled = torch.is_autocast_enabled(device)
    dtype = torch.get_autocast_dtype(device) if enabled else positions.dtype
    loss: Tensor = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        positions, weight, labels, label_smoothing, dtype
    )
    return loss


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Finds the gradients on the way forward, while a chunk's probabilities are there.

    The gradient of a logit is its probability less its smoothed target. Only the probabilities
    differ from token to token in all V places, so the rest is added at the end, at rank one.
    """

    @staticmethod
    def forward(
        ctx: Any,
        positions: Tensor,
        weight: Tensor,
        labels: Tensor,
        label_smoothing: float,
        dtype: torch.dtype,
    ) -> Tensor:
        device = positions.device.type
        with torch.autocast(device, enabled=False):
            rows, matrix = positions.to(dtype), weight.to(dtype)
            chunk = _chunk_rows(weight)
            loss = torch.zeros((), device=positions.device)
            from_rows, to_matrix = torch.empty_like(positions), _zeros(weight, dtype)
            for start in range(0, len(rows), chunk):
                part = slice(start, start + chunk)
                probabilities, normaliser = _probabilities(rows[part], matrix, labels[part, None])
                loss += normaliser
                from_rows[part] = product(probabilities, matrix.t())
                _add_product(to_matrix, probabilities, rows[part])
                del probabilities  # The next chunk takes the same memory, which is in the cache.
            to_matrix = to_matrix.contiguous()
            mean_row = weight.mean(dim=0)
            kept = 1 - label_smoothing
            targets = F.embedding(labels, weight).mul_(kept).add_(mean_row, alpha=label_smoothing)
            loss -= (positions * targets).sum()
            from_rows -= targets
            to_matrix.index_add_(0, labels, positions.to(weight.dtype), alpha=-kept)
            to_matrix.sub_(positions.sum(dim=0), alpha=label_smoothing / len(weight))
        ctx.save_for_backward(from_rows, to_matrix)
        return loss

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        from_rows, to_matrix = ctx.saved_tensors
        return from_rows * gradient, to_matrix * gradient, None, None, None


def _probabilities(rows: Tensor, matrix: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Of all tokens, shape = (N, V), in the place of their logits; the sum of log-normalisers."""
    logits = product(rows, matrix)
    chosen = logits.gather(1, labels).float()
    probabilities = torch.softmax(logits, dim=-1, out=logits)
    found = probabilities.gather(1, labels).float()
    return probabilities, (chosen - found.clamp_min_(1e-38).log_()).sum()


def _zeros(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """As many as the weight has, laid out as the products to be added come out."""
    if dtype != weight.dtype:
        return torch.zeros_like(weight)
    return weight.new_zeros(weight.shape[1], weight.shape[0]).t()


def _add_product(total: Tensor, probabilities: Tensor, rows: Tensor) -> None:
    """Add the transposed probabilities times the rows; rounded ones in the type of the total.

    oneDNN finds the transpose of this product in two thirds of the time of MKL.
    """
    if rows.dtype == total.dtype:
        total += product(rows.t(), probabilities.t()).t()
    else:
        total += probabilities.t() @ rows


def _chunk_rows(weight: Tensor) -> int:
    return max(_CHUNK_LOGITS[weight.device.type] // len(weight), 1)


def _real_positions(model: Transformer, batch: Batch) -> tuple[Tensor, Tensor]:
    """Decoded positions, shape = (N, D), and labels, shape = (N,), where there is a token."""
    positions = model(batch.source, batch.target_input)
    real = batch.labels != PAD_ID
    return positions[real], batch.labels[real]
