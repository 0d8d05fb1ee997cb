"""Frames and records of x-recordio-protobuf, the format of the built-in Seq2Seq algorithm.

A frame is the magic number 0xCED7230A and the payload's length, both little-endian uint32, then
the payload, padded with zeros to a multiple of four bytes. Source: the `create_vocab_proto.py`
that came with Amazon's Seq2Seq walk-through.
"""

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from google.protobuf.message import DecodeError

from protocol.record_pb2 import Record

CONTENT_TYPE = "application/x-recordio-protobuf"
MAGIC = 0xCED7230A
HEADER = struct.Struct("<II")
ALIGNMENT = 4
TRUNCATED = json.dumps({"truncated": True})
"""The metadata of a record whose target was cut; others have none."""


class RecordIOError(ValueError):
    """The bytes are not x-recordio-protobuf as this service reads it."""


@dataclass(frozen=True, slots=True)
class RecordPair:
    """The token ids of one record; a side that the record lacks is empty."""

    source: tuple[int, ...]
    target: tuple[int, ...]
    is_truncated: bool = False
    """Whether the metadata says that the decoding length cut the target."""


def encode_record(
    source_ids: Sequence[int], target_ids: Sequence[int], *, is_truncated: bool = False
) -> bytes:
    """Serialise one sentence pair; both features are present even when empty.

    Raises:
        RecordIOError: an id does not fit into an int32.
    """
    record = Record()
    try:
        record.features["source"].int32_tensor.values.extend(source_ids)
        record.features["target"].int32_tensor.values.extend(target_ids)
    except ValueError as error:
        raise RecordIOError(f"token ids must be 32-bit integers: {error}") from error
    for side in ("source", "target"):
        record.features[side].int32_tensor.SetInParent()
    if is_truncated:
        record.metadata = TRUNCATED
    return record.SerializeToString(deterministic=True)


def decode_record(payload: bytes) -> RecordPair:
    """Read the `source` and `target` ids of one record.

    Raises:
        RecordIOError: the payload is not a Record, or a side holds something other than int32.
    """
    record = Record()
    try:
        record.ParseFromString(payload)
    except DecodeError as error:
        raise RecordIOError("the frame does not hold an aialgs.data.Record") from error
    return RecordPair(
        source=_ids(record, "source"),
        target=_ids(record, "target"),
        is_truncated=record.metadata == TRUNCATED,
    )


def _ids(record: Record, side: str) -> tuple[int, ...]:
    if side not in record.features:
        return ()
    value = record.features[side]
    kind = value.WhichOneof("value")
    if kind not in (None, "int32_tensor"):
        raise RecordIOError(f'feature "{side}" holds {kind}; it must be an int32_tensor of ids')
    return tuple(value.int32_tensor.values)


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    """Append one frame to the stream."""
    stream.write(HEADER.pack(MAGIC, len(payload)))
    stream.write(payload)
    stream.write(b"\0" * (-len(payload) % ALIGNMENT))


def read_frames(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the payload of every frame until the stream ends.

    Raises:
        RecordIOError: a wrong magic number or a frame that is cut short; the message gives the
            frame's number (from 1) and its byte offset.
    """
    number, offset = 1, 0
    while header := stream.read(HEADER.size):
        where = f"frame {number} at byte {offset}"
        length = _payload_length(header, where)
        padded = length + (-length % ALIGNMENT)
        body = stream.read(padded)
        if len(body) < padded:
            raise RecordIOError(f"{where} is cut short: {len(body)} of {padded} bytes")
        yield body[:length]
        number, offset = number + 1, offset + HEADER.size + padded


def _payload_length(header: bytes, where: str) -> int:
    if len(header) < HEADER.size:
        raise RecordIOError(f"{where} is cut short: {len(header)} of {HEADER.size} header bytes")
    magic, length = HEADER.unpack(header)
    if magic != MAGIC:
        raise RecordIOError(f"{where} starts with 0x{magic:08X}, not the magic 0x{MAGIC:08X}")
    return int(length)
