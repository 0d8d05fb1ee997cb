from pathlib import Path

import numpy as np
import pytest

from nmt.data import (
    BatchConfig,
    DataError,
    ParallelCorpus,
    check_ids,
    epoch_batches,
    length_sorted_batches,
    make_batch,
    read_corpus,
)
from nmt.interruption import WorkInterruptedError
from protocol.recordio import write_frame
from tests.reversal import reversal_pairs, write_records


def read(path: Path, longest: int = 100) -> ParallelCorpus:
    return read_corpus(path, max_source_length=longest, max_target_length=longest)


@pytest.fixture
def corpus(tmp_path: Path) -> ParallelCorpus:
    return read(write_records(tmp_path / "train.rec", reversal_pairs(500, seed=3, longest=12)))


def test_a_corpus_holds_the_pairs_of_its_file_in_order(tmp_path: Path) -> None:
    corpus = read(write_records(tmp_path / "train.rec", [([4, 5], [6]), ([7], [8, 9, 10])]))

    assert [corpus.source.sentence(i) for i in range(2)] == [[4, 5], [7]]
    assert [corpus.target.sentence(i) for i in range(2)] == [[6], [8, 9, 10]]
    assert corpus.source.ids.dtype == np.int32
    assert (corpus.num_empty_pairs, corpus.num_truncated_pairs) == (0, 0)


def test_ids_are_mapped_from_a_file(corpus: ParallelCorpus) -> None:
    for side in (corpus.source, corpus.target):
        mapping = side.ids.base
        assert isinstance(mapping, np.memmap)
        assert mapping.nbytes == side.ids.nbytes == 4 * side.offsets[-1]


def test_long_sentences_are_truncated_and_empty_ones_left_out(tmp_path: Path) -> None:
    pairs = [([4, 5, 6], [7]), ([], [8]), ([9], []), ([4], [5])]

    corpus = read(write_records(tmp_path / "train.rec", pairs), longest=2)

    assert [corpus.source.sentence(i) for i in range(len(corpus))] == [[4, 5], [4]]
    assert (corpus.num_empty_pairs, corpus.num_truncated_pairs) == (2, 1)


def test_a_file_without_a_usable_pair_is_refused(tmp_path: Path) -> None:
    path = write_records(tmp_path / "train.rec", [([], [4])])

    with pytest.raises(DataError, match=r"train\.rec holds no sentence pair \(1 with an empty"):
        read(path)


def test_reading_ends_at_a_stop(tmp_path: Path) -> None:
    path = write_records(tmp_path / "train.rec", [([4], [5])])

    with pytest.raises(WorkInterruptedError):
        read_corpus(path, max_source_length=9, max_target_length=9, interrupted=lambda: True)


def test_a_damaged_frame_is_named_with_its_file(tmp_path: Path) -> None:
    path = write_records(tmp_path / "train.rec", [([4], [5])])
    path.write_bytes(path.read_bytes() + b"\x00" * 8)

    with pytest.raises(DataError, match=r"train\.rec: frame 2 at byte \d+ starts with 0x00000000"):
        read(path)


def test_a_payload_that_is_no_record_is_named_with_its_frame(tmp_path: Path) -> None:
    path = tmp_path / "train.rec"
    with path.open("wb") as stream:
        write_frame(stream, b"\xff\xff\xff")

    with pytest.raises(DataError, match=r"train\.rec: frame 1: the frame does not hold"):
        read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.rec cannot be read: No such file"):
        read(tmp_path / "train.rec")


@pytest.mark.parametrize("wrong", [-1, 14])
def test_ids_outside_the_vocabulary_are_refused_with_their_pair(tmp_path: Path, wrong: int) -> None:
    corpus = read(write_records(tmp_path / "train.rec", [([4], [5]), ([6], [7, wrong, 8])]))

    check_ids(corpus.source, vocabulary_size=7, where="train.rec, source", vocabulary="v.json")
    with pytest.raises(DataError, match=rf"train\.rec, target: id {wrong} in pair 2, but v\.json"):
        check_ids(corpus.target, vocabulary_size=14, where="train.rec, target", vocabulary="v.json")


def test_a_batch_has_start_and_end_symbols_and_padding(tmp_path: Path) -> None:
    corpus = read(write_records(tmp_path / "train.rec", [([4, 5], [6]), ([7], [8, 9])]))

    batch = make_batch(corpus, np.array([1, 0]))

    assert batch.source.tolist() == [[7, 3, 0], [4, 5, 3]]
    assert batch.target_input.tolist() == [[2, 8, 9], [2, 6, 0]]
    assert batch.labels.tolist() == [[8, 9, 3], [6, 3, 0]]


@pytest.mark.parametrize(
    "config",
    [
        BatchConfig(batch_size=7),
        BatchConfig(batch_size=7, bucketing=False),
        BatchConfig(batch_tokens=50),
    ],
)
def test_an_epoch_has_every_pair_once(corpus: ParallelCorpus, config: BatchConfig) -> None:
    batches = epoch_batches(corpus, config, epoch=0)

    assert sorted(np.concatenate(batches).tolist()) == list(range(len(corpus)))


def test_batches_depend_on_seed_and_epoch_alone(corpus: ParallelCorpus) -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        batches = epoch_batches(corpus, BatchConfig(batch_size=8, seed=seed), epoch)
        return [batch.tolist() for batch in batches]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_bucketing_leaves_little_padding(corpus: ParallelCorpus) -> None:
    def padding(config: BatchConfig) -> float:
        labels = [make_batch(corpus, batch).labels for batch in epoch_batches(corpus, config, 0)]
        tokens = sum(int((label != 0).sum()) for label in labels)
        return 1 - tokens / sum(label.numel() for label in labels)

    assert padding(BatchConfig(batch_size=16)) < 0.05
    assert padding(BatchConfig(batch_size=16, bucketing=False)) > 0.25


def test_token_batches_stay_within_their_budget(corpus: ParallelCorpus) -> None:
    batches = epoch_batches(corpus, BatchConfig(batch_tokens=60), epoch=0)
    sizes = [make_batch(corpus, batch).labels.numel() for batch in batches]

    assert max(sizes) <= 60
    assert sum(sizes) / len(sizes) > 40


def test_a_sentence_over_the_token_budget_is_a_batch_of_its_own(tmp_path: Path) -> None:
    corpus = read(write_records(tmp_path / "train.rec", [([4] * 9, [4] * 9), ([5], [5])]))

    batches = epoch_batches(corpus, BatchConfig(batch_tokens=5), epoch=0)

    assert sorted(len(batch) for batch in batches) == [1, 1]


def test_validation_batches_are_sorted_and_the_same_every_time(corpus: ParallelCorpus) -> None:
    everything = np.arange(len(corpus))

    batches = length_sorted_batches(corpus, everything, 64)

    lengths = corpus.source.lengths[np.concatenate(batches)].tolist()
    assert lengths == sorted(lengths, reverse=True)
    assert [len(batch) for batch in batches] == [64] * 7 + [52]


@pytest.mark.parametrize("name", ["batch_size", "batch_tokens", "bucket_width"])
def test_sizes_of_zero_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        BatchConfig(**{name: 0})  # type: ignore[arg-type]
