"""`application/x-recordio-protobuf`: source ids in, target ids out, in the order of the records."""

import io
from collections.abc import Sequence

from protocol.recordio import (
    CONTENT_TYPE,
    RecordIOError,
    decode_record,
    encode_record,
    read_frames,
    write_frame,
)
from protocol.translation import RequestError
from serving.formats import Format, Found, Served, check_number
from serving.model import UnknownIdError
from serving.sentences import Sentence


def _read(served: Served, body: bytes) -> list[Sentence]:
    sources = _sources(body)
    check_number(served, len(sources))
    return [_sentence(served, source, number) for number, source in enumerate(sources, 1)]


def _write(served: Served, _sentences: Sequence[Sentence], found: Found) -> bytes:
    stream = io.BytesIO()
    for ((hypothesis, *_),) in found:
        ids = served.model.target_ids(hypothesis)
        write_frame(stream, encode_record((), ids, is_truncated=hypothesis.truncated))
    return stream.getvalue()


def _sources(body: bytes) -> list[tuple[int, ...]]:
    sources: list[tuple[int, ...]] = []
    try:
        for payload in read_frames(io.BytesIO(body)):
            sources.append(_source(payload, len(sources) + 1))
    except RecordIOError as error:
        raise RequestError(f"the body is not x-recordio-protobuf: {error}") from error
    if not sources:
        raise RequestError("the body holds no record; at least one is needed")
    return sources


def _source(payload: bytes, number: int) -> tuple[int, ...]:
    try:
        return decode_record(payload).source
    except RecordIOError as error:
        raise RequestError(f"record {number}: {error}") from error


def _sentence(served: Served, ids: Sequence[int], number: int) -> Sentence:
    try:
        return served.reader.read_pieces(served.model.source_pieces(ids))
    except (UnknownIdError, RequestError) as error:
        raise RequestError(f"record {number}: {error}") from error


FORMAT = Format(CONTENT_TYPE, _read, _write)
