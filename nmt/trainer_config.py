"""How long to train, on what, and what to keep."""

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from nmt.data import BatchConfig
from nmt.metrics import Metric
from nmt.optimization import OptimizerConfig, ScheduleConfig

_MAY_CHANGE = (
    "bfloat16",
    "max_num_batches",
    "max_num_epochs",
    "min_num_epochs",
    "patience",
    "progress_frequency",
    "schedule.num_batches",
)
"""What a resumed training may have otherwise: its length, its reports, and its machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainerConfig:
    """Every decision of a training but its data and its model."""

    batches: BatchConfig = field(default_factory=BatchConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    label_smoothing: float = 0.1
    consistency_weight: float = 0.0
    """Of the divergence between two passes with different dropout; 0: a single pass."""
    subword_dropout: float = 0.0
    """How often a possible merge is left out of a training word; 0: words have one spelling."""
    weight_average_decay: float = 0.0
    """Of the exponential moving average whose weights are measured and kept; 0: no average."""
    optimized_metric: Metric = Metric.PERPLEXITY
    validate_bleu: bool = False
    """Decode at every validation; otherwise only the kept weights are decoded, at the end."""
    checkpoint_frequency: int = 1000
    """Batches between two validations, each of which also saves a checkpoint."""
    patience: int = 3
    """Validations without improvement before training stops."""
    max_num_batches: int | None = None
    max_num_epochs: int | None = None
    min_num_epochs: int = 0
    progress_frequency: int = 50
    """Batches between two reports."""
    bfloat16: bool = False
    """Compute in bfloat16 where that is safe; weights stay float32."""

    def __post_init__(self) -> None:
        if self.consistency_weight < 0:
            raise ValueError(f"consistency_weight must be from 0 up, not {self.consistency_weight}")
        for name in ("subword_dropout", "weight_average_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        if self.optimized_metric is Metric.BLEU and not self.validate_bleu:
            raise ValueError("optimized_metric bleu needs validate_bleu")

    def identity(self) -> dict[str, Any]:
        """Plain values by name of all that a checkpoint must agree with."""
        values = _flat(asdict(self), "")
        return {name: value for name, value in values.items() if name not in _MAY_CHANGE}


def _flat(content: dict[str, Any], prefix: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            values |= _flat(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = value.value if isinstance(value, Enum) else value
    return values
