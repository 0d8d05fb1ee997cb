"""Writes sentence pairs as a record file, many at once.

The bytes are those of `protocol.recordio`. Every part of every frame is an entry of one Arrow
array, and taking the entries in the order of the file lays their bytes side by side.
"""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preprocessing.blocks import Block, BlockPair, Ids
from preprocessing.encodings import Encoding
from preprocessing.wire_format import feature_head
from protocol.recordio import ALIGNMENT, HEADER, MAGIC

Indices = npt.NDArray[np.int64]

NUM_THREADS = 2
_PADDINGS = pa.array([bytes(size) for size in range(ALIGNMENT)], pa.binary())


@dataclass(frozen=True, kw_only=True, slots=True)
class PairEncoding:
    """How the words of either side are written."""

    source: Encoding
    target: Encoding


def write_records(pairs: Iterable[BlockPair], encoding: PairEncoding, path: Path) -> None:
    """One frame for each pair, in the order of the corpus; no pair has an empty side."""
    with path.open("wb") as stream, ThreadPoolExecutor(max_workers=NUM_THREADS) as threads:
        waiting: list[Future[pa.Buffer]] = []
        for source, target in pairs:
            waiting.append(threads.submit(frames, source, target, encoding))
            if len(waiting) > NUM_THREADS:
                stream.write(waiting.pop(0).result())
        for encoded in waiting:
            stream.write(encoded.result())


def frames(source: Block, target: Block, encoding: PairEncoding) -> pa.Buffer:
    """The frames of these pairs, one after the other."""
    entries = _Entries()
    source_feature = _Feature.of("source", source, encoding.source, entries)
    target_feature = _Feature.of("target", target, encoding.target, entries)
    num_bytes = source_feature.num_bytes + target_feature.num_bytes
    starts_of_target = 1 + source_feature.num_parts
    sizes = starts_of_target + target_feature.num_parts + 1
    starts = np.cumsum(sizes) - sizes
    order = np.empty(sizes.sum(), dtype=np.int32)
    order[starts] = entries.add(_headers(num_bytes)) + np.arange(len(num_bytes))
    source_feature.place(order, starts + 1)
    target_feature.place(order, starts + starts_of_target)
    order[starts + sizes - 1] = entries.add(_PADDINGS) + -num_bytes % ALIGNMENT
    return entries.joined(order)


class _Entries:
    """Byte strings by number."""

    def __init__(self) -> None:
        self._arrays: list[pa.BinaryArray] = []
        self._size = 0

    def add(self, array: pa.BinaryArray) -> int:
        """The number of the array's first entry; the others follow it."""
        first = self._size
        self._arrays.append(array)
        self._size += len(array)
        return first

    def joined(self, order: Ids) -> pa.Buffer:
        """The entries with these numbers, side by side."""
        taken = pa.concat_arrays(self._arrays).take(pa.array(order))
        end = np.frombuffer(taken.buffers()[1], dtype=np.int32)[len(taken)]
        return taken.buffers()[2].slice(0, int(end))


@dataclass(frozen=True, slots=True)
class _Feature:
    """One side of some pairs as entries: for each pair a head, then one for each word."""

    heads: Ids
    words: Ids
    num_words: Ids
    num_bytes: Indices
    """Of the feature of each pair."""

    @classmethod
    def of(cls, name: str, block: Block, encoding: Encoding, entries: _Entries) -> "_Feature":
        ends = np.cumsum(block.lengths, dtype=np.int64)
        num_bytes = np.add.reduceat(encoding.num_bytes[block.tokens], ends - block.lengths)
        sizes = np.flatnonzero(np.bincount(num_bytes))
        place_of_size = np.zeros(sizes[-1] + 1, dtype=np.int32)
        place_of_size[sizes] = np.arange(len(sizes))
        size_of_pair = place_of_size[num_bytes]
        heads = [feature_head(name, size) for size in sizes.tolist()]
        return cls(
            heads=entries.add(pa.array(heads, pa.binary())) + size_of_pair,
            words=entries.add(encoding.varints) + block.tokens,
            num_words=block.lengths,
            num_bytes=num_bytes + np.array([len(head) for head in heads])[size_of_pair],
        )

    @property
    def num_parts(self) -> Ids:
        return 1 + self.num_words

    def place(self, order: Ids, starts: Indices) -> None:
        """Put the entries' numbers into the order, from `starts` on for each pair."""
        order[starts] = self.heads
        ends = np.cumsum(self.num_words, dtype=np.int64)
        shift = (starts + 1 - (ends - self.num_words)).astype(np.int32)
        places = np.arange(len(self.words), dtype=np.int32)
        order[places + np.repeat(shift, self.num_words)] = self.words


def _headers(num_bytes: Indices) -> pa.BinaryArray:
    content = np.empty((len(num_bytes), 2), dtype="<u4")
    content[:, 0], content[:, 1] = MAGIC, num_bytes
    offsets = np.arange(len(num_bytes) + 1, dtype=np.int32) * HEADER.size
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.binary(), len(num_bytes), buffers)
