"""`application/x-recordio-protobuf`: source ids in, target ids out, in the order of the records."""

import io

from nmt.translator import SourceTooLongError
from protocol.recordio import (
    RecordIOError,
    decode_record,
    encode_record,
    read_frames,
    write_frame,
)
from protocol.translation import RequestError
from serving.model import ServedModel, UnknownIdError


def answer(model: ServedModel, body: bytes) -> bytes:
    """Translate the records of a request body; an empty source gives an empty target.

    Raises:
        RequestError: names the record, counted from 1 as its frame is.
    """
    sources = _sources(body)
    try:
        targets = model.translate_ids(sources)
    except (SourceTooLongError, UnknownIdError) as error:
        raise RequestError(f"record {error.index + 1}: {error}") from error
    stream = io.BytesIO()
    for target in targets:
        write_frame(stream, encode_record((), target))
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
