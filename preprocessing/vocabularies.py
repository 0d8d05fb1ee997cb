"""Makes a vocabulary out of counted words, in the order of the Seq2Seq walk-through."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from preprocessing.token_store import WordTypes
from protocol.vocabulary import SPECIAL_SYMBOLS

Vocabulary = dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class VocabularyLimits:
    """Which words make it into a vocabulary."""

    num_words: int = 50_000
    """At most so many, special symbols not counted."""
    min_count: int = 1


def word_vocabulary(
    types: WordTypes, counts: npt.NDArray[np.int64], limits: VocabularyLimits
) -> Vocabulary:
    """Special symbols first, then words by (count, word) descending."""
    counted = (
        (count, word)
        for word, count in zip(types, counts.tolist(), strict=True)
        if count >= limits.min_count and word not in SPECIAL_SYMBOLS
    )
    words = (word for _, word in islice(sorted(counted, reverse=True), limits.num_words))
    return {word: index for index, word in enumerate((*SPECIAL_SYMBOLS, *words))}
