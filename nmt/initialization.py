"""First values of the weights, by the built-in algorithm's three weight_init hyperparameters."""

import math
from dataclasses import dataclass
from typing import Literal, assert_never

import torch
from torch import nn

from nmt.model import Transformer

WeightInitType = Literal["xavier", "uniform"]
XavierFactorType = Literal["in", "out", "avg"]


@dataclass(frozen=True, kw_only=True, slots=True)
class InitializationConfig:
    """How the weights of linear layers are drawn; embeddings and biases do not depend on it."""

    weight_init_type: WeightInitType = "xavier"
    weight_init_scale: float = 2.34
    xavier_factor_type: XavierFactorType = "in"


@torch.no_grad()
def initialize(model: Transformer, config: InitializationConfig) -> None:
    """Draw all weights from torch's random state."""
    deviation = model.config.model_dim**-0.5
    for module in model.modules():
        if isinstance(module, nn.Linear):
            bound = _bound(module, config)
            nn.init.uniform_(module.weight, -bound, bound)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=deviation)


def _bound(layer: nn.Linear, config: InitializationConfig) -> float:
    if config.weight_init_type == "uniform":
        return abs(config.weight_init_scale)
    return math.sqrt(config.weight_init_scale / _factor(layer, config.xavier_factor_type))


def _factor(layer: nn.Linear, factor_type: XavierFactorType) -> float:
    match factor_type:
        case "in":
            return layer.in_features
        case "out":
            return layer.out_features
        case "avg":
            return (layer.in_features + layer.out_features) / 2
        case _:
            assert_never(factor_type)
