import dataclasses
from pathlib import Path

import pytest
import torch

from nmt.data import ParallelCorpus, read_corpus
from nmt.metrics import Metric, ValidationMetrics
from nmt.outcome import DivergenceError, NothingTrainedError, StopReason
from nmt.trainer_config import TrainerConfig
from tests.reversal import reversal_pairs, write_records
from tests.short_trainings import CONFIG, new_model, run

torch.set_num_threads(1)


@pytest.fixture
def corpus(tmp_path: Path) -> ParallelCorpus:
    path = write_records(tmp_path / "train.rec", reversal_pairs(40, seed=5))
    return read_corpus(path, max_source_length=10, max_target_length=10)


def test_training_ends_after_the_validations_without_improvement(corpus: ParallelCorpus) -> None:
    config = dataclasses.replace(CONFIG, patience=2)

    outcome, log, _ = run(corpus, config, perplexities=[9, 8, 8, 8.5, 1])

    assert outcome.reason is StopReason.NO_IMPROVEMENT
    assert (outcome.num_batches, outcome.kept_step, outcome.metrics.perplexity) == (8, 4, 8)
    assert log.validations == [(2, True), (4, True), (6, False), (8, False)]


@pytest.mark.parametrize(
    ("metric", "kept"), [(Metric.BLEU, 2), (Metric.PERPLEXITY, 4), (Metric.ACCURACY, 6)]
)
def test_the_optimized_metric_alone_decides_what_is_kept_and_when_to_stop(
    corpus: ParallelCorpus, metric: Metric, kept: int
) -> None:
    script = [
        ValidationMetrics(perplexity=5, accuracy=0.3, bleu=30),
        ValidationMetrics(perplexity=3, accuracy=0.2, bleu=10),
        ValidationMetrics(perplexity=4, accuracy=0.4, bleu=20),
        *[ValidationMetrics(perplexity=6, accuracy=0.1, bleu=5)] * 3,
    ]
    config = dataclasses.replace(CONFIG, optimized_metric=metric, validate_bleu=True)

    outcome, _, _ = run(corpus, config, metrics=script)

    assert outcome.reason is StopReason.NO_IMPROVEMENT
    assert (outcome.kept_step, outcome.metrics) == (kept, script[kept // 2 - 1])
    assert outcome.num_batches == {2: 8, 4: 10, 6: 12}[kept]


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


def test_stopping_on_bleu_needs_bleu() -> None:
    with pytest.raises(ValueError, match="optimized_metric bleu needs validate_bleu"):
        TrainerConfig(optimized_metric=Metric.BLEU)
