"""How a training can end."""

from dataclasses import dataclass
from enum import StrEnum

from nmt.metrics import ValidationMetrics
from nmt.progress import LearningCurve


class DivergenceError(ValueError):
    """A loss or a gradient is not finite; the message names the batch."""


class NothingTrainedError(ValueError):
    """Training was asked to stop before its first batch, so there are no weights worth keeping."""


class StopReason(StrEnum):
    """Why a training ended."""

    MAX_NUM_BATCHES = "max_num_batches reached"
    MAX_NUM_EPOCHS = "max_num_epochs reached"
    NO_IMPROVEMENT = "no improvement"
    REQUESTED = "asked to stop"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingOutcome:
    """How training ended; the model holds the kept weights."""

    reason: StopReason
    num_batches: int
    seconds: float
    """In training and validation, the runs before a resumption included."""
    kept_step: int
    metrics: ValidationMetrics
    curve: LearningCurve
