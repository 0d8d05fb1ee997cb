"""Everything that a training changes as it goes on, and its way into checkpoints and back."""

import time

from torch import Tensor

from nmt.averaging import averaged
from nmt.checkpoint import Checkpoint, Identity, KeptWeights
from nmt.machine import Machine
from nmt.metrics import ValidationMetrics
from nmt.model import Transformer
from nmt.optimization import Schedule, build_optimizer
from nmt.progress import LearningCurve, Progress, ValidationReport
from nmt.trainer_config import TrainerConfig


class TrainingState:
    """A model with its optimiser, and what is known of how they came to be as they are."""

    def __init__(self, model: Transformer, config: TrainerConfig) -> None:
        self.model = model
        self.optimizer = build_optimizer(model.parameters(), config.optimizer)
        self.schedule = Schedule(config.schedule)
        decay = config.weight_average_decay
        self.average = averaged(model, decay) if decay else None
        self.progress = Progress()
        self.kept: KeptWeights | None = None
        self.curve = LearningCurve()
        self._clock = time.monotonic()

    @property
    def measured(self) -> Transformer:
        """The model whose weights are measured and kept: the averaged one, if there is one."""
        if self.average is None:
            return self.model
        assert isinstance(self.average.module, Transformer)  # noqa: S101
        return self.average.module

    def move(self) -> None:
        """Let the optimiser take its step."""
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.progress.step += 1
        if self.average:
            self.average.update_parameters(self.model)

    def start_clock(self) -> None:
        """Count seconds from now on."""
        self._clock = time.monotonic()

    def count_seconds(self) -> None:
        """Add the time since this was last done."""
        now = time.monotonic()
        self.progress.seconds += now - self._clock
        self._clock = now

    def take_in(self, metrics: ValidationMetrics, *, improved: bool) -> ValidationReport:
        """Remember a validation of the weights as they are; keep them if they are the best."""
        progress = self.progress
        if improved:
            self.keep(metrics)
        progress.num_not_improved = 0 if improved else progress.num_not_improved + 1
        progress.validated_step = progress.step
        self.schedule.observe(improved=improved)
        report = ValidationReport(step=progress.step, metrics=metrics, improved=improved)
        self.curve.validations.append(report)
        return report

    def keep(self, metrics: ValidationMetrics) -> None:
        """Copy the weights as they are, for the end."""
        weights = {
            name: weight.detach().to("cpu", copy=True)
            for name, weight in self.measured.state_dict().items()
        }
        self.kept = KeptWeights(step=self.progress.step, metrics=metrics, weights=weights)

    def checkpoint(
        self, identity: Identity, machine: Machine, random_states: list[list[Tensor]]
    ) -> Checkpoint:
        """All of it, to be written."""
        self.count_seconds()
        return Checkpoint(
            identity=identity,
            machine=machine,
            progress=self.progress,
            weights=self.model.state_dict(),
            average=self.average.state_dict() if self.average else None,
            optimizer=self.optimizer.state_dict(),
            schedule=self.schedule.state_dict(),
            random_states=random_states,
            kept=self.kept,
            curve=self.curve,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what the checkpoint holds."""
        self.model.load_state_dict(checkpoint.weights)
        if self.average and checkpoint.average:
            self.average.load_state_dict(checkpoint.average)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        self.schedule.load_state_dict(checkpoint.schedule)
        self.progress, self.kept = checkpoint.progress, checkpoint.kept
        self.curve = checkpoint.curve
