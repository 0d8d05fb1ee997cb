from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nmt.averaging import averaged
from nmt.checkpoint import CheckpointFolder
from nmt.data import ParallelCorpus, read_corpus
from nmt.trainer_config import TrainerConfig
from tests.reversal import reversal_pairs, write_records
from tests.short_trainings import CONFIG, new_model, run

AVERAGING = replace(CONFIG, weight_average_decay=0.9, max_num_batches=6)


@pytest.fixture
def corpus(tmp_path: Path) -> ParallelCorpus:
    path = write_records(tmp_path / "train.rec", reversal_pairs(40, seed=5))
    return read_corpus(path, max_source_length=10, max_target_length=10)


def test_the_average_follows_the_weights_with_a_growing_decay() -> None:
    model = new_model()
    average = averaged(model, 0.5)
    weight = model.decoder.norm.weight
    followed = dict(average.module.named_parameters())["decoder.norm.weight"]
    expected = None
    for step in range(12):
        with torch.no_grad():
            weight.fill_(float(step))
        average.update_parameters(model)
        decay = 0.0 if expected is None else min(0.5, (1 + step) / (10 + step))
        expected = decay * (expected or 0.0) + (1 - decay) * step
        assert followed[0].item() == pytest.approx(expected)


def test_the_averaged_weights_are_the_ones_that_are_kept(corpus: ParallelCorpus) -> None:
    weights = []
    for config in (AVERAGING, replace(AVERAGING, weight_average_decay=0.0)):
        torch.manual_seed(1)
        _, _, model = run(corpus, config, perplexities=[3.0, 2.0, 1.0])
        weights.append(model.decoder.norm.weight)
    assert not torch.equal(*weights)


def test_a_resumed_average_is_that_of_an_uninterrupted_training(
    corpus: ParallelCorpus, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    _, _, whole = run(corpus, AVERAGING)
    torch.manual_seed(1)
    run(corpus, AVERAGING, checkpoints=CheckpointFolder(tmp_path / "checkpoints"), stop_at=3)
    _, log, resumed = run(corpus, AVERAGING, checkpoints=CheckpointFolder(tmp_path / "checkpoints"))
    assert log.resumed_at == [3]
    states = zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in states)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_a_decay_is_a_share(decay: float) -> None:
    with pytest.raises(ValueError, match="weight_average_decay must be from 0 to below 1"):
        TrainerConfig(weight_average_decay=decay)
