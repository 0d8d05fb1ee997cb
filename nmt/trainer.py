"""The training loop: steps, validation, early stopping, checkpoints, best weights at the end."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from nmt.checkpoint import (
    Checkpoint,
    CheckpointError,
    KeptWeights,
    Progress,
    Weights,
    load_checkpoint,
    random_states,
    restore_random_states,
    save_checkpoint,
)
from nmt.data import Batch, BatchConfig, ParallelCorpus, epoch_batches, make_batch
from nmt.loss import batch_loss
from nmt.metrics import Metric, ValidationMetrics
from nmt.model import Transformer
from nmt.optimization import (
    OptimizerConfig,
    Schedule,
    ScheduleConfig,
    build_optimizer,
    clip_gradients,
)
from nmt.validation import ValidationInterruptedError, Validator
from protocol.vocabulary import PAD_ID


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
class TrainerConfig:
    """How long to train, on what, and what to keep."""

    batches: BatchConfig = field(default_factory=BatchConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    label_smoothing: float = 0.1
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
        if self.optimized_metric is Metric.BLEU and not self.validate_bleu:
            raise ValueError("optimized_metric bleu needs validate_bleu")


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


class TrainingObserver(Protocol):
    """Is told what happens; it decides what to print."""

    def resumed(self, progress: Progress) -> None: ...
    def progressed(self, report: StepReport) -> None: ...
    def validated(self, step: int, metrics: ValidationMetrics, *, improved: bool) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingOutcome:
    """How training ended; the model holds the kept weights."""

    reason: StopReason
    num_batches: int
    kept_step: int
    metrics: ValidationMetrics


@dataclass(slots=True)
class _Stretch:
    """Sums since the last report."""

    started: float
    loss: float = 0.0
    num_batches: int = 0
    num_tokens: int = 0
    num_positions: int = 0


class Trainer:
    """Trains a model on its device and leaves the best weights in it."""

    def __init__(
        self,
        model: Transformer,
        corpus: ParallelCorpus,
        validator: Validator,
        config: TrainerConfig,
        *,
        observer: TrainingObserver,
        checkpoint_path: Path | None = None,
        stop_requested: Callable[[], bool] = lambda: False,
    ) -> None:
        self.model = model
        self.corpus = corpus
        self.validator = validator
        self.config = config
        self.observer = observer
        self.checkpoint_path = checkpoint_path
        self.stop_requested = stop_requested
        self.device = next(model.parameters()).device
        self.optimizer = build_optimizer(model.parameters(), config.optimizer)
        self.schedule = Schedule(config.schedule)
        self.progress = Progress()
        self.kept: KeptWeights | None = None
        self._stretch = _Stretch(time.monotonic())

    def train(self) -> TrainingOutcome:
        """Train to the end, from the checkpoint when there is one.

        Raises:
            DivergenceError: a loss or gradient was not finite.
            CheckpointError: the checkpoint is damaged or belongs to another training.
            NothingTrainedError: asked to stop before the first batch.
        """
        self._resume()
        self.model.train()
        self._stretch = _Stretch(time.monotonic())
        while (reason := self.should_stop()) is None:
            self._train_epoch()
        if reason is StopReason.REQUESTED:
            self.save()
        elif self.progress.validated_step < self.progress.step:
            self.validate()
        return self._finish(reason)

    def train_step(self, batch: Batch) -> float:
        """Move the weights by one batch; returns its loss."""
        step = self.progress.step + 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.learning_rate(step)
        with self._autocast():
            loss = batch_loss(self.model, batch, label_smoothing=self.config.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_gradients(self.model.parameters(), self.config.optimizer)
        value = self._finite(step, loss, norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.progress.step = step
        return value

    def validate(self) -> None:
        """Measure the weights, keep them if they are the best so far, save a checkpoint."""
        try:
            metrics = self._measure(bleu=self.config.validate_bleu)
        except ValidationInterruptedError:
            return
        before = self.kept.metrics if self.kept else None
        improved = metrics.better_than(before, self.config.optimized_metric)
        if improved:
            self._keep(metrics)
        self.progress.num_not_improved = 0 if improved else self.progress.num_not_improved + 1
        self.progress.validated_step = self.progress.step
        self.schedule.observe(improved=improved)
        self.observer.validated(self.progress.step, metrics, improved=improved)
        self.save()
        self._stretch = _Stretch(time.monotonic())

    def should_stop(self) -> StopReason | None:
        """The reason to end now, if there is one."""
        config, progress = self.config, self.progress
        if self.stop_requested():
            return StopReason.REQUESTED
        if config.max_num_batches is not None and progress.step >= config.max_num_batches:
            return StopReason.MAX_NUM_BATCHES
        if config.max_num_epochs is not None and progress.epoch >= config.max_num_epochs:
            return StopReason.MAX_NUM_EPOCHS
        patient = progress.num_not_improved < config.patience
        if not patient and progress.epoch >= config.min_num_epochs:
            return StopReason.NO_IMPROVEMENT
        return None

    def save(self) -> None:
        """Write the checkpoint, if there is a place for it."""
        if self.checkpoint_path is None:
            return
        save_checkpoint(
            self.checkpoint_path,
            Checkpoint(
                model_config=self.model.config,
                num_training_pairs=len(self.corpus),
                progress=self.progress,
                weights=self.model.state_dict(),
                optimizer=self.optimizer.state_dict(),
                schedule=self.schedule.state_dict(),
                random_states=random_states(),
                kept=self.kept,
            ),
        )

    def _train_epoch(self) -> None:
        """Train the rest of the current epoch, or until there is a reason to stop."""
        progress = self.progress
        batches = epoch_batches(self.corpus, self.config.batches, progress.epoch)
        for indices in batches[progress.batch_in_epoch :]:
            batch = make_batch(self.corpus, indices)
            loss = self.train_step(batch.to(self.device))
            progress.batch_in_epoch += 1
            self._report(batch, loss)
            if progress.step % self.config.checkpoint_frequency == 0:
                self.validate()
            if self.should_stop() is not None:
                break
        if progress.batch_in_epoch == len(batches):
            progress.epoch += 1
            progress.batch_in_epoch = 0

    def _resume(self) -> None:
        path = self.checkpoint_path
        if path is None or not path.exists():
            return
        checkpoint = load_checkpoint(path)
        self._check_same_training(checkpoint, path)
        self.model.load_state_dict(checkpoint.weights)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        self.schedule.load_state_dict(checkpoint.schedule)
        self.progress, self.kept = checkpoint.progress, checkpoint.kept
        restore_random_states(checkpoint.random_states)
        self.observer.resumed(self.progress)

    def _check_same_training(self, checkpoint: Checkpoint, path: Path) -> None:
        if checkpoint.model_config != self.model.config:
            raise CheckpointError(
                f"{path.name} holds another model ({checkpoint.model_config}, now "
                f"{self.model.config}); empty the checkpoint folder to start anew"
            )
        if checkpoint.num_training_pairs != len(self.corpus):
            raise CheckpointError(
                f"{path.name} was trained on {checkpoint.num_training_pairs} sentence pairs, now "
                f"there are {len(self.corpus)}; empty the checkpoint folder to start anew"
            )

    def _finish(self, reason: StopReason) -> TrainingOutcome:
        """Put the best weights into the model and complete their measures."""
        if self.progress.step == 0:
            raise NothingTrainedError(f"training ended before its first batch: {reason}")
        if self.kept is None:
            self._keep(self.validator.measure(self.model, bleu=False, autocast=self._autocast()))
        kept = self.kept
        assert kept is not None  # noqa: S101
        self.model.load_state_dict(kept.weights)
        return TrainingOutcome(
            reason=reason,
            num_batches=self.progress.step,
            kept_step=kept.step,
            metrics=self._with_bleu(kept.metrics),
        )

    def _with_bleu(self, metrics: ValidationMetrics) -> ValidationMetrics:
        """Decode the validation set unless that was done, or there is no time for it."""
        if metrics.bleu is not None:
            return metrics
        try:
            return self._measure(bleu=True)
        except ValidationInterruptedError:
            return metrics

    def _measure(self, *, bleu: bool) -> ValidationMetrics:
        return self.validator.measure(
            self.model, bleu=bleu, autocast=self._autocast(), interrupted=self.stop_requested
        )

    def _keep(self, metrics: ValidationMetrics) -> None:
        weights: Weights = {
            name: weight.detach().to("cpu", copy=True)
            for name, weight in self.model.state_dict().items()
        }
        self.kept = KeptWeights(step=self.progress.step, metrics=metrics, weights=weights)

    def _report(self, batch: Batch, loss: float) -> None:
        stretch = self._stretch
        stretch.loss += loss
        stretch.num_batches += 1
        stretch.num_tokens += int((batch.labels != PAD_ID).sum())
        stretch.num_positions += batch.labels.numel()
        if self.progress.step % self.config.progress_frequency:
            return
        seconds = time.monotonic() - stretch.started
        self.observer.progressed(
            StepReport(
                epoch=self.progress.epoch + 1,
                step=self.progress.step,
                loss=stretch.loss / stretch.num_batches,
                learning_rate=self.schedule.learning_rate(self.progress.step),
                tokens_per_second=stretch.num_tokens / seconds,
                padding=1 - stretch.num_tokens / stretch.num_positions,
            )
        )
        self._stretch = _Stretch(time.monotonic())

    def _finite(self, step: int, loss: Tensor, norm: Tensor) -> float:
        value = loss.item()
        if not torch.isfinite(loss):
            wrong = f"loss is {value}"
        elif not torch.isfinite(norm):
            wrong = "gradient is not finite"
        else:
            return value
        raise DivergenceError(
            f"the {wrong} in batch {step} (epoch {self.progress.epoch + 1}, batch "
            f"{self.progress.batch_in_epoch + 1} of it); a lower learning_rate, more "
            "warmup_batches or a smaller clip_gradient_norm may help"
        )

    def _autocast(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.bfloat16)
