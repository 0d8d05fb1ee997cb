import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from nmt.checkpoint import CheckpointError, Progress, load_checkpoint
from nmt.data import BatchConfig, ParallelCorpus, read_corpus
from nmt.initialization import InitializationConfig, initialize
from nmt.metrics import Metric, ValidationMetrics
from nmt.model import ModelConfig, Transformer
from nmt.optimization import ScheduleConfig
from nmt.trainer import (
    DivergenceError,
    NothingTrainedError,
    StepReport,
    StopReason,
    Trainer,
    TrainerConfig,
    TrainingOutcome,
)
from nmt.validation import ValidationConfig, Validator
from tests.reversal import VOCABULARY, reversal_pairs, write_records

torch.set_num_threads(1)
CONFIG = TrainerConfig(
    batches=BatchConfig(batch_size=10),
    schedule=ScheduleConfig(learning_rate=0.01),
    checkpoint_frequency=2,
    progress_frequency=3,
)


@pytest.fixture
def corpus(tmp_path: Path) -> ParallelCorpus:
    path = write_records(tmp_path / "train.rec", reversal_pairs(40, seed=5))
    return read_corpus(path, max_source_length=10, max_target_length=10)


def new_model() -> Transformer:
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
        )
    )
    initialize(model, InitializationConfig())
    return model


class Log:
    """Remembers what the trainer said."""

    def __init__(self) -> None:
        self.resumed_at: list[int] = []
        self.reports: list[StepReport] = []
        self.validations: list[tuple[int, bool]] = []

    def resumed(self, progress: Progress) -> None:
        self.resumed_at.append(progress.step)

    def progressed(self, report: StepReport) -> None:
        self.reports.append(report)

    def validated(self, step: int, metrics: ValidationMetrics, *, improved: bool) -> None:
        self.validations.append((step, improved))


class ScriptedValidator(Validator):
    """Finds the perplexities it was given, one after the other, without looking at the model."""

    def __init__(self, corpus: ParallelCorpus, perplexities: list[float]) -> None:
        super().__init__(corpus, ValidationConfig(), str)
        self.perplexities = iter(perplexities)

    def measure(self, model: Transformer, **_: object) -> ValidationMetrics:
        return ValidationMetrics(perplexity=next(self.perplexities), accuracy=0.5, bleu=1.0)


def run(
    corpus: ParallelCorpus,
    config: TrainerConfig,
    *,
    perplexities: list[float] | None = None,
    checkpoint_path: Path | None = None,
    stop_at: int | None = None,
    model: Transformer | None = None,
) -> tuple[TrainingOutcome, Log, Transformer]:
    """Train, ask to stop at a batch if one is given, and say what came of it."""
    model, log = model or new_model(), Log()
    validator = (
        Validator(corpus, ValidationConfig(), lambda ids: " ".join(map(str, ids)))
        if perplexities is None
        else ScriptedValidator(corpus, perplexities)
    )
    trainer = Trainer(
        model,
        corpus,
        validator,
        config,
        observer=log,
        checkpoint_path=checkpoint_path,
        stop_requested=lambda: stop_at is not None and trainer.progress.step >= stop_at,
    )
    return trainer.train(), log, model


def test_training_ends_after_the_validations_without_improvement(corpus: ParallelCorpus) -> None:
    config = dataclasses.replace(CONFIG, patience=2)

    outcome, log, _ = run(corpus, config, perplexities=[9, 8, 8, 8.5, 1])

    assert outcome.reason is StopReason.NO_IMPROVEMENT
    assert (outcome.num_batches, outcome.kept_step, outcome.metrics.perplexity) == (8, 4, 8)
    assert log.validations == [(2, True), (4, True), (6, False), (8, False)]


def test_the_first_epochs_are_not_cut_short(corpus: ParallelCorpus) -> None:
    config = dataclasses.replace(CONFIG, patience=1, min_num_epochs=3)

    outcome, _, _ = run(corpus, config, perplexities=[1, 2, 3, 4, 5, 6, 7])

    assert (outcome.reason, outcome.num_batches) == (StopReason.NO_IMPROVEMENT, 12)


def test_the_number_of_epochs_is_limited(corpus: ParallelCorpus) -> None:
    config = dataclasses.replace(CONFIG, max_num_epochs=2)

    outcome, _, _ = run(corpus, config, perplexities=[4, 3, 2, 1])

    assert (outcome.reason, outcome.num_batches) == (StopReason.MAX_NUM_EPOCHS, 8)


def test_the_last_batches_are_validated_too(corpus: ParallelCorpus) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=5)

    outcome, log, _ = run(corpus, config, perplexities=[3, 2, 1])

    assert [step for step, _ in log.validations] == [2, 4, 5]
    assert outcome.kept_step == 5


