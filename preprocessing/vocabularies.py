"""Makes a vocabulary out of counted words, in the order of the Seq2Seq walk-through."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preprocessing.word_types import WordTypes
from protocol.vocabulary import SPECIAL_SYMBOLS

Counts = npt.NDArray[np.int64]
Vocabulary = dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class VocabularyLimits:
    """Which words make it into a vocabulary."""

    num_words: int = 50_000
    """At most so many, special symbols not counted."""
    min_count: int = 1


def word_vocabulary(types: WordTypes, counts: Counts, limits: VocabularyLimits) -> Vocabulary:
    """Special symbols first, then words by (count, word) descending."""
    counts = np.where(_is_special(types), 0, counts)
    chosen = np.flatnonzero(counts >= _smallest_count(counts, limits))
    ranked = _ranked(types.utf8.take(pa.array(chosen)), counts[chosen])
    words = WordTypes(ranked.slice(0, limits.num_words))
    return {word: index for index, word in enumerate((*SPECIAL_SYMBOLS, *words))}


def _ranked(words: pa.BinaryArray, counts: Counts) -> pa.BinaryArray:
    """Words by (count, word) descending; UTF-8 sorts as its code points do."""
    order = pc.array_sort_indices(words, order="descending").to_numpy()
    order = order[np.argsort(-counts[order], kind="stable")]
    return words.take(pa.array(order))


def _is_special(types: WordTypes) -> npt.NDArray[np.bool_]:
    special = pa.array([symbol.encode() for symbol in SPECIAL_SYMBOLS], pa.binary())
    found: npt.NDArray[np.bool_] = pc.is_in(types.utf8, special).to_numpy(zero_copy_only=False)
    return found


def _smallest_count(counts: Counts, limits: VocabularyLimits) -> int:
    """Rarer words cannot be among those that the limits let in, so that they need no sorting."""
    least = max(limits.min_count, 1)
    if 0 < limits.num_words < len(counts):
        place = len(counts) - limits.num_words
        least = max(least, int(np.partition(counts, place)[place]))
    return least
