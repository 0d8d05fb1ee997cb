"""Holds a text as numbers of its word types in a file, so that it is read only once.

Memory grows with the number of different words, not with the length of the text.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]

LINES_PER_BLOCK = 8192


class WordTypes:
    """Numbers the different words in the order of their first appearance."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self.number_of = self._numbers.__getitem__
        """The number of a word; a new word gets the next one."""

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)


@dataclass(frozen=True, slots=True)
class Block:
    """The tokens of some consecutive lines, one after the other."""

    tokens: Ids
    lengths: Ids
    """Tokens per line; they add up to the number of tokens."""


class TokenStore:
    """One side of a corpus, appended line by line and then read in blocks as often as needed."""

    def __init__(self, types: WordTypes, file: BinaryIO) -> None:
        self.types = types
        self.num_tokens = 0
        self._lengths = array("i")
        self._file = file

    def __len__(self) -> int:
        """The number of lines."""
        return len(self._lengths)

    def append(self, lines: Sequence[str]) -> None:
        tokens = array("i")
        number_of = self.types.number_of
        for line in lines:
            words = line.split()
            self._lengths.append(len(words))
            tokens.extend(map(number_of, words))
        self._file.write(memoryview(tokens))
        self.num_tokens += len(tokens)

    def lengths(self) -> Ids:
        """Tokens per line."""
        return np.array(self._lengths, dtype=np.int32)

    def blocks(self) -> Iterator[Block]:
        lengths = self.lengths()
        self._file.seek(0)
        for start in range(0, len(lengths), LINES_PER_BLOCK):
            block = lengths[start : start + LINES_PER_BLOCK]
            content = self._file.read(int(block.sum(dtype=np.int64)) * lengths.itemsize)
            yield Block(np.frombuffer(content, dtype=np.int32), block)

    def counts(self) -> npt.NDArray[np.int64]:
        """How often each word type stands in the text, by its number."""
        counts = np.zeros(len(self.types), dtype=np.int64)
        for block in self.blocks():
            counts += np.bincount(block.tokens, minlength=len(counts))
        return counts

    def lines(self) -> Iterator[str]:
        """The text again, with single spaces between the words."""
        words = list(self.types)
        for block in self.blocks():
            tokens = iter(block.tokens.tolist())
            for length in block.lengths.tolist():
                yield " ".join(words[next(tokens)] for _ in range(length))
