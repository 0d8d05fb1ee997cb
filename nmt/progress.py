"""How far a training is, what it reports on the way, and the curve that these reports make."""

import time
from dataclasses import dataclass, field
from typing import Protocol

from nmt.metrics import ValidationMetrics


@dataclass(slots=True)
class Progress:
    """How far a training is."""

    step: int = 0
    """Batches so far."""
    epoch: int = 0
    batch_in_epoch: int = 0
    validated_step: int = 0
    num_not_improved: int = 0
    """Validations since the kept weights were found."""
    seconds: float = 0.0
    """Time in training, validation included; over all runs that went on from each other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepReport:
    """A stretch of training: means over the batches since the last report."""

    epoch: int
    step: int
    loss: float
    learning_rate: float
    """Of the last batch."""
    tokens_per_second: float
    """Target tokens, padding not counted."""
    padding: float
    """Share of padding among target positions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationReport:
    """What a validation found."""

    step: int
    metrics: ValidationMetrics
    improved: bool
    """Whether these are the best weights so far."""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Every report of a training, in order; checkpoints carry it, so it survives them."""

    steps: list[StepReport] = field(default_factory=list)
    validations: list[ValidationReport] = field(default_factory=list)


class TrainingObserver(Protocol):
    """Is told what happens; it decides what to print."""

    def warned(self, warning: str) -> None: ...
    def resumed(self, progress: Progress) -> None: ...
    def progressed(self, report: StepReport) -> None: ...
    def validated(self, report: ValidationReport) -> None: ...


@dataclass(slots=True)
class Stretch:
    """Sums since the last report."""

    started: float = field(default_factory=time.monotonic)
    loss: float = 0.0
    num_batches: int = 0
    num_tokens: int = 0
    num_labels: int = 0
    num_positions: int = 0

    def add(self, loss: float, *, num_tokens: int, num_labels: int, num_positions: int) -> None:
        """Count a batch: target tokens of all processes, then this one's, without and with padding.

        The padding of a report is that of this process's share.
        """
        self.loss += loss
        self.num_batches += 1
        self.num_tokens += num_tokens
        self.num_labels += num_labels
        self.num_positions += num_positions

    def report(self, progress: Progress, learning_rate: float) -> StepReport:
        """The means of what was counted."""
        return StepReport(
            epoch=progress.epoch + 1,
            step=progress.step,
            loss=self.loss / self.num_batches,
            learning_rate=learning_rate,
            tokens_per_second=self.num_tokens / (time.monotonic() - self.started),
            padding=1 - self.num_labels / max(self.num_positions, 1),
        )