def test_the_model_is_left_with_the_weights_of_the_best_validation(corpus: ParallelCorpus) -> None:
    longer, _, kept = run(
        corpus, dataclasses.replace(CONFIG, max_num_batches=6), perplexities=[2, 1, 3]
    )
    _, _, shorter = run(corpus, dataclasses.replace(CONFIG, max_num_batches=4), perplexities=[2, 1])

    assert longer.kept_step == 4
    for mine, theirs in zip(kept.parameters(), shorter.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_training_lowers_perplexity_and_reports_on_the_way(corpus: ParallelCorpus) -> None:
    config = dataclasses.replace(
        CONFIG, max_num_batches=40, checkpoint_frequency=20, optimized_metric=Metric.ACCURACY
    )

    outcome, log, _ = run(corpus, config)

    assert outcome.metrics.perplexity < 12
    assert outcome.metrics.bleu is not None
    assert [report.step for report in log.reports] == list(range(3, 40, 3))
    assert log.reports[-1].loss < log.reports[0].loss
    assert all(r.tokens_per_second > 0 and 0 <= r.padding < 0.5 for r in log.reports)


def test_a_stopped_training_goes_on_as_if_it_had_not_been(
    corpus: ParallelCorpus, tmp_path: Path
) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=9, checkpoint_frequency=4)
    checkpoint = tmp_path / "checkpoints" / "checkpoint.pt"
    _, whole_log, whole = run(corpus, config)

    stopped, _, _ = run(corpus, config, checkpoint_path=checkpoint, stop_at=6)
    torch.manual_seed(99)
    outcome, log, resumed = run(corpus, config, checkpoint_path=checkpoint)

    assert (stopped.reason, stopped.num_batches) == (StopReason.REQUESTED, 6)
    assert log.resumed_at == [6]
    assert log.validations == whole_log.validations[1:]
    assert outcome.num_batches == 9
    for mine, theirs in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_stop_before_the_first_validation_keeps_the_weights_there_are(
    corpus: ParallelCorpus,
) -> None:
    config = dataclasses.replace(CONFIG, checkpoint_frequency=100)

    outcome, _, _ = run(corpus, config, stop_at=3)

    assert (outcome.kept_step, outcome.num_batches) == (3, 3)
    assert outcome.metrics.bleu is None


def test_a_stop_before_the_first_batch_is_an_error(corpus: ParallelCorpus) -> None:
    with pytest.raises(NothingTrainedError, match="before its first batch: asked to stop"):
        run(corpus, CONFIG, stop_at=0)


def test_a_loss_that_is_not_finite_is_named_with_its_batch(corpus: ParallelCorpus) -> None:
    model = new_model()
    with torch.no_grad():
        model.decoder.norm.weight.fill_(float("nan"))

    with pytest.raises(DivergenceError, match=r"the loss is nan in batch 1 \(epoch 1, batch 1 of"):
        run(corpus, CONFIG, model=model)


def test_a_gradient_that_is_not_finite_is_refused(corpus: ParallelCorpus) -> None:
    model = new_model()
    model.decoder.norm.weight.register_hook(  # type: ignore[no-untyped-call]
        lambda gradient: gradient * float("inf")
    )

    with pytest.raises(DivergenceError, match="the gradient is not finite in batch 1"):
        run(corpus, CONFIG, model=model)


def test_a_checkpoint_of_another_training_is_refused(
    corpus: ParallelCorpus, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.pt"
    config = dataclasses.replace(CONFIG, max_num_batches=2)
    run(corpus, config, checkpoint_path=path)
    other_corpus = read_corpus(
        write_records(tmp_path / "other.rec", reversal_pairs(30, seed=6)),
        max_source_length=10,
        max_target_length=10,
    )
    other_model = Transformer(dataclasses.replace(new_model().config, num_decoder_layers=2))

    with pytest.raises(CheckpointError, match="was trained on 40 sentence pairs, now there are 30"):
        run(other_corpus, config, checkpoint_path=path)
    with pytest.raises(CheckpointError, match="checkpoint.pt holds another model"):
        run(corpus, config, checkpoint_path=path, model=other_model)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-500]), "checkpoint.pt cannot be read"),
        (
            lambda path: torch.save({"format_version": 99}, path),
            "checkpoint.pt: format version 99, expected 1",
        ),
    ],
)
def test_a_damaged_checkpoint_is_refused(
    corpus: ParallelCorpus, tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "checkpoint.pt"
    run(corpus, dataclasses.replace(CONFIG, max_num_batches=2), checkpoint_path=path)
    assert [file.name for file in tmp_path.glob("checkpoint*")] == ["checkpoint.pt"]
    damage(path)

    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)


def test_stopping_on_bleu_needs_bleu() -> None:
    with pytest.raises(ValueError, match="optimized_metric bleu needs validate_bleu"):
        TrainerConfig(optimized_metric=Metric.BLEU)
