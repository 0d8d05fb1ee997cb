import asyncio
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nmt.tokenizer import WordTokenizer
from nmt.translator import Hypothesis, SearchOptions
from serving.calls import Search
from serving.glossary import MAX_PLACES, Enforcement, find, terms_of
from serving.jobs import Job

OPTIONS = SearchOptions(beam_size=2, max_decoding_length=12, attention=True, scores=True)


@pytest.mark.parametrize(
    ("text", "term", "place"),
    [
        ("the cat sat", "cat", range(4, 7)),
        ("the cat, he said", "cat", range(4, 7)),
        ("the category", "cat", None),
        ("concat it", "cat", None),
        ("C++ is (c) 2026", "C++", range(3)),
        ("C++ is (c) 2026", "(c)", range(7, 10)),
        ("ice cream", "ice cream", range(9)),
        ("Cat", "cat", None),
    ],
)
def test_terms_are_found_as_whole_words(text: str, term: str, place: range | None) -> None:
    assert find(text, term) == place


def test_only_terms_that_stand_in_the_source_are_terms_of_it() -> None:
    tokenizer = WordTokenizer()
    source = tokenizer.segment("my ice cream is cold")
    glossary = [("ice cream", "Speiseeis"), ("hot", "heiß"), ("cold", "eis kalt")]
    first, second = terms_of(source, glossary, tokenizer)
    assert (first.pieces, first.is_source_piece.tolist()) == (("Speiseeis",), [0, 1, 1, 0, 0])
    assert (second.pieces, second.is_source_piece.tolist()) == (("eis", "kalt"), [0, 0, 0, 0, 1])


class Copier:
    """A model that translates every word into its capitals, and prefers some positions."""

    def __init__(self, source: Sequence[str]) -> None:
        self._source = source
        self.num_searches = self.most_at_once = 0

    def hypothesis(self, prefix: Sequence[str] = ()) -> Hypothesis:
        rest = [word.upper() for word in self._source[len(prefix) :]]
        known = ["<unk>" if piece.islower() else piece for piece in prefix]
        pieces = (*known, *rest)
        return Hypothesis(pieces, np.eye(len(pieces), len(self._source), dtype=np.float32), -0.5)

    async def run(self, jobs: Sequence[Job]) -> list[Any]:
        self.most_at_once = max(self.most_at_once, len(jobs))
        return [self._answer(job) for job in jobs]

    def _answer(self, job: Job) -> Any:
        target = list(job.target or ())
        if isinstance(job.kind, Search):
            self.num_searches += 1
            return [self.hypothesis(target)]
        moved = (
            abs(self._source.index(word.lower()) - index)
            for index, word in enumerate(target)
            if word.isupper()
        )
        return -float(sum(moved))


def forced(text: str, glossary: dict[str, str]) -> tuple[Hypothesis, Copier]:
    tokenizer = WordTokenizer()
    source = tokenizer.segment(text)
    copier = Copier(source.pieces)
    enforcement = Enforcement(source, OPTIONS, tokenizer, copier.run)
    terms = terms_of(source, list(glossary.items()), tokenizer)
    (best,) = asyncio.run(enforcement.force([copier.hypothesis()], terms))
    return best, copier


def test_a_missing_term_is_forced_where_the_attention_looks() -> None:
    best, _ = forced("a b c d", {"c": "third"})
    assert best.pieces == ("A", "B", "third", "D")
    assert best.score is not None
    assert math.isfinite(best.score)


def test_several_terms_are_forced_one_after_the_other() -> None:
    best, _ = forced("a b c d", {"d": "fourth", "a": "first"})
    assert best.pieces == ("first", "B", "C", "fourth")


def test_terms_that_stand_there_already_cost_nothing() -> None:
    best, copier = forced("a b c d", {"b": "B", "c": "C"})
    assert best.pieces == ("A", "B", "C", "D")
    assert copier.num_searches == 0


def test_every_term_that_fits_is_included() -> None:
    words = ["a", "b", "c", "d", "e"]
    best, copier = forced(" ".join(words), {word: f"x{word}" for word in words})
    assert set(best.pieces) >= {f"x{word}" for word in words}
    assert best.attention is not None
    assert len(best.attention) == len(best.pieces) <= OPTIONS.max_decoding_length
    assert copier.most_at_once == MAX_PLACES
    assert copier.num_searches <= MAX_PLACES * len(words)
