"""The training loop: steps, validation, early stopping, checkpoints, best weights at the end."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict

import torch
from torch import Tensor

from nmt.batch_threads import BatchThreads
from nmt.checkpoint import CheckpointFolder, Identity, random_states, restore_random_states
from nmt.data import Batch, Indices, ParallelCorpus, epoch_batches, make_batch
from nmt.interruption import WorkInterruptedError
from nmt.loss import batch_loss
from nmt.machine import Machine
from nmt.measurement import Measurement
from nmt.model import Transformer
from nmt.optimization import clip_gradients
from nmt.outcome import DivergenceError, NothingTrainedError, StopReason, TrainingOutcome
from nmt.processes import OneProcess, Processes
from nmt.progress import Progress, Stretch, TrainingObserver
from nmt.trainer_config import TrainerConfig
from nmt.training_state import TrainingState
from nmt.validation import Validator
from protocol.vocabulary import PAD_ID


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
        checkpoints: CheckpointFolder | None = None,
        stop_requested: Callable[[], bool] = lambda: False,
        processes: Processes | None = None,
    ) -> None:
        self.model = model
        self.corpus = corpus
        self.config = config
        self.observer = observer
        self.checkpoints = checkpoints
        self.stop_requested = stop_requested
        self.processes = processes or OneProcess()
        self.device = next(model.parameters()).device
        self.state = TrainingState(model, config)
        self._measurement = Measurement(
            validator,
            self.processes,
            autocast=self._autocast,
            stop_requested=lambda: self._stop_is_agreed or stop_requested(),
        )
        num_threads = torch.get_num_threads() if self.device.type == "cpu" else 1
        self._threads = BatchThreads(list(model.parameters()), num_threads)
        self._stretch = Stretch()
        self._stop_is_agreed = False

    @property
    def progress(self) -> Progress:
        """How far the training is."""
        return self.state.progress

    def train(self) -> TrainingOutcome:
        """Train to the end, from the newest checkpoint when there is one.

        Raises:
            DivergenceError: a loss or gradient was not finite.
            CheckpointError: all checkpoints are damaged, or they are of another training.
            NothingTrainedError: asked to stop before the first batch.
        """
        self._resume()
        self.model.train()
        self.state.start_clock()
        self._stretch = Stretch()
        if self._validation_is_due():
            self.validate()
        while (reason := self.should_stop()) is None:
            self._train_epoch()
        if reason is not StopReason.REQUESTED and not self._is_validated():
            reason = reason if self.validate() else StopReason.REQUESTED
        if reason is StopReason.REQUESTED:
            self.save()
        return self._finish(reason)

    def train_step(self, batch: Batch | None, *, share: float = 1.0) -> float:
        """Move the weights by one batch; returns its loss.

        Among several processes the batch is this one's part, which may be none, and `share` is
        how much of all target tokens it holds; the loss is that of all parts.
        """
        step = self.progress.step + 1
        for group in self.state.optimizer.param_groups:
            group["lr"] = self.state.schedule.learning_rate(step)
        loss = torch.zeros((), device=self.device)
        if batch is not None:
            loss = self._threads.backward(batch, self._batch_loss, share=share)
        loss = self._add_up(loss)
        norm = clip_gradients(self.model.parameters(), self.config.optimizer)
        value = self._finite(step, loss, norm)
        self.state.move()
        return value

    def validate(self) -> bool:
        """Measure the weights, keep them if they are the best so far, save a checkpoint.

        Returns false in every process when a stop came first; the training then has to end, and
        goes on with this validation when it is resumed.
        """
        metrics = self._measurement.measure(self.state.measured, bleu=self.config.validate_bleu)
        if metrics is None:
            self._stop_is_agreed = True
            return False
        before = self.state.kept.metrics if self.state.kept else None
        improved = metrics.better_than(before, self.config.optimized_metric)
        report = self.state.take_in(metrics, improved=improved)
        self.observer.validated(report)
        self.save()
        self._stretch = Stretch()
        return True

    def should_stop(self) -> StopReason | None:
        """The reason to end now, if there is one."""
        config, progress = self.config, self.progress
        if self._stop_is_agreed or (self.processes.size == 1 and self.stop_requested()):
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
        """Write a checkpoint, if there is a place for it."""
        states = self.processes.from_all(random_states(self.device))
        if self.checkpoints is not None and self.processes.rank == 0:
            identity = self._identity(self.checkpoints)
            self.checkpoints.save(self.state.checkpoint(identity, self._machine(), states))

    def _train_epoch(self) -> None:
        """Train the rest of the current epoch, or until there is a reason to stop."""
        progress, corpus = self.progress, self._corpus_of_epoch()
        if corpus is None:
            return
        batches = epoch_batches(corpus, self.config.batches, progress.epoch)
        for indices in batches[progress.batch_in_epoch :]:
            self._train_batch(corpus, indices)
            if self._validation_is_due():
                self.validate()
            if self.should_stop() is not None:
                break
        if progress.batch_in_epoch == len(batches):
            progress.epoch += 1
            progress.batch_in_epoch = 0

    def _corpus_of_epoch(self) -> ParallelCorpus | None:
        """What the current epoch trains on; nothing in any process when a stop came first."""
        corpus = None
        with suppress(WorkInterruptedError):
            corpus = self.corpus.in_epoch(self.progress.epoch)
        self._stop_is_agreed = not all(self.processes.from_all(corpus is not None))
        return None if self._stop_is_agreed else corpus

    def _train_batch(self, corpus: ParallelCorpus, indices: Indices) -> None:
        """Train on this process's share of a batch."""
        mine = self.processes.share(indices)
        batch = make_batch(corpus, mine) if len(mine) else None
        num_tokens = int(corpus.target.lengths_of(indices).sum()) + len(indices)
        num_mine = int((batch.labels != PAD_ID).sum()) if batch else 0
        on_device = batch.to(self.device) if batch else None
        loss = self.train_step(on_device, share=num_mine / num_tokens)
        self.progress.batch_in_epoch += 1
        num_positions = batch.labels.numel() if batch else 0
        self._stretch.add(
            loss, num_tokens=num_tokens, num_labels=num_mine, num_positions=num_positions
        )
        self._report()

    def _batch_loss(self, batch: Batch) -> Tensor:
        # Rounded weights are used once, and must not be shared with another thread's graph.
        with self._autocast(cached=False):
            return batch_loss(
                self.model,
                batch,
                label_smoothing=self.config.label_smoothing,
                consistency_weight=self.config.consistency_weight,
            )

    def _add_up(self, loss: Tensor) -> Tensor:
        """The loss of all processes; they also agree on their gradients and on stopping."""
        wish = torch.full_like(loss, self.stop_requested())
        added = self.processes.add_up(self.model.parameters(), torch.stack((loss, wish)))
        if self.processes.size > 1:
            self._stop_is_agreed = bool(added[1])
        return added[0]

    def _validation_is_due(self) -> bool:
        due = self.progress.step % self.config.checkpoint_frequency == 0
        return due and not self._is_validated()

    def _is_validated(self) -> bool:
        return self.progress.validated_step == self.progress.step

    def _resume(self) -> None:
        """Go on from the newest checkpoint, or start with the first process's weights."""
        checkpoints = self.checkpoints
        found = None
        if checkpoints is not None and not self.processes.rank:
            found = checkpoints.newest(self.observer.warned)
        checkpoint = self.processes.from_first(found)
        if checkpoints is None or checkpoint is None:
            self.processes.spread(self.model.state_dict().values())
            return
        checkpoint.check_identity(self._identity(checkpoints))
        if changes := checkpoint.machine.changes(self._machine()):
            self.observer.warned(
                f"{'; '.join(changes)}: the result will not be that of an uninterrupted training "
                "to the last bit"
            )
        self.state.restore(checkpoint)
        if self.processes.rank < len(checkpoint.random_states):
            restore_random_states(checkpoint.random_states[self.processes.rank], self.device)
        self.observer.resumed(self.progress)

    def _identity(self, checkpoints: CheckpointFolder) -> Identity:
        sides = {"source": self.corpus.source, "target": self.corpus.target}
        return {
            **{f"model.{name}": value for name, value in asdict(self.model.config).items()},
            **self.config.identity(),
            **checkpoints.fingerprints,
            "sentence_pairs": len(self.corpus),
            **{f"{name}_tokens": int(side.lengths.sum()) for name, side in sides.items()},
        }

    def _machine(self) -> Machine:
        return Machine.current(
            self.device, num_processes=self.processes.size, bfloat16=self.config.bfloat16
        )

    def _finish(self, reason: StopReason) -> TrainingOutcome:
        """Put the best weights into the model and complete their measures."""
        if self.progress.step == 0:
            raise NothingTrainedError(f"training ended before its first batch: {reason}")
        state = self.state
        if state.kept is None:
            metrics, warning = self._measurement.measure_after_a_stop(state.measured)
            state.keep(metrics)
            if warning:
                self.observer.warned(warning)
        kept = state.kept
        assert kept is not None  # noqa: S101
        self.model.load_state_dict(kept.weights)
        state.measured.load_state_dict(kept.weights)
        metrics = self._measurement.with_bleu(state.measured, kept.metrics)
        state.count_seconds()
        return TrainingOutcome(
            reason=reason,
            num_batches=state.progress.step,
            seconds=state.progress.seconds,
            kept_step=kept.step,
            metrics=metrics,
            curve=state.curve,
        )

    def _report(self) -> None:
        progress = self.progress
        if progress.step % self.config.progress_frequency:
            return
        rate = self.state.schedule.learning_rate(progress.step)
        report = self._stretch.report(progress, rate)
        self.state.curve.steps.append(report)
        self.observer.progressed(report)
        self._stretch = Stretch()

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

    def _autocast(self, *, cached: bool = True) -> AbstractContextManager[object]:
        kind, enabled = self.device.type, self.config.bfloat16
        return torch.autocast(kind, torch.bfloat16, enabled=enabled, cache_enabled=cached)
