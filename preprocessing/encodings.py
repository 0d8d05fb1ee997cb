"""What each word of a text becomes in a record file: the ids of its pieces, as they are written."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nmt.tokenizer import SubwordTokenizer
from preprocessing.blocks import Ids
from preprocessing.expansion import Expansion
from preprocessing.wire_format import varint
from preprocessing.word_types import WordTypes
from protocol.vocabulary import UNK_ID

CUT_AT_ONCE = 1 << 14
"""Words that the tokenizer's own objects, a kilobyte for each word, are there for."""


class Encoding:
    """For each word type of a text, the vocabulary ids that stand for it."""

    def __init__(self, ids: Expansion) -> None:
        self.ids = ids
        self.varints = _joined_varints(ids)
        """The same as protobuf varints, all of one word side by side."""
        self.num_bytes: Ids = np.diff(_offsets(self.varints))
        """Length of the varints of each word type."""

    @classmethod
    def by_words(cls, types: WordTypes, vocabulary: Mapping[str, int]) -> Self:
        """A word that the vocabulary lacks becomes `<unk>`; ids follow the vocabulary's order.

        As in the walk-through, a word that is spelled like a special symbol gets its id.
        """
        # A vocabulary's JSON may hold half a surrogate pair, which no text has.
        words = [word.encode("utf-8", "surrogatepass") for word in vocabulary]
        found = pc.index_in(types.utf8, pa.array(words, pa.binary())).fill_null(UNK_ID)
        return cls(Expansion(np.ones(len(types), dtype=np.int64), found.to_numpy()))

    @classmethod
    def by_subwords(cls, types: WordTypes, tokenizer: SubwordTokenizer) -> Self:
        """Pieces never cross white space, so that each different word is cut only once."""
        pieces = [
            Expansion.of(tokenizer.piece_ids(list(part))) for part in types.parts(CUT_AT_ONCE)
        ]
        return cls(Expansion.joined(pieces))


def _joined_varints(ids: Expansion) -> pa.BinaryArray:
    table = pa.array([varint(i) for i in range(ids.values.max(initial=0) + 1)], pa.binary())
    single = table.take(pa.array(ids.values))
    ends = np.cumsum(ids.sizes)
    offsets = _offsets(single)[np.concatenate(([0], ends))]
    return pa.Array.from_buffers(
        pa.binary(), len(ends), [None, pa.py_buffer(offsets), single.buffers()[2]]
    )


def _offsets(array: pa.BinaryArray) -> Ids:
    return np.frombuffer(array.buffers()[1], dtype=np.int32)[: len(array) + 1]
