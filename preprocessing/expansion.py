"""Puts several numbers, or none, in the place of each number of a text."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from preprocessing.blocks import Block, Ids


class Expansion:
    """From each number to the numbers that stand for it, a whole block at a time."""

    def __init__(self, sizes: npt.NDArray[np.int64], values: Ids) -> None:
        """Number n turns into the next `sizes[n]` of the values, which lie side by side."""
        self.sizes = sizes
        self.values = values
        self.starts = np.cumsum(sizes) - sizes

    @classmethod
    def of(cls, replacements: Sequence[Sequence[int]]) -> Self:
        """Number n turns into `replacements[n]`."""
        sizes = np.fromiter(map(len, replacements), dtype=np.int64, count=len(replacements))
        return cls(sizes, np.fromiter((i for part in replacements for i in part), dtype=np.int32))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The numbers of the first part, then those of the second, and so on."""
        return cls(
            np.concatenate([np.zeros(0, dtype=np.int64), *(part.sizes for part in parts)]),
            np.concatenate([np.zeros(0, dtype=np.int32), *(part.values for part in parts)]),
        )

    def apply(self, block: Block) -> Block:
        """The same lines with their numbers replaced."""
        sizes = self.sizes[block.tokens]
        ends = np.cumsum(sizes)
        shift = self.starts[block.tokens] - (ends - sizes)
        positions = np.arange(sizes.sum()) + np.repeat(shift, sizes)
        return Block(self.values[positions], _line_lengths(ends, block.lengths))


def _line_lengths(ends: npt.NDArray[np.int64], tokens_per_line: Ids) -> Ids:
    """Numbers per line, where `ends` says how many there are up to each token's last."""
    boundaries = np.concatenate(([0], ends))[np.cumsum(tokens_per_line)]
    return np.diff(boundaries, prepend=0).astype(np.int32)
