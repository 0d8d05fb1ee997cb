import itertools
import random

import numpy as np
import pytest

from nmt.data import ParallelCorpus, Side
from nmt.interruption import WorkInterruptedError
from nmt.subword_dropout import Merges, SubwordDropout, cut_at_random
from nmt.subwords import learn_subwords
from nmt.tokenizer import SubwordTokenizer

TEXT = ["lower lowest low <pad> </s>", "low lower newest newest", "wider widest \U0001f600 low"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> SubwordTokenizer:
    path = tmp_path_factory.mktemp("subwords") / "subwords.json"
    words = ["low", "lower", "lowest", "newest", "widest"]
    learn_subwords(words, [9, 7, 5, 4, 3], merges=40, path=path)
    return SubwordTokenizer(path)


def side(tokenizer: SubwordTokenizer, texts: list[str]) -> Side:
    ids = tokenizer.piece_ids(texts)
    offsets = np.cumsum([0, *map(len, ids)])
    return Side(np.array([i for sentence in ids for i in sentence], dtype=np.int32), offsets)


@pytest.fixture
def corpus(tokenizer: SubwordTokenizer) -> ParallelCorpus:
    return ParallelCorpus(source=side(tokenizer, TEXT), target=side(tokenizer, TEXT[::-1]))


def texts(tokenizer: SubwordTokenizer, some: Side) -> list[str]:
    pieces = list(tokenizer.vocabulary)
    sentences = (some.sentence(i) for i in range(len(some.offsets) - 1))
    return [tokenizer.assemble([pieces[i] for i in ids]).text for ids in sentences]


def dropout(corpus: ParallelCorpus, tokenizer: SubwordTokenizer, rate: float) -> SubwordDropout:
    return SubwordDropout(corpus, Merges.of(tokenizer), rate=rate, seed=7)


def test_whatever_the_cut_the_text_stays(
    corpus: ParallelCorpus, tokenizer: SubwordTokenizer
) -> None:
    drawn = dropout(corpus, tokenizer, 0.5)
    for epoch in range(3):
        cut = drawn.corpus(epoch)
        assert texts(tokenizer, cut.source) == TEXT
        assert texts(tokenizer, cut.target) == TEXT[::-1]


def test_words_are_cut_otherwise_in_every_epoch(
    corpus: ParallelCorpus, tokenizer: SubwordTokenizer
) -> None:
    drawn = dropout(corpus, tokenizer, 0.5)
    spellings = {tuple(drawn.corpus(epoch).source.ids.tolist()) for epoch in range(4)}
    assert len(spellings) == 4


def test_without_dropout_words_are_cut_as_the_tokenizer_cuts_them(
    corpus: ParallelCorpus, tokenizer: SubwordTokenizer
) -> None:
    cut = dropout(corpus, tokenizer, 0.0).corpus(0)
    assert cut.source.ids.tolist() == corpus.source.ids.tolist()
    assert cut.source.offsets.tolist() == corpus.source.offsets.tolist()


def test_an_epoch_is_the_same_after_a_resume(
    corpus: ParallelCorpus, tokenizer: SubwordTokenizer
) -> None:
    uninterrupted = dropout(corpus, tokenizer, 0.3)
    for epoch in range(11):
        expected = uninterrupted.corpus(epoch)
    resumed = dropout(corpus, tokenizer, 0.3).corpus(10)
    assert resumed.source.ids.tolist() == expected.source.ids.tolist()
    assert resumed.target.offsets.tolist() == expected.target.offsets.tolist()


def test_cutting_ends_at_a_stop_and_goes_on_as_if_there_was_none(
    corpus: ParallelCorpus, tokenizer: SubwordTokenizer
) -> None:
    merges, expected = Merges.of(tokenizer), dropout(corpus, tokenizer, 0.3).corpus(2)
    polls = itertools.count(1)
    stopped = SubwordDropout(
        corpus, merges, rate=0.3, seed=7, interrupted=lambda: next(polls) in {1, 3, 9, 40}
    )

    for _ in range(4):
        with pytest.raises(WorkInterruptedError):
            stopped.corpus(2)

    assert next(polls) == 41
    assert stopped.corpus(2).source.ids.tolist() == expected.source.ids.tolist()


def test_a_word_without_end_keeps_its_pieces(tokenizer: SubwordTokenizer) -> None:
    (pieces,) = tokenizer.piece_ids(["low" * 100])
    merges = Merges.of(tokenizer)
    assert cut_at_random(pieces, merges, 0.9, random.Random(1)) == pieces
