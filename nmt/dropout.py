"""Dropout whose random numbers cost little on a CPU: one byte for each value.

Drawing a Bernoulli variable for every value takes a tenth of a training step there. The bytes
come from torch's generator, so a training that is resumed draws the same ones; threads that draw
at once each have a generator of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor, nn

_BYTE_VALUES = 256
_BYTES_PER_DRAW = 8
_generator: ContextVar[torch.Generator | None] = ContextVar("generator", default=None)


@contextmanager
def drawing_from(generator: torch.Generator) -> Iterator[None]:
    """On a CPU, let this thread's dropout draw from the generator in place of torch's own."""
    token = _generator.set(generator)
    try:
        yield
    finally:
        _generator.reset(token)


class Dropout(nn.Module):
    """Zeroes a share of the values in training and scales the others up.

    On a CPU the share is the nearest multiple of 1/256 that is not 0.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, values: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return values
        if values.device.type != "cpu":
            return F.dropout(values, self.rate)
        dropped: Tensor = _ByteDropout.apply(values, self.rate)  # type: ignore[no-untyped-call]
        return dropped

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


class _ByteDropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, rate: float) -> Tensor:
        ctx.num_dropped = max(round(rate * _BYTE_VALUES), 1)
        ctx.dtype = values.dtype
        drawn = _random_bytes(values.numel()).view(values.shape)
        ctx.save_for_backward(drawn)
        return _factors(drawn, ctx.num_dropped).mul_(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (drawn,) = ctx.saved_tensors
        return _factors(drawn, ctx.num_dropped).mul_(gradient).to(ctx.dtype), None


def _random_bytes(count: int) -> Tensor:
    draws = torch.empty(-(-count // _BYTES_PER_DRAW), dtype=torch.int64)
    return draws.random_(-(2**63), None, generator=_generator.get()).view(torch.uint8)[:count]


def _factors(drawn: Tensor, num_dropped: int) -> Tensor:
    """What to multiply values with: 0, or the scale of those that stay."""
    factors = torch.empty(drawn.shape)
    torch.ge(drawn, num_dropped, out=factors)
    return factors.mul_(_BYTE_VALUES / (_BYTE_VALUES - num_dropped))
