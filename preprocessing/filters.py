"""Decides which line pairs of a training text are dropped, block by block.

Looks at words only once, however often the text holds them, and at lines only as arrays.
"""

from typing import Protocol

import numpy as np
import pyarrow.compute as pc

from preprocessing.blocks import Block, Ids, Mask
from preprocessing.line_sums import line_sums
from preprocessing.pair_hashes import SeenHashes, pair_hashes
from preprocessing.scripts import letters_of_script
from preprocessing.word_types import WordTypes
from protocol.retraining import Cleaning


class PairFilter(Protocol):
    """One reason to drop line pairs; whether a pair with an empty side is one is left open."""

    @property
    def reason(self) -> str:
        """A few words for the summary."""

    def drops(self, source: Block, target: Block) -> Mask:
        """True for each pair to drop; called once for each block, in the order of the corpus."""


def build_filters(
    cleaning: Cleaning, source_types: WordTypes, target_types: WordTypes
) -> list[PairFilter]:
    """The filters that are on, in the order in which a pair is counted under one of them."""
    filters: list[PairFilter] = []
    if cleaning.max_length is not None:
        filters.append(MaxLength(cleaning.max_length))
    if cleaning.max_length_ratio is not None:
        filters.append(MaxLengthRatio(cleaning.max_length_ratio))
    if cleaning.drop_identical:
        filters.append(IdenticalSides(source_types, target_types))
    if cleaning.source_script is not None:
        filters.append(SourceScript(cleaning.source_script, source_types))
    if cleaning.target_script is not None:
        filters.append(TargetScript(cleaning.target_script, target_types))
    if cleaning.drop_duplicates:
        filters.append(Duplicates())
    return filters


class MaxLength:
    """A side has too many words."""

    def __init__(self, max_length: int) -> None:
        self.reason = f"longer than {max_length:,} words"
        self._max_length = max_length

    def drops(self, source: Block, target: Block) -> Mask:
        return np.maximum(source.lengths, target.lengths) > self._max_length


class MaxLengthRatio:
    """One side has too many words for the other."""

    def __init__(self, max_ratio: float) -> None:
        self.reason = f"length ratio above {max_ratio:g}"
        self._max_ratio = max_ratio

    def drops(self, source: Block, target: Block) -> Mask:
        longer = np.maximum(source.lengths, target.lengths)
        shorter = np.minimum(source.lengths, target.lengths)
        return longer / np.maximum(shorter, 1) > self._max_ratio


class IdenticalSides:
    """Nothing was translated."""

    reason = "source and target identical"

    def __init__(self, source_types: WordTypes, target_types: WordTypes) -> None:
        self._target_number: Ids | None = None
        """The number among the target's words of each of the source's; -1 if it has none."""
        if source_types is not target_types:
            found = pc.index_in(source_types.utf8, value_set=target_types.utf8)
            self._target_number = found.fill_null(-1).to_numpy()

    def drops(self, source: Block, target: Block) -> Mask:
        identical: Mask = source.lengths == target.lengths
        source, target = source.select(identical), target.select(identical)
        tokens = source.tokens
        if self._target_number is not None:
            tokens = self._target_number[tokens]
        identical[identical] = line_sums(tokens != target.tokens, source.lengths, np.int64) == 0
        return identical


class SourceScript:
    """The source is in another script."""

    def __init__(self, script: str, types: WordTypes) -> None:
        self.reason = f"source not {script}"
        self._letters = _ScriptLetters(script, types)

    def drops(self, source: Block, _target: Block) -> Mask:
        return self._letters.are_too_few(source)


class TargetScript:
    """The target is in another script."""

    def __init__(self, script: str, types: WordTypes) -> None:
        self.reason = f"target not {script}"
        self._letters = _ScriptLetters(script, types)

    def drops(self, _source: Block, target: Block) -> Mask:
        return self._letters.are_too_few(target)


class _ScriptLetters:
    def __init__(self, script: str, types: WordTypes) -> None:
        letters, of_script = letters_of_script(types, script)
        self._surplus = 2 * of_script - letters
        """By word type: negative where fewer than half of its letters are of the script."""

    def are_too_few(self, block: Block) -> Mask:
        return line_sums(self._surplus[block.tokens], block.lengths, np.int64) < 0


class Duplicates:
    """A pair came before; the first one is kept."""

    reason = "duplicate"

    def __init__(self) -> None:
        self._seen = SeenHashes()

    def drops(self, source: Block, target: Block) -> Mask:
        return self._seen.add(pair_hashes(source, target))
