"""Scaled dot-product attention between short sequences, fast on a CPU too.

torch's own CPU kernels are built for few long sequences; a batch of sentences is the opposite.
Queries, keys and values come packed, as one product yields them: shape = (B, T or S, parts, H, E).
Dimension letters: B sentences, T query and S key positions, H heads, E dimensions per head.
"""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor

_LANES = 16
"""Softmax over fewer values than a vector register holds is several times slower."""


def self_attention(packed: Tensor, mask: Tensor | None = None, *, causal: bool = False) -> Tensor:
    """Attention within a sequence, given its 3 parts; shape = (B, T, H, E).

    A mask, shape = (B, T), is true where a position may be seen; `causal` hides later positions.
    """
    if packed.device.type == "cpu":
        attended: Tensor = _CpuAttention.apply(packed, None, mask, causal)  # type: ignore[no-untyped-call]
        return attended
    return _attention(packed[:, :, 0], packed[:, :, 1:], mask, causal=causal)


def cross_attention(queries: Tensor, packed: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention of the one part of queries to the 2 parts of others; shape = (B, T, H, E)."""
    if packed.device.type == "cpu" and queries.shape[1] > 1:
        attended: Tensor = _CpuAttention.apply(queries, packed, mask, False)  # type: ignore[no-untyped-call]  # noqa: FBT003
        return attended
    return _attention(queries.squeeze(2), packed, mask, causal=False)


def _attention(queries: Tensor, packed: Tensor, mask: Tensor | None, *, causal: bool) -> Tensor:
    keys, values = packed.unbind(dim=2)
    heads = F.scaled_dot_product_attention(
        queries.transpose(1, 2),
        keys.transpose(1, 2),
        values.transpose(1, 2),
        None if mask is None else mask[:, None, None, :],
        is_causal=causal,
    )
    return heads.transpose(1, 2)


class _CpuAttention(torch.autograd.Function):
    """Batched products in the type of the input, over head-major copies; softmax in float32."""

    @staticmethod
    def forward(
        ctx: Any,
        first: Tensor,
        second: Tensor | None,
        mask: Tensor | None,
        causal: bool,  # noqa: FBT001
    ) -> Tensor:
        num_sentences, length, _, num_heads, dim = first.shape
        queries, keys, values = _head_major(first, second)
        hidden = _hidden(first if second is None else second, length, mask, causal=causal)
        with torch.autocast("cpu", enabled=False):
            scores = torch.bmm(queries, keys.mT).float().mul_(dim**-0.5)
            scores.view(num_sentences, num_heads, length, -1).add_(hidden)
            weights = torch.softmax(scores, dim=-1)
            attended = torch.bmm(weights.to(values.dtype), values)
        ctx.save_for_backward(queries, keys, values, weights)
        ctx.shapes = first.shape, None if second is None else second.shape
        return attended.view(num_sentences, num_heads, length, dim).transpose(1, 2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        queries, keys, values, weights = ctx.saved_tensors
        first, second = (shape and gradient.new_empty(shape) for shape in ctx.shapes)
        attended = gradient.transpose(1, 2).flatten(0, 1)
        scores = torch._softmax_backward_data(
            torch.bmm(attended, values.mT).float(), weights, -1, torch.float32
        )
        scores = scores.mul_(queries.shape[-1] ** -0.5).to(queries.dtype)
        parts = (
            torch.bmm(scores, keys),
            torch.bmm(scores.mT, queries),
            torch.bmm(weights.to(attended.dtype).mT, attended),
        )
        for packed, heads in zip(_unpacked(first, second), parts, strict=True):
            num_sentences, length, num_heads, dim = packed.shape
            rows = heads.view(num_sentences, num_heads, -1, dim)[:, :, :length]
            packed.copy_(rows.transpose(1, 2))
        return first, second, None, None


def _unpacked(first: Tensor, second: Tensor | None) -> tuple[Tensor, ...]:
    """Queries, keys and values as views, shape = (B, T or S, H, E)."""
    parts: tuple[Tensor, ...] = first.unbind(dim=2)
    return parts if second is None else parts + second.unbind(dim=2)


def _head_major(first: Tensor, second: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values, shape = (B * H, T or padded S, E)."""
    queries, keys, values = _unpacked(first, second)
    return (
        queries.transpose(1, 2).flatten(0, 1).contiguous(),
        _padded(keys),
        _padded(values),
    )


def _padded(part: Tensor) -> Tensor:
    """A copy, shape = (B * H, padded S, E), with zeros where there are too few positions."""
    num_sentences, length, num_heads, dim = part.shape
    copy = part.new_empty(num_sentences, num_heads, max(length, _LANES), dim)
    copy[:, :, :length].copy_(part.transpose(1, 2))
    copy[:, :, length:].zero_()
    return copy.view(num_sentences * num_heads, -1, dim)


def _hidden(seen: Tensor, length: int, mask: Tensor | None, *, causal: bool) -> Tensor:
    """What to add to scores, to be broadcast: minus infinity where nothing may be seen."""
    num_sentences, num_seen = seen.shape[:2]
    rows = num_sentences if mask is not None else 1
    hidden = torch.full((rows, 1, length if causal else 1, max(num_seen, _LANES)), -torch.inf)
    inside = hidden[..., :num_seen]
    if causal:
        inside.triu_(1)
    elif mask is None:
        inside.zero_()
    else:
        inside.masked_fill_(mask[:, None, None, :], 0)
    return hidden
