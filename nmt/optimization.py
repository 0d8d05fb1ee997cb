"""The optimiser, the learning rate of every step, and gradient clipping."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, assert_never

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

_ADAM_BETAS = (0.9, 0.98)


class OptimizerType(StrEnum):
    """The built-in algorithm's optimisers."""

    ADAM = "adam"
    SGD = "sgd"
    RMSPROP = "rmsprop"


class ScheduleType(StrEnum):
    """How the learning rate falls after warm-up; `linear` is ours, the others the built-in's."""

    PLATEAU_REDUCE = "plateau_reduce"
    FIXED_RATE_INV_T = "fixed_rate_inv_t"
    FIXED_RATE_INV_SQRT_T = "fixed_rate_inv_sqrt_t"
    LINEAR = "linear"


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimizerConfig:
    """Which optimiser moves the weights."""

    optimizer_type: OptimizerType = OptimizerType.ADAM
    weight_decay: float = 0.0
    momentum: float = 0.0
    """For sgd only."""
    clip_gradient: float | None = 1.0
    """Largest absolute value of one gradient entry."""
    clip_gradient_norm: float | None = 1.0
    """Largest Euclidean norm of all gradients together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleConfig:
    """The learning rate as a function of steps and of validation."""

    schedule_type: ScheduleType = ScheduleType.PLATEAU_REDUCE
    learning_rate: float = 0.0003
    warmup_batches: int = 0
    half_life_batches: int = 10_000
    """For the fixed rates: steps after warm-up until the rate has halved."""
    num_batches: int | None = None
    """For `linear`: the step at which the rate reaches zero."""
    plateau_factor: float = 0.5
    plateau_patience: int = 3
    """For `plateau_reduce`: validations without improvement before the rate is reduced."""

    def __post_init__(self) -> None:
        if self.schedule_type is ScheduleType.LINEAR and self.num_batches is None:
            raise ValueError("a linear schedule needs the number of batches it ends at")


@dataclass(slots=True)
class ScheduleState:
    """What a plateau schedule remembers between validations."""

    factor: float = 1.0
    num_not_improved: int = 0


class Schedule:
    """Gives the learning rate of every step, counted from 1."""

    def __init__(self, config: ScheduleConfig) -> None:
        self.config = config
        self.state = ScheduleState()

    def learning_rate(self, step: int) -> float:
        """The rate to use in this step."""
        config = self.config
        if step <= config.warmup_batches:
            return config.learning_rate * step / config.warmup_batches
        return config.learning_rate * self._decay(step - config.warmup_batches)

    def observe(self, *, improved: bool) -> None:
        """Take note of a validation."""
        state = self.state
        state.num_not_improved = 0 if improved else state.num_not_improved + 1
        if state.num_not_improved >= self.config.plateau_patience:
            state.factor *= self.config.plateau_factor
            state.num_not_improved = 0

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return asdict(self.state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.state = ScheduleState(**state)

    def _decay(self, step: int) -> float:
        half_lives = step / self.config.half_life_batches
        match self.config.schedule_type:
            case ScheduleType.PLATEAU_REDUCE:
                return self.state.factor
            case ScheduleType.FIXED_RATE_INV_T:
                return 1 / (1 + half_lives)
            case ScheduleType.FIXED_RATE_INV_SQRT_T:
                return 1 / math.sqrt(1 + 3 * half_lives)
            case ScheduleType.LINEAR:
                return self._remaining(step)
            case _ as unknown:
                assert_never(unknown)

    def _remaining(self, step: int) -> float:
        """The share of the steps after warm-up that are still to come, this one included."""
        assert self.config.num_batches is not None  # noqa: S101
        total = max(self.config.num_batches - self.config.warmup_batches, 1)
        return max(total - step + 1, 0) / total


def build_optimizer(parameters: Iterable[nn.Parameter], config: OptimizerConfig) -> Optimizer:
    """The optimiser, fused where torch has a fused form; the schedule sets its rate."""
    weights, decay = list(parameters), config.weight_decay
    match config.optimizer_type:
        case OptimizerType.ADAM:
            return torch.optim.AdamW(
                weights, lr=0.0, betas=_ADAM_BETAS, weight_decay=decay, fused=True
            )
        case OptimizerType.SGD:
            return torch.optim.SGD(
                weights, lr=0.0, momentum=config.momentum, weight_decay=decay, fused=True
            )
        case OptimizerType.RMSPROP:
            return torch.optim.RMSprop(weights, lr=0.0, weight_decay=decay)
        case _ as unknown:
            assert_never(unknown)


def clip_gradients(parameters: Iterable[nn.Parameter], config: OptimizerConfig) -> Tensor:
    """Clip in place, entries first, then the norm; returns the norm from before."""
    weights = [weight for weight in parameters if weight.grad is not None]
    norm = nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
    if config.clip_gradient is not None:
        nn.utils.clip_grad_value_(weights, config.clip_gradient)
    if config.clip_gradient_norm is not None:
        nn.utils.clip_grad_norm_(weights, config.clip_gradient_norm)
    return norm
