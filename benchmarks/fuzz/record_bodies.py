"""Bodies of `application/x-recordio-protobuf`, written byte by byte where a library would refuse.

Wire types of protobuf: 0 varint, 1 eight bytes, 2 length and bytes, 3 and 4 the start and the end
of a group, 5 four bytes; 6 and 7 do not exist.
"""

import io
import struct
from collections.abc import Sequence
from random import Random

from benchmarks.fuzz.bodies import Body, damaged
from benchmarks.fuzz.json_bodies import NUM_TAKEN
from protocol.recordio import HEADER, MAGIC, encode_record, write_frame

NUM_IDS = 12
"""Ids below are in the vocabularies of all models here."""
INT32_TENSOR = 7
VALUE_FIELDS = (2, 3, INT32_TENSOR, 9)
NASTY_IDS = (-1, NUM_IDS, 10**6, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**63, 2**64 - 1)
LENGTHS = (0, 1, 3, 0x7F, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
KEYS = (b"source", b"target", b"", b"SOURCE", b"\xff\xfe", b"source\x00", b"x" * 200)


def record_body(random: Random) -> Body:
    """Some frames, good or not."""
    kind = random.random()
    if kind < 0.3:
        return good_records(random)
    if kind < 0.6:
        return Body(damaged(random, good_records(random).content))
    if kind < 0.62:
        return Body(_framed([encode_record([4], [])] * random.choice((NUM_TAKEN + 1, 5000))))
    if kind < 0.65:
        return Body(random.choice((b"", b"\0" * 64, b"[]", random.randbytes(64))))
    payloads = [_record(random) for _ in range(random.choice((1, 1, 2, 3)))]
    content = _framed(payloads) if kind < 0.9 else b"".join(_lie(random, p) for p in payloads)
    return Body(damaged(random, content) if random.random() < 0.2 else content)


def good_records(random: Random) -> Body:
    """Frames that must be answered, one by one."""
    number = random.choice((1, 1, 2, 4))
    sources = [
        [random.randrange(NUM_IDS) for _ in range(random.randint(0, 8))] for _ in range(number)
    ]
    return Body(_framed([encode_record(source, []) for source in sources]), num_sentences=number)


def _framed(payloads: Sequence[bytes]) -> bytes:
    stream = io.BytesIO()
    for payload in payloads:
        write_frame(stream, payload)
    return stream.getvalue()


def _lie(random: Random, payload: bytes) -> bytes:
    """A frame whose header or padding is not what it should be."""
    length = random.choice((*LENGTHS, len(payload) - 1, len(payload) + 1, len(payload)))
    magic = random.choice((MAGIC, MAGIC, MAGIC ^ 1, int.from_bytes(MAGIC.to_bytes(4, "little"))))
    padding = random.choice((b"", b"\0", b"\xff\xff\xff", b"\0" * (-len(payload) % 4)))
    return HEADER.pack(magic, length & 0xFFFFFFFF) + payload + padding


def _record(random: Random) -> bytes:
    parts = [_feature(random) for _ in range(random.choice((1, 1, 2, 4)))]
    if random.random() < 0.5:
        parts.append(_unknown(random, depth=random.choice((0, 1, 5, 120, 2000))))
    random.shuffle(parts)
    return b"".join(parts)


def _feature(random: Random) -> bytes:
    """An entry of the map of features; key or value may be missing or there twice."""
    entry = [_delimited(1, random.choice(KEYS) if random.random() < 0.3 else b"source")]
    entry += [_delimited(2, _value(random)) for _ in range(random.choice((0, 1, 1, 1, 1, 2)))]
    if random.random() < 0.1:
        entry.append(_unknown(random, depth=1))
    return _delimited(random.choice((1, 1, 1, 2)), b"".join(entry))


def _value(random: Random) -> bytes:
    parts = []
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        field = INT32_TENSOR if random.random() < 0.7 else random.choice(VALUE_FIELDS)
        parts.append(_delimited(field, _tensor(random)))
    return b"".join(parts)


def _tensor(random: Random) -> bytes:
    ids = [
        random.choice(NASTY_IDS) if random.random() < 0.15 else random.randrange(NUM_IDS)
        for _ in range(random.choice((0, 1, 3, 8, 70)))
    ]
    kind = random.random()
    if kind < 0.5:
        return _delimited(1, b"".join(map(_varint, ids)))
    if kind < 0.75:
        return b"".join(_tag(1, 0) + _varint(token) for token in ids)
    if kind < 0.85:
        return b"".join(_tag(1, 5) + struct.pack("<I", token & 0xFFFFFFFF) for token in ids)
    if kind < 0.95:
        return _unknown(random, depth=random.choice((0, 3, 150)))
    return _tag(1, 2) + _varint(random.choice((*LENGTHS, 2**63))) + random.randbytes(8)


def _unknown(random: Random, depth: int) -> bytes:
    """A field that no message has, some of them with groups in groups."""
    field = random.choice((1, 6, 100, 19_000, 2**29 - 1))
    wire_type = random.randrange(8)
    if depth and wire_type in (3, 4):
        ends = _tag(field, 4) * random.choice((depth, depth, depth - 1))
        return _tag(field, 3) * depth + ends
    if depth and wire_type == 2:
        content = b""
        for _ in range(min(depth, 200)):
            content = _delimited(field, content)
        return content
    return _tag(field, wire_type) + random.randbytes(random.choice((0, 1, 4, 8, 12)))


def _delimited(field: int, content: bytes) -> bytes:
    return _tag(field, 2) + _varint(len(content)) + content


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(number: int) -> bytes:
    """As protobuf writes it; a negative number has ten bytes."""
    number &= 2**64 - 1
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
