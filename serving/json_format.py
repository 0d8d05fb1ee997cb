"""`application/json`: the instances and predictions of the built-in Seq2Seq algorithm."""

from collections.abc import Sequence

from protocol.translation import JSON_CONTENT_TYPE, TranslationRequest, encode_predictions
from serving.formats import Format, Found, Served, predictions, read_each
from serving.sentences import Sentence


def _read(served: Served, body: bytes) -> list[Sentence]:
    return read_each(served, TranslationRequest.parse(body).instances, "instances[{}]".format)


def _write(served: Served, sentences: Sequence[Sentence], found: Found) -> bytes:
    return encode_predictions(predictions(served, sentences, found))


FORMAT = Format(JSON_CONTENT_TYPE, _read, _write)
