"""Holds a text as numbers of its word types in a file, so that it is read only once.

Memory grows with the number of different words and of lines, not with the number of tokens.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from preprocessing.blocks import Block, Ids, Mask
from preprocessing.word_blocks import WordBlock, split_words
from preprocessing.word_types import WordNumbering, WordTypes

LINES_PER_BLOCK = 1 << 15
WORDS_TOGETHER = 1 << 21
"""Words of blocks that are numbered at once; more cost memory, fewer cost time."""


class TokenStore:
    """One side of a corpus, read in blocks as often as needed."""

    def __init__(self, types: WordTypes, lengths: Ids, file: BinaryIO) -> None:
        self.types = types
        self._lengths = lengths
        self._file = file
        self._new_numbers: Ids | None = None

    def __len__(self) -> int:
        """The number of lines."""
        return len(self._lengths)

    def lengths(self) -> Ids:
        """Tokens per line."""
        return self._lengths

    def renumber(self, types: WordTypes, numbers: Ids | None = None) -> None:
        """Use other types from now on; `numbers` says what each number turns into."""
        self.types, self._new_numbers = types, numbers

    def blocks(self) -> Iterator[Block]:
        """The lines in order, always so many at once."""
        self._file.seek(0)
        for start in range(0, len(self), LINES_PER_BLOCK):
            lengths = self._lengths[start : start + LINES_PER_BLOCK]
            content = self._file.read(int(lengths.sum(dtype=np.int64)) * lengths.itemsize)
            tokens = np.frombuffer(content, dtype=np.int32)
            yield Block(self._renumbered(tokens), lengths)

    def counts(self, lines: Mask | None = None) -> npt.NDArray[np.int64]:
        """How often each word type stands in the text, or in some lines of it, by its number."""
        counts = np.zeros(len(self.types), dtype=np.int64)
        for block in self._selected(lines):
            counts += np.bincount(block.tokens, minlength=len(counts))
        return counts

    def _selected(self, lines: Mask | None) -> Iterator[Block]:
        start = 0
        for block in self.blocks():
            yield block if lines is None else block.select(lines[start : start + len(block)])
            start += len(block)

    def _renumbered(self, tokens: Ids) -> Ids:
        return tokens if self._new_numbers is None else self._new_numbers[tokens]


class TokenStoreWriter:
    """Takes a text block by block and leaves it as a `TokenStore`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._numbering = WordNumbering()
        self._lengths: list[Ids] = []
        self._waiting: list[WordBlock] = []

    def append(self, block: bytes) -> int:
        r"""Add lines, each of which ends in `\n`; returns how many they are."""
        words = split_words(block)
        self._waiting.append(words)
        self._lengths.append(words.lengths)
        if sum(len(waiting.words) for waiting in self._waiting) > WORDS_TOGETHER:
            self._number_waiting()
        return len(words.lengths)

    def finish(self, scratch: BinaryIO) -> TokenStore:
        """The store of all that was appended; `scratch` is an empty file that it may need."""
        self._number_waiting()
        types, expansion = self._numbering.finish()
        lengths = np.concatenate([np.zeros(0, dtype=np.int32), *self._lengths])
        store = TokenStore(types, lengths, self._file)
        if expansion is None:
            return store
        return _rewritten(types, map(expansion.apply, store.blocks()), scratch)

    def _number_waiting(self) -> None:
        numbers = self._numbering.number([waiting.words for waiting in self._waiting])
        for waiting, number_of_word in zip(self._waiting, numbers, strict=True):
            self._file.write(number_of_word[waiting.tokens].data)
        self._waiting.clear()


def _rewritten(types: WordTypes, blocks: Iterable[Block], file: BinaryIO) -> TokenStore:
    lengths = []
    for block in blocks:
        file.write(block.tokens.data)
        lengths.append(block.lengths)
    return TokenStore(types, np.concatenate(lengths), file)
