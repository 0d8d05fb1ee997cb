"""Some consecutive lines of one side of a corpus, as numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """The tokens of some consecutive lines, one after the other."""

    tokens: Ids
    lengths: Ids
    """Tokens per line; they add up to the number of tokens."""

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.lengths)

    def select(self, lines: Mask) -> "Block":
        """Only the lines that the mask is true for."""
        if lines.all():
            return self
        return Block(self.tokens[np.repeat(lines, self.lengths)], self.lengths[lines])


BlockPair = tuple[Block, Block]
"""The same lines of the source and of the target."""
