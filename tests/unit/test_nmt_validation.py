import itertools
from pathlib import Path

import pytest
import torch

from nmt.data import Ids, Indices, ParallelCorpus, Side, read_corpus
from nmt.interruption import WorkInterruptedError
from nmt.validation import ValidationConfig, Validator
from tests.reversal import reversal_pairs, write_records
from tests.short_trainings import new_model, spoken

torch.set_num_threads(1)


@pytest.fixture
def corpus(tmp_path: Path) -> ParallelCorpus:
    path = write_records(tmp_path / "val.rec", reversal_pairs(50, seed=5))
    return read_corpus(path, max_source_length=10, max_target_length=10)


@pytest.fixture
def validator(corpus: ParallelCorpus) -> Validator:
    return Validator(corpus, ValidationConfig(), spoken)


def test_with_time_enough_all_pairs_are_measured(validator: Validator) -> None:
    model = new_model()

    briefly, num_pairs = validator.measure_briefly(model, seconds=1000)

    whole = validator.measure(model, bleu=False)
    assert num_pairs == 50
    assert briefly.perplexity == pytest.approx(whole.perplexity, rel=1e-5)
    assert briefly.accuracy == pytest.approx(whole.accuracy)


def test_without_time_some_pairs_of_the_whole_set_are_measured(
    validator: Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    padded = Side.padded

    def noted(side: Side, indices: Indices) -> Ids:
        measured.extend(indices.tolist())
        return padded(side, indices)

    monkeypatch.setattr(Side, "padded", noted)

    metrics, num_pairs = validator.measure_briefly(new_model(), seconds=0)

    assert num_pairs == 16
    assert len(set(measured)) == 16
    assert min(measured) < 10
    assert max(measured) >= 40
    assert 1 < metrics.perplexity < 1000
    assert metrics.bleu is None


@pytest.mark.parametrize("polls", [1, 2, 5])
def test_a_stop_ends_likelihood_and_decoding_at_once(validator: Validator, polls: int) -> None:
    """The second poll is that before the first sentences are decoded, those after it are inside."""
    model, asked = new_model(), itertools.count(1)
    model.train()

    with pytest.raises(WorkInterruptedError):
        validator.measure(model, bleu=True, interrupted=lambda: next(asked) >= polls)

    assert next(asked) == polls + 1
    assert model.training
