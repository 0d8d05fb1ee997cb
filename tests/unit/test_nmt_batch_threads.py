import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nmt.batch_threads import BatchThreads
from nmt.checkpoint import CheckpointFolder
from nmt.data import Batch, ParallelCorpus, make_batch, read_corpus
from nmt.loss import batch_loss
from nmt.model import Transformer
from tests.reversal import reversal_pairs, write_records
from tests.short_trainings import CONFIG, new_model, run

NUM_PAIRS = 40
Part = tuple[Tensor, list[Tensor]]


@pytest.fixture
def corpus(tmp_path: Path) -> ParallelCorpus:
    path = write_records(tmp_path / "train.rec", reversal_pairs(NUM_PAIRS, seed=5))
    return read_corpus(path, max_source_length=10, max_target_length=10)


@pytest.fixture
def with_threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """How many threads torch has meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(int(request.param))
    yield torch.get_num_threads()
    torch.set_num_threads(before)


def gradients(
    corpus: ParallelCorpus, num_threads: int, *, num_pairs: int = NUM_PAIRS, share: float = 1.0
) -> Part:
    before = torch.get_num_threads()
    model = new_model(dropout=0.0)
    batch = make_batch(corpus, torch.arange(num_pairs).numpy())
    try:
        threads = BatchThreads(list(model.parameters()), num_threads)
        loss = threads.backward(batch, lambda part: loss_of(model, part), share=share)
    finally:
        torch.set_num_threads(before)
    return loss, [weight.grad for weight in model.parameters() if weight.grad is not None]


def loss_of(model: Transformer, batch: Batch) -> Tensor:
    return batch_loss(model, batch, label_smoothing=0.1)


@pytest.mark.parametrize("num_threads", [2, 3, 9])
@pytest.mark.parametrize("num_pairs", [1, 2, 7, NUM_PAIRS])
def test_parts_have_the_loss_and_the_gradients_of_the_whole(
    corpus: ParallelCorpus, num_threads: int, num_pairs: int
) -> None:
    loss, whole = gradients(corpus, 1, num_pairs=num_pairs, share=0.25)
    loss_in_parts, in_parts = gradients(corpus, num_threads, num_pairs=num_pairs, share=0.25)

    torch.testing.assert_close(loss_in_parts, loss, rtol=1e-5, atol=0)
    assert len(in_parts) == len(whole) == len(list(new_model().parameters()))
    for one, other in zip(in_parts, whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_the_caller_keeps_its_threads(corpus: ParallelCorpus) -> None:
    before = torch.get_num_threads()
    model = new_model()
    seen: list[int] = []

    def loss(part: Batch) -> Tensor:
        seen.append(torch.get_num_threads())
        return loss_of(model, part)

    try:
        threads = BatchThreads(list(model.parameters()), 2)
        threads.backward(make_batch(corpus, torch.arange(9).numpy()), loss, share=1)
        assert (torch.get_num_threads(), seen) == (2, [1, 1])
    finally:
        torch.set_num_threads(before)


def test_an_error_in_a_part_reaches_the_caller(corpus: ParallelCorpus) -> None:
    before = torch.get_num_threads()

    def fails(part: Batch) -> Tensor:
        raise ValueError(f"{len(part.labels)} pairs")

    try:
        threads = BatchThreads(list(new_model().parameters()), 2)
        with pytest.raises(ValueError, match="5 pairs"):
            threads.backward(make_batch(corpus, torch.arange(9).numpy()), fails, share=1)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("bfloat16", [False, True])
@pytest.mark.parametrize("with_threads", [2, 3], indirect=True)
def test_a_training_with_dropout_on_several_threads_repeats_itself_also_after_a_stop(
    corpus: ParallelCorpus, tmp_path: Path, with_threads: int, *, bfloat16: bool
) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=6, bfloat16=bfloat16)
    folder = CheckpointFolder(tmp_path / "checkpoints")

    _, _, whole = run(corpus, config)
    _, _, again = run(corpus, config)
    run(corpus, config, checkpoints=folder, stop_at=3)
    _, log, resumed = run(corpus, config, checkpoints=folder)

    assert torch.get_num_threads() == with_threads
    assert log.resumed_at == [3]
    for weight, *others in zip(*(m.parameters() for m in (whole, again, resumed)), strict=True):
        assert all(torch.equal(weight, other) for other in others)
