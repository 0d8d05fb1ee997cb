"""Both sides of a corpus, line by line, and which of the line pairs are used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from preprocessing.blocks import Block, BlockPair, Mask
from preprocessing.filters import PairFilter
from preprocessing.token_store import TokenStore
from preprocessing.vocabularies import Counts


@dataclass(frozen=True, kw_only=True, slots=True)
class PairCounts:
    """How many line pairs there were, and why some of them are in no record file."""

    read: int
    skipped: Mapping[str, int]
    """By reason; a pair counts under one only."""

    @property
    def kept(self) -> int:
        return self.read - sum(self.skipped.values())

    def __str__(self) -> str:
        reasons = [f"{reason} {number:,}" for reason, number in self.skipped.items() if number]
        why = f" ({', '.join(reasons)})" if reasons else ""
        return f"{self.read:,} read, {self.kept:,} kept, {self.read - self.kept:,} skipped{why}"


class ParallelText:
    """Line pairs; those with an empty side are not used, nor those that a filter drops."""

    def __init__(self, source: TokenStore, target: TokenStore) -> None:
        self.source = source
        self.target = target
        self._has_text = (source.lengths() > 0) & (target.lengths() > 0)
        self._dropped = np.zeros(len(source), dtype=np.bool_)
        self._dropped_by: dict[str, int] = {}

    def join_types(self) -> None:
        """Let both sides number their words alike."""
        types, numbers = self.source.types.joined_with(self.target.types)
        self.source.renumber(types)
        self.target.renumber(types, numbers)

    def drop(self, filters: Sequence[PairFilter]) -> None:
        """Use a pair no longer that any filter drops; it counts under the first that does."""
        self._dropped_by = {each.reason: 0 for each in filters}
        for start, source, target in self._blocks():
            left = self._has_text[start : start + len(source)].copy()
            for each in filters:
                dropped = each.drops(source, target) & left
                self._dropped_by[each.reason] += int(np.count_nonzero(dropped))
                self._dropped[start : start + len(source)] |= dropped
                left &= ~dropped

    def kept(self) -> Mask:
        """Which line pairs are used."""
        return self._has_text & ~self._dropped

    def pairs(self) -> Iterator[BlockPair]:
        """The pairs that are used, in order, many at once."""
        kept = self.kept()
        for start, source, target in self._blocks():
            lines = kept[start : start + len(source)]
            if lines.any():
                yield source.select(lines), target.select(lines)

    def word_counts(self) -> tuple[Counts, Counts]:
        """How often each word stands in either side.

        As in the walk-through, a line counts whose other side is empty; as if it were not there,
        a line does not count that a filter dropped.
        """
        lines = ~self._dropped if self._dropped.any() else None
        return self.source.counts(lines), self.target.counts(lines)

    def pair_counts(self) -> PairCounts:
        no_source, no_target = self.source.lengths() == 0, self.target.lengths() == 0
        empty = {
            "source empty": no_source & ~no_target,
            "target empty": no_target & ~no_source,
            "both empty": no_source & no_target,
        }
        skipped = {reason: int(np.count_nonzero(lines)) for reason, lines in empty.items()}
        return PairCounts(read=len(self.source), skipped=skipped | self._dropped_by)

    def _blocks(self) -> Iterator[tuple[int, Block, Block]]:
        """The number of the first line, then the lines."""
        start = 0
        for source, target in zip(self.source.blocks(), self.target.blocks(), strict=True):
            yield start, source, target
            start += len(source)
