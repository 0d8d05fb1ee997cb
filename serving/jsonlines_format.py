"""`application/jsonlines`: one `{"source": …}` a line in, one `{"target": …}` a line out."""

from collections.abc import Sequence

from protocol.translation import JSON_LINES_CONTENT_TYPE, encode_lines, parse_lines
from serving.formats import Format, Found, Served, predictions, read_each
from serving.sentences import Sentence


def _read(served: Served, body: bytes) -> list[Sentence]:
    return read_each(served, parse_lines(body), lambda index: f"line {index + 1}")


def _write(served: Served, sentences: Sequence[Sentence], found: Found) -> bytes:
    return encode_lines(predictions(served, sentences, found))


FORMAT = Format(JSON_LINES_CONTENT_TYPE, _read, _write)
