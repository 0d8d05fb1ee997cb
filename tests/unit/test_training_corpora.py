import random
from pathlib import Path

import pytest

from nmt.data import ParallelCorpus, Side, read_corpus
from nmt.tokenizer import load_tokenizer
from protocol.vocabulary import UNK_ID
from tests.reversal import FIRST_DIGIT, VOCABULARY, Pair, write_records
from training import corpora
from training.corpora import Corpora


def corpus(path: Path, pairs: list[Pair]) -> ParallelCorpus:
    return read_corpus(write_records(path, pairs), max_source_length=9, max_target_length=9)


def with_pairs(folder: Path, *, training: list[Pair], validation: list[Pair]) -> Corpora:
    return Corpora(
        training=corpus(folder / "train.rec", training),
        validation=corpus(folder / "val.rec", validation),
        source_tokens=list(VOCABULARY),
        target_tokens=list(VOCABULARY),
        tokenizer=load_tokenizer(folder),
        fingerprints={},
    )


def pair(digits: str) -> Pair:
    ids = [FIRST_DIGIT + int(digit) for digit in digits]
    return ids, ids


def numbered(count: int) -> list[Pair]:
    return [pair(f"{number:03}") for number in range(count)]


UNKNOWN = ([FIRST_DIGIT], [UNK_ID])


def test_samples_are_spread_over_the_validation_set(tmp_path: Path) -> None:
    found = with_pairs(tmp_path, training=[pair("1")], validation=numbered(400)).samples()

    texts = [" ".join(f"{number:03}") for number in range(0, 400, 20)]
    assert found == [{"source": text, "target": text} for text in texts]


def test_pairs_with_an_unknown_word_on_either_side_are_no_samples(tmp_path: Path) -> None:
    validation = [UNKNOWN, UNKNOWN[::-1], pair("42")]

    found = with_pairs(tmp_path, training=[pair("1")], validation=validation).samples()

    assert found == [{"source": "4 2", "target": "4 2"}]


def test_the_training_set_takes_the_place_of_one_without_known_pairs(tmp_path: Path) -> None:
    found = with_pairs(tmp_path, training=[pair("1"), UNKNOWN], validation=[UNKNOWN]).samples()

    assert found == [{"source": "1", "target": "1"}]


def test_where_no_pair_is_known_there_are_no_samples(tmp_path: Path) -> None:
    assert with_pairs(tmp_path, training=[UNKNOWN], validation=[UNKNOWN]).samples() == []


def test_of_a_large_corpus_a_bounded_number_of_pairs_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = numbered(900)
    random.Random(1).shuffle(training)
    both = with_pairs(tmp_path, training=training, validation=[UNKNOWN] * 200)
    looked_at: list[int] = []
    sentence = Side.sentence

    def noted(side: Side, index: int) -> list[int]:
        looked_at.append(index)
        return sentence(side, index)

    monkeypatch.setattr(Side, "sentence", noted)
    monkeypatch.setattr(corpora, "MAX_LOOKED_AT", 50)

    found = both.samples()

    assert len(found) == 20
    assert len({sample["source"] for sample in found}) == 20
    assert len(looked_at) <= 4 * 50 + 2 * 20
    assert max(looked_at) > 600
