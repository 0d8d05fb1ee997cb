import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.record_pb2 import Record
from protocol.recordio import (
    RecordIOError,
    RecordPair,
    decode_record,
    encode_record,
    read_frames,
    write_frame,
)

ids = st.lists(st.integers(min_value=-(2**31), max_value=2**31 - 1), max_size=30)


def frames(*payloads: bytes) -> bytes:
    stream = io.BytesIO()
    for payload in payloads:
        write_frame(stream, payload)
    return stream.getvalue()


@given(st.lists(st.tuples(ids, ids), max_size=8))
def test_records_survive_a_round_trip(pairs: list[tuple[list[int], list[int]]]) -> None:
    data = frames(*(encode_record(source, target) for source, target in pairs))

    read = [decode_record(payload) for payload in read_frames(io.BytesIO(data))]

    assert read == [RecordPair(tuple(source), tuple(target)) for source, target in pairs]
    assert len(data) % 4 == 0


def test_a_target_that_was_cut_says_so_in_the_metadata() -> None:
    payload = encode_record([], [7], is_truncated=True)

    assert decode_record(payload) == RecordPair((), (7,), is_truncated=True)
    assert Record.FromString(payload).metadata == '{"truncated": true}'
    assert not Record.FromString(encode_record([], [7])).HasField("metadata")


@pytest.mark.parametrize("metadata", ["", "{}", "words", '{"truncated": false}'])
def test_other_metadata_means_nothing(metadata: str) -> None:
    record = Record(metadata=metadata)

    assert decode_record(record.SerializeToString()) == RecordPair((), ())


def test_a_frame_is_what_the_built_in_algorithm_reads() -> None:
    assert frames(b"abcde") == struct.pack("<II", 0xCED7230A, 5) + b"abcde\0\0\0"


def test_a_record_written_by_the_walk_through_is_read() -> None:
    record = Record()
    record.features["source"].int32_tensor.values.extend([4, 5, 1])
    record.features["target"].int32_tensor.values.extend([])

    assert decode_record(record.SerializeToString()) == RecordPair((4, 5, 1), ())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x0a\x23", "frame 1 at byte 0 is cut short: 2 of 8 header bytes"),
        (struct.pack("<II", 7, 0), "frame 1 at byte 0 starts with 0x00000007, not the magic"),
        (frames(b"abcd")[:-1], "frame 1 at byte 0 is cut short: 3 of 4 bytes"),
        (frames(b"abcd") + b"x", "frame 2 at byte 12 is cut short: 1 of 8 header bytes"),
    ],
)
def test_broken_frames_are_named(data: bytes, message: str) -> None:
    with pytest.raises(RecordIOError, match=message):
        list(read_frames(io.BytesIO(data)))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        for payload in read_frames(io.BytesIO(data)):
            decode_record(payload)
    except RecordIOError:
        pass


def test_floats_are_refused() -> None:
    record = Record()
    record.features["source"].float32_tensor.values.extend([1.0])

    with pytest.raises(RecordIOError, match='feature "source" holds float32_tensor'):
        decode_record(record.SerializeToString())


def test_an_id_beyond_32_bits_is_refused() -> None:
    with pytest.raises(RecordIOError, match="32-bit"):
        encode_record([2**31], [])
