"""Record files read in blocks give what protobuf reads one by one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt import records
from nmt.records import Sentences, read_sentences
from protocol.record_pb2 import Record
from protocol.recordio import RecordIOError, encode_record, write_frame

Pair = tuple[list[int], list[int]]
ids = st.lists(st.integers(0, 2**21 - 1) | st.integers(0, 300), max_size=60)
pairs_of_ids = st.lists(st.tuples(ids, ids), max_size=12)


def write(path: Path, payloads: list[bytes]) -> Path:
    with path.open("wb") as stream:
        for payload in payloads:
            write_frame(stream, payload)
    return path


def sentences(blocks: list[Sentences]) -> list[list[int]]:
    return [
        part.tolist()
        for block in blocks
        for part in np.split(block.ids, np.cumsum(block.lengths)[:-1])
        if len(block.lengths)
    ]


def read(path: Path) -> list[Pair]:
    blocks = list(read_sentences(path))
    sources, targets = (sentences([block[side] for block in blocks]) for side in (0, 1))
    return list(zip(sources, targets, strict=True))


def entry(side: str, tensor: bytes) -> bytes:
    value = b"\x3a" + bytes([len(tensor)]) + tensor
    body = b"\x0a\x06" + side.encode() + b"\x12" + bytes([len(value)]) + value
    return b"\x0a" + bytes([len(body)]) + body


@pytest.fixture
def no_protobuf(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(payload: bytes) -> None:
        raise AssertionError(payload)

    monkeypatch.setattr(records, "decode_record", refuse)


@pytest.mark.usefixtures("no_protobuf")
@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pairs_of_ids, st.integers(8, 400))
def test_a_file_gives_its_pairs_whatever_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pairs: list[Pair], block_bytes: int
) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", block_bytes)
    path = write(tmp_path / "train.rec", [encode_record(*pair) for pair in pairs])

    assert read(path) == pairs


@pytest.mark.usefixtures("no_protobuf")
def test_the_order_of_the_two_features_does_not_matter(tmp_path: Path) -> None:
    source, target = entry("source", b"\x0a\x02\x05\x06"), entry("target", b"\x0a\x01\x07")
    path = write(tmp_path / "train.rec", [target + source, source + target])

    assert read(path) == [([5, 6], [7])] * 2


def with_a_label() -> bytes:
    record = Record.FromString(encode_record([5], [7]))
    record.label["weight"].float32_tensor.values.append(1.0)
    return record.SerializeToString(deterministic=True)


def with_one_side() -> bytes:
    record = Record()
    record.features["source"].int32_tensor.values.append(5)
    return record.SerializeToString()


@pytest.mark.parametrize(
    ("payload", "pair"),
    [
        (lambda: entry("source", b"\x08\x05\x08\x06") + entry("target", b""), ([5, 6], [])),
        (with_a_label, ([5], [7])),
        (with_one_side, ([5], [])),
        (lambda: encode_record([-1, 5], [2**30]), ([-1, 5], [2**30])),
        (lambda: b"", ([], [])),
        (lambda: entry("source", b"\x0a\x01\x05") * 2, ([5], [])),
    ],
    ids=["unpacked", "label", "one side", "large ids", "nothing", "a feature twice"],
)
def test_records_of_another_layout_are_read_among_the_others(
    tmp_path: Path, payload: Callable[[], bytes], pair: Pair
) -> None:
    usual = encode_record([8, 9], [300])
    path = write(tmp_path / "train.rec", [usual, payload(), usual])

    assert read(path) == [([8, 9], [300]), pair, ([8, 9], [300])]


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        (b"\x00" * 8, r"frame 4 at byte \d+ starts with 0x00000000"),
        (b"\x0a\x23\xd7\xce\x40\x00\x00\x00abc", r"frame 4 at byte \d+ is cut short: 3 of 64"),
        (b"\x0a\x23", r"frame 4 at byte \d+ is cut short: 2 of 8 header bytes"),
    ],
)
@pytest.mark.parametrize("block_bytes", [10, 2**20])
def test_damage_is_named_by_frame_and_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tail: bytes, message: str, block_bytes: int
) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", block_bytes)
    path = write(tmp_path / "train.rec", [encode_record([5], [6])] * 3)
    path.write_bytes(path.read_bytes() + tail)

    with pytest.raises(RecordIOError, match=message):
        read(path)


def test_a_damaged_record_is_named_by_its_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", 64)
    usual = encode_record([5], [6])
    path = write(tmp_path / "train.rec", [usual, usual, usual, usual[:-1]])

    with pytest.raises(RecordIOError, match="frame 4: the frame does not hold"):
        read(path)
