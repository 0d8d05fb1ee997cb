"""Token ids out of record files, in blocks of NumPy arrays; no Python object per token.

A record is decoded here when it is laid out as protobuf writers lay it out: two features, in
either order, each an int32 tensor and nothing else. A block with any other record in it goes
through protobuf itself, which is slower and reads everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from protocol.recordio import MAGIC, RecordIOError, decode_record, read_frames

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Ids = np.ndarray[Any, np.dtype[np.int32]]
Indices = np.ndarray[Any, np.dtype[np.int64]]

_BLOCK_BYTES = 8 * 2**20
_WORD = 4
_HEADER_WORDS = 2
_FEATURE, _KEY, _VALUE, _INT32_TENSOR, _VALUES = 0x0A, 0x0A, 0x12, 0x3A, 0x0A
"""The tags that protobuf writes before each part of a record, for record.proto's field numbers."""
_SOURCE, _TARGET = (np.frombuffer(name, dtype=np.uint8) for name in (b"source", b"target"))
_LAST_BYTE_BELOW = 0x80
_LONGEST_ID = 3
"""Bytes of an id below 2 to the power of 21; protobuf itself decodes larger ones."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """Consecutive sentences of one language."""

    ids: Ids
    lengths: Indices
    """Ids of each sentence; they add up to the number of ids."""

    def kept(self, keep: Flags) -> "Sentences":
        """Those sentences that are to be kept."""
        return Sentences(self.ids[np.repeat(keep, self.lengths)], self.lengths[keep])

    def truncated(self, longest: int) -> "Sentences":
        """The same sentences, cut to a length."""
        if not self.lengths.size or self.lengths.max() <= longest:
            return self
        starts = np.cumsum(self.lengths) - self.lengths
        places = np.arange(len(self.ids)) - np.repeat(starts, self.lengths)
        return Sentences(self.ids[places < longest], np.minimum(self.lengths, longest))


def read_sentences(path: Path) -> Iterator[tuple[Sentences, Sentences]]:
    """Sources and targets of a record file, block by block.

    Raises:
        RecordIOError: the file is not x-recordio-protobuf; the message names the frame.
        OSError: it cannot be read.
    """
    num_frames = 0
    for buffer, words in _blocks(path):
        content = np.frombuffer(buffer, dtype=np.uint8)
        starts = (words + _HEADER_WORDS) * _WORD
        lengths = np.frombuffer(buffer, dtype="<u4")[words + 1].astype(np.int64)
        pair = _decoded(content, starts, starts + lengths)
        yield pair or _decoded_by_protobuf(buffer, starts, starts + lengths, num_frames)
        num_frames += len(words)


def _blocks(path: Path) -> Iterator[tuple[bytes, Indices]]:
    """Blocks of whole frames, each with the word offsets at which its frames start."""
    with path.open("rb") as stream:
        rest = b""
        while content := stream.read(_BLOCK_BYTES):
            buffer = rest + content
            offsets, end = _frame_offsets(buffer)
            if offsets:
                yield buffer[: end * _WORD], np.array(offsets, dtype=np.int64)
            elif _magic_is_wrong(buffer):
                break
            rest = buffer[end * _WORD :]
        if rest:
            _explain(stream)


def _frame_offsets(buffer: bytes) -> tuple[list[int], int]:
    """Word offsets of the whole frames from the start on, and of what follows them."""
    whole = memoryview(buffer)[: len(buffer) // _WORD * _WORD].cast("I")
    offsets, position, last = [], 0, len(whole) - _HEADER_WORDS
    while position <= last and whole[position] == MAGIC:
        end = position + _HEADER_WORDS + (whole[position + 1] + _WORD - 1) // _WORD
        if end > len(whole):
            break
        offsets.append(position)
        position = end
    return offsets, position


def _magic_is_wrong(buffer: bytes) -> bool:
    return len(buffer) >= _WORD and int.from_bytes(buffer[:_WORD], "little") != MAGIC


def _explain(stream: BinaryIO) -> None:
    """Read the file again, frame by frame, for the error that says where it is damaged."""
    stream.seek(0)
    for _ in read_frames(stream):
        pass


def _decoded_by_protobuf(
    buffer: bytes, starts: Indices, ends: Indices, num_before: int
) -> tuple[Sentences, Sentences]:
    pairs = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True), 1):
        try:
            pairs.append(decode_record(buffer[start:end]))
        except RecordIOError as error:
            raise RecordIOError(f"frame {num_before + number}: {error}") from error
    sources, targets = ([getattr(pair, side) for pair in pairs] for side in ("source", "target"))
    return _joined(sources), _joined(targets)


def _joined(sentences: Sequence[tuple[int, ...]]) -> Sentences:
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    ids = (token for sentence in sentences for token in sentence)
    return Sentences(np.fromiter(ids, dtype=np.int32, count=int(lengths.sum())), lengths)


def _decoded(content: Bytes, starts: Indices, ends: Indices) -> tuple[Sentences, Sentences] | None:
    """All records of a block, or nothing when one of them is laid out in another way."""
    reader = _Reader(content, starts)
    sides = [reader.feature(), reader.feature()]
    reader.require(reader.position == ends)
    source_first = sides[0].is_source
    reader.require(source_first != sides[1].is_source)
    if not reader.as_expected:
        return None
    (first, first_end), (second, second_end) = ((side.start, side.end) for side in sides)
    sources = _ids(
        content,
        np.where(source_first, first, second),
        np.where(source_first, first_end, second_end),
    )
    targets = _ids(
        content,
        np.where(source_first, second, first),
        np.where(source_first, second_end, first_end),
    )
    return (sources, targets) if sources and targets else None


@dataclass(frozen=True, slots=True)
class _Feature:
    """For every record: whose ids, and the bytes that hold them."""

    is_source: Flags
    start: Indices
    end: Indices


class _Reader:
    """Reads the same part of all records at once, each at its own position."""

    def __init__(self, content: Bytes, position: Indices) -> None:
        # Records near the end may be short of what is looked for, so there is always some more.
        self._content = np.concatenate((content, np.zeros(16, dtype=np.uint8)))
        self._last = len(content)
        self.position = position
        self.as_expected = True

    def require(self, condition: Flags) -> None:
        """Remember when something is otherwise in any record."""
        self.as_expected = self.as_expected and bool(condition.all())

    def feature(self) -> _Feature:
        """One entry of the map of features."""
        end = self._length_after(_FEATURE)
        key_end = self._length_after(_KEY)
        self.require(key_end - self.position == len(_SOURCE))
        name = self._content[self._inside(self.position)[:, None] + np.arange(len(_SOURCE))]
        is_source = (name == _SOURCE).all(axis=1)
        self.require(is_source | (name == _TARGET).all(axis=1))
        self.position = key_end
        self.require(self._length_after(_VALUE) == end)
        self.require(self._length_after(_INT32_TENSOR) == end)
        return _Feature(is_source, self._start_of_ids(end), end)

    def _start_of_ids(self, end: Indices) -> Indices:
        """Where the packed ids start; an empty tensor may have none and then ends at once."""
        empty, at_tensor = self.position == end, self.position
        packed_end = self._length_after(_VALUES, unless=empty)
        self.require(empty | (packed_end == end))
        start = np.where(empty, at_tensor, self.position)
        self.position = end
        return start

    def _length_after(self, tag: int, *, unless: Flags | None = None) -> Indices:
        """Skip a tag and a length; returns where what follows them ends."""
        found = self._content[self._inside(self.position)] == tag
        self.require(found if unless is None else found | unless)
        first = self._content[self._inside(self.position + 1)].astype(np.int64)
        second = self._content[self._inside(self.position + 2)].astype(np.int64)
        long = first >= _LAST_BYTE_BELOW
        self.require(~long | (second < _LAST_BYTE_BELOW))
        length = np.where(long, (first & 0x7F) | (second << 7), first)
        self.position = self.position + 2 + long
        return self.position + length

    def _inside(self, position: Indices) -> Indices:
        return np.minimum(position, self._last)


def _ids(content: Bytes, starts: Indices, ends: Indices) -> Sentences | None:
    """Decode packed ids; nothing when one is longer than ids are here."""
    sizes = ends - starts
    borders = np.concatenate(([0], np.cumsum(sizes)))
    places = np.arange(borders[-1]) + np.repeat(starts - borders[:-1], sizes)
    packed = content[places]
    is_last = packed < _LAST_BYTE_BELOW
    last = np.flatnonzero(is_last)
    if packed.size and not is_last[borders[1:][sizes > 0] - 1].all():
        return None
    first = np.concatenate(([0], last[:-1] + 1)) if last.size else last
    widths = last - first + 1
    if widths.size and widths.max() > _LONGEST_ID:
        return None
    ids = (packed[first] & 0x7F).astype(np.int32)
    for place in range(1, _LONGEST_ID):
        longer = np.flatnonzero(widths > place)
        ids[longer] |= (packed[first[longer] + place] & 0x7F).astype(np.int32) << (7 * place)
    ids_before = np.concatenate(([0], np.cumsum(is_last)))[borders]
    return Sentences(ids, np.diff(ids_before))
