"""Turns stored words into vocabulary ids: one for a word, or one for each of its subwords."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nmt.tokenizer import SubwordTokenizer
from preprocessing.token_store import Block, Ids, WordTypes
from protocol.vocabulary import UNK_ID


class Encoding(Protocol):
    """From a block of word numbers to a block of vocabulary ids, line by line."""

    def apply(self, block: Block) -> Block:
        """The same lines, their tokens now ids."""


class WordEncoding:
    """A word that the vocabulary lacks becomes `<unk>`.

    As in the walk-through, a word that is spelled like a special symbol gets that symbol's id.
    """

    def __init__(self, types: WordTypes, vocabulary: Mapping[str, int]) -> None:
        ids = (vocabulary.get(word, UNK_ID) for word in types)
        self._ids = np.fromiter(ids, dtype=np.int32, count=len(types))

    def apply(self, block: Block) -> Block:
        return Block(self._ids[block.tokens], block.lengths)


class SubwordEncoding:
    """Pieces never cross white space, so that each different word is cut only once."""

    def __init__(self, types: WordTypes, tokenizer: SubwordTokenizer) -> None:
        pieces = tokenizer.piece_ids(list(types))
        self._num_pieces = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        self._first_piece = np.cumsum(self._num_pieces) - self._num_pieces
        self._pieces: Ids = np.fromiter((i for word in pieces for i in word), dtype=np.int32)

    def apply(self, block: Block) -> Block:
        num_pieces = self._num_pieces[block.tokens]
        ends = np.cumsum(num_pieces)
        shift = self._first_piece[block.tokens] - (ends - num_pieces)
        positions = np.arange(num_pieces.sum()) + np.repeat(shift, num_pieces)
        return Block(self._pieces[positions], _line_lengths(ends, block.lengths))


def _line_lengths(ends: npt.NDArray[np.int64], words_per_line: Ids) -> Ids:
    """Pieces per line, where `ends` says how many pieces there are up to each word's last."""
    boundaries = np.concatenate(([0], ends))[np.cumsum(words_per_line)]
    return np.diff(boundaries, prepend=0).astype(np.int32)
