"""Trainings of a few batches of a model of a few weights, and what they said."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from nmt.checkpoint import CheckpointFolder
from nmt.data import BatchConfig, ParallelCorpus
from nmt.initialization import InitializationConfig, initialize
from nmt.interruption import proceed_unless
from nmt.metrics import ValidationMetrics
from nmt.model import ModelConfig, Transformer
from nmt.optimization import ScheduleConfig
from nmt.outcome import TrainingOutcome
from nmt.progress import Progress, StepReport, ValidationReport
from nmt.trainer import Trainer
from nmt.trainer_config import TrainerConfig
from nmt.validation import ValidationConfig, Validator
from tests.reversal import VOCABULARY

CONFIG = TrainerConfig(
    batches=BatchConfig(batch_size=10),
    schedule=ScheduleConfig(learning_rate=0.01),
    checkpoint_frequency=2,
    progress_frequency=3,
)


def new_model(dropout: float = 0.1) -> Transformer:
    torch.manual_seed(3)
    model = Transformer(
        ModelConfig(
            source_vocabulary_size=len(VOCABULARY),
            target_vocabulary_size=len(VOCABULARY),
            model_dim=8,
            num_heads=2,
            feed_forward_dim=8,
            num_encoder_layers=1,
            num_decoder_layers=1,
            dropout=dropout,
            source_embedding_dropout=dropout,
            target_embedding_dropout=dropout,
        )
    )
    initialize(model, InitializationConfig())
    return model


class Log:
    """Remembers what the trainer said."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.resumed_at: list[int] = []
        self.reports: list[StepReport] = []
        self.validations: list[tuple[int, bool]] = []

    def warned(self, warning: str) -> None:
        self.warnings.append(warning)

    def resumed(self, progress: Progress) -> None:
        self.resumed_at.append(progress.step)

    def progressed(self, report: StepReport) -> None:
        self.reports.append(report)

    def validated(self, report: ValidationReport) -> None:
        self.validations.append((report.step, report.improved))


class ScriptedValidator(Validator):
    """Finds the metrics it was given, one after the other, without looking at the model."""

    def __init__(self, corpus: ParallelCorpus, metrics: Iterable[ValidationMetrics]) -> None:
        super().__init__(corpus, ValidationConfig(), str)
        self.metrics = iter(metrics)

    def measure(self, model: Transformer, **_: object) -> ValidationMetrics:
        return next(self.metrics)


def of_perplexity(perplexity: float) -> ValidationMetrics:
    """Metrics that differ in this alone."""
    return ValidationMetrics(perplexity=perplexity, accuracy=0.5, bleu=1.0)


class StoppedValidator(Validator):
    """Measures, but a stop comes when it begins at the given time; `asked` says so from then on."""

    def __init__(self, corpus: ParallelCorpus, is_time: Callable[[], bool]) -> None:
        super().__init__(corpus, ValidationConfig(), spoken)
        self.is_time = is_time
        self.asked = False

    def measure(self, model: Transformer, **options: Any) -> ValidationMetrics:
        self.asked = self.asked or self.is_time()
        return super().measure(model, **options)


def stopped_in_epoch(epoch: int, corpus: ParallelCorpus) -> Callable[[int], ParallelCorpus]:
    """Gives the same corpus for every epoch but this one, whose preparation a stop interrupts."""

    def cut_anew(wanted: int) -> ParallelCorpus:
        proceed_unless(lambda: wanted == epoch)
        return corpus

    return cut_anew


def spoken(ids: Sequence[int]) -> str:
    """Ids as a text that BLEU can compare."""
    return " ".join(map(str, ids))


def run(
    corpus: ParallelCorpus,
    config: TrainerConfig,
    *,
    perplexities: Sequence[float] = (),
    metrics: Sequence[ValidationMetrics] = (),
    checkpoints: CheckpointFolder | None = None,
    stop_at: int | None = None,
    stop_validating: int | None = None,
    model: Transformer | None = None,
) -> tuple[TrainingOutcome, Log, Transformer]:
    """Train, ask to stop at a batch or while one is validated, and say what came of it."""
    model, log = model or new_model(), Log()
    stopped = StoppedValidator(corpus, lambda: trainer.progress.step == stop_validating)
    script = [*map(of_perplexity, perplexities), *metrics]
    validator = ScriptedValidator(corpus, script) if script else stopped
    trainer = Trainer(
        model,
        corpus,
        validator,
        config,
        observer=log,
        checkpoints=checkpoints,
        stop_requested=lambda: (
            stopped.asked or (stop_at is not None and trainer.progress.step >= stop_at)
        ),
    )
    return trainer.train(), log, model
