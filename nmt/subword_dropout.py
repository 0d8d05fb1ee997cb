"""Cuts the words of a training corpus anew for every epoch, so that no word has one spelling only.

Source: Provilkov et al. 2020, BPE-Dropout (arXiv 1910.13267), algorithm 1. Each different word is
cut at random several times, and each place of the text takes one of those at random.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from nmt.byte_pieces import begins_word
from nmt.data import Ids, Indices, ParallelCorpus, Side
from nmt.interruption import Interrupted, never, proceed_unless
from nmt.tokenizer import SubwordTokenizer
from protocol.vocabulary import SPECIAL_SYMBOLS

NUM_CUTS = 8
"""Random cuts of a word that an epoch chooses from; each epoch replaces the oldest of them."""
LONGEST_CUT_WORD = 60
"""In letters; a longer word keeps its pieces, since cutting it takes the square of its length."""

_WORDS_AT_ONCE = 2**16


@dataclass(frozen=True, kw_only=True, slots=True)
class Merges:
    """What a subword vocabulary's pieces are made of."""

    merged: Mapping[tuple[int, int], tuple[int, int]]
    """From two pieces to the rank of their merge (lower comes first) and the piece it makes."""
    letters: Mapping[int, tuple[int, ...]]
    """From each piece to the smallest pieces that it consists of."""
    begins_word: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """By piece id."""

    @classmethod
    def of(cls, tokenizer: SubwordTokenizer) -> "Merges":
        """Those that the tokenizer learned."""
        ids = tokenizer.vocabulary
        merged = {
            (ids[left], ids[right]): (rank, ids[left + right])
            for rank, (left, right) in enumerate(tokenizer.merges)
        }
        letters = {
            number: tuple(ids[letter] for letter in piece)
            for piece, number in ids.items()
            if piece not in SPECIAL_SYMBOLS
        }
        return cls(
            merged=merged,
            letters=letters,
            begins_word=np.array([begins_word(piece) for piece in ids]),
        )


class SubwordDropout:
    """The corpus of each epoch, a function of seed and epoch alone."""

    def __init__(
        self,
        corpus: ParallelCorpus,
        merges: Merges,
        *,
        rate: float,
        seed: int,
        interrupted: Interrupted = never,
    ) -> None:
        """A merge is left out with probability `rate` whenever it could be made."""
        self._corpus, self._merges, self._rate, self._seed = corpus, merges, rate, seed
        self._interrupted = interrupted
        self._cuts: dict[int, list[list[int]]] = {}

    def corpus(self, epoch: int) -> ParallelCorpus:
        """The whole corpus as the epoch (from 0) sees it.

        Raises:
            WorkInterruptedError: `interrupted` became true on the way.
        """
        numbered_sides, words = self._numbered
        wanted = range(epoch, epoch + NUM_CUTS)
        self._cuts = {index: self._cuts.get(index) or self._cut(index) for index in wanted}
        cuts = [pieces for index in wanted for pieces in self._cuts[index]]
        sizes = np.fromiter(map(len, cuts), dtype=np.int64, count=len(cuts))
        pieces = np.fromiter((i for cut in cuts for i in cut), dtype=np.int32)
        generator = np.random.default_rng((self._seed, epoch))
        sides = []
        for side in numbered_sides:
            chosen = generator.integers(NUM_CUTS, size=len(side.words)) * len(words)
            sides.append(side.spelled(chosen + side.words, sizes, pieces))
        return ParallelCorpus(source=sides[0], target=sides[1])

    @cached_property
    def _numbered(self) -> "tuple[list[_WordSide], list[list[int]]]":
        """Both sides as numbers of words, and the words in pieces."""
        numbers: dict[bytes, int] = {}
        sides = [
            _WordSide.of(side, self._merges, numbers, self._interrupted)
            for side in (self._corpus.source, self._corpus.target)
        ]
        return sides, [np.frombuffer(word, dtype=np.int32).tolist() for word in numbers]

    def _cut(self, index: int) -> list[list[int]]:
        draw = random.Random(f"{self._seed} {index}")  # noqa: S311, no secret
        _, words = self._numbered
        cuts = []
        for word in words:
            proceed_unless(self._interrupted)
            cuts.append(cut_at_random(word, self._merges, self._rate, draw))
        return cuts


@dataclass(frozen=True, slots=True)
class _WordSide:
    """One side as numbers of words."""

    words: Indices
    offsets: Indices
    """Sentence i is `words[offsets[i]:offsets[i + 1]]`."""

    @classmethod
    def of(
        cls, side: Side, merges: Merges, numbers: dict[bytes, int], interrupted: Interrupted
    ) -> "_WordSide":
        """Number the words, going on in `numbers`."""
        begins = merges.begins_word[side.ids]
        begins[side.offsets[:-1]] = True
        starts = np.flatnonzero(begins)
        content, borders = side.ids.tobytes(), np.append(starts, len(side.ids)) * side.ids.itemsize
        words = np.empty(len(starts), dtype=np.int64)
        for first in range(0, len(starts), _WORDS_AT_ONCE):
            proceed_unless(interrupted)
            some = borders[first : first + _WORDS_AT_ONCE + 1].tolist()
            words[first : first + _WORDS_AT_ONCE] = [
                numbers.setdefault(content[start:end], len(numbers))
                for start, end in pairwise(some)
            ]
        return cls(words, np.searchsorted(starts, side.offsets))

    def spelled(self, cuts: Indices, sizes: Indices, pieces: Ids) -> Side:
        """The sentences, given the number of each word's cut and all cuts side by side."""
        starts_of_cuts = np.cumsum(sizes) - sizes
        lengths = sizes[cuts]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(starts_of_cuts[cuts] - (ends - lengths), lengths)
        return Side(pieces[places], np.append(0, ends)[self.offsets])


def cut_at_random(
    word: Sequence[int], merges: Merges, rate: float, draw: random.Random
) -> list[int]:
    """The word's pieces after merging its letters anew, each possible merge with its chance."""
    pieces = [letter for piece in word for letter in merges.letters.get(piece, (piece,))]
    if len(pieces) > LONGEST_CUT_WORD:
        return list(word)
    while True:
        possible = [
            (*merge, place)
            for place, pair in enumerate(pairwise(pieces))
            if (merge := merges.merged.get(pair)) and draw.random() >= rate
        ]
        if not possible:
            return pieces
        _, merged, place = min(possible)
        pieces[place : place + 2] = [merged]
