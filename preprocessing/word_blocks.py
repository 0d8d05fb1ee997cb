"""Splits a block of lines at ASCII white space, without a Python object for any word.

White space outside ASCII and bytes that are not UTF-8 stay inside the words here; there are few
different words with them, so that `preprocessing.word_types` looks at those one by one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ids = npt.NDArray[np.int32]

_LINE_FEED, _SPACE = 0x0A, 0x20
_TO_SPACES = bytes(_SPACE if chr(byte).isspace() and byte < 0x80 else byte for byte in range(256))


@dataclass(frozen=True, slots=True)
class WordBlock:
    """Consecutive lines as numbers of the block's own words."""

    words: pa.BinaryArray
    """The different words, with nothing that ASCII calls white space."""
    tokens: Ids
    lengths: Ids
    """Tokens per line; they add up to the number of tokens."""


def split_words(block: bytes) -> WordBlock:
    r"""The words of a block whose every line ends in `\n`."""
    spaced = block.translate(_TO_SPACES)
    starts = _word_starts(np.frombuffer(spaced, dtype=np.uint8))
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == _LINE_FEED)
    words_before_end = np.searchsorted(starts, ends.astype(np.int32))
    encoded = _words_with_space_after(spaced, starts).dictionary_encode()
    return WordBlock(
        words=_trimmed(encoded.dictionary),
        tokens=encoded.indices.to_numpy(),
        lengths=np.diff(words_before_end, prepend=0).astype(np.int32),
    )


def _word_starts(characters: npt.NDArray[np.uint8]) -> Ids:
    is_space = np.empty(len(characters) + 1, dtype=np.bool_)
    is_space[0] = True
    np.equal(characters, _SPACE, out=is_space[1:])
    return np.flatnonzero(is_space[:-1] > is_space[1:]).astype(np.int32)


def _words_with_space_after(spaced: bytes, starts: Ids) -> pa.BinaryArray:
    """Slices from each word to the next, which needs no copy of the text."""
    offsets = np.append(starts, np.int32(len(spaced)))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(spaced)]
    return pa.Array.from_buffers(pa.binary(), len(starts), buffers)


def _trimmed(words: pa.BinaryArray) -> pa.BinaryArray:
    return pc.ascii_rtrim(words.view(pa.string()), " ").view(pa.binary())
