"""Linear layers whose float32 products on a CPU are oneDNN's, which are faster than torch's choice.

torch takes float32 products on a CPU with MKL. For the narrow matrices here oneDNN needs a tenth
to a third less time, but for the gradient of the weight, which stays with MKL.
"""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor, nn

_ONEDNN_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None)
"""Builds of torch without oneDNN lack it."""


class Linear(nn.Linear):
    """A linear layer that takes its products with `linear`."""

    def forward(self, inputs: Tensor) -> Tensor:
        return linear(inputs, self.weight, self.bias)


def linear(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Apply a linear layer to the last dimension."""
    if inputs.device.type != "cpu" or torch.is_autocast_enabled("cpu") or _ONEDNN_LINEAR is None:
        return F.linear(inputs, weight, bias)
    rows: Tensor = _OneDnnLinear.apply(inputs.flatten(0, -2), weight, bias)  # type: ignore[no-untyped-call]
    return rows.view(*inputs.shape[:-1], -1)


def product(rows: Tensor, matrix: Tensor) -> Tensor:
    """Rows times the transpose of a matrix; keeps no gradient."""
    if rows.device.type == "cpu" and rows.dtype == torch.float32 and _ONEDNN_LINEAR is not None:
        return _onednn(rows, matrix, None)
    return rows @ matrix.t()


class _OneDnnLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(rows, weight)
        return _onednn(rows, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows, weight = ctx.saved_tensors
        return _onednn(gradient, weight.t(), None), gradient.t() @ rows, gradient.sum(dim=0)


def _onednn(rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    assert _ONEDNN_LINEAR is not None  # noqa: S101
    result: Tensor = _ONEDNN_LINEAR(rows, weight, bias, "none", [], "")
    return result
