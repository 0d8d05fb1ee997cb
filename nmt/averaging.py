"""An exponential moving average of the weights, which translates better than the last weights."""

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from nmt.model import Transformer

_Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(model: Transformer, decay: float) -> AveragedModel:
    """A copy of the model that follows it with every `update_parameters`.

    The decay grows to its value with the steps, so that the first weights soon count for nothing.
    """

    @torch.no_grad()
    def follow(averages: _Tensors, weights: _Tensors, num_steps: Tensor | int) -> None:
        now = min(decay, float(1 + num_steps) / float(10 + num_steps))
        torch._foreach_lerp_(averages, weights, 1 - now)

    return AveragedModel(model, multi_avg_fn=follow)
