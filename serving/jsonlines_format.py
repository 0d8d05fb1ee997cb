"""`application/jsonlines`: one `{"source": …}` a line in, one `{"target": …}` a line out."""

from nmt.translator import SourceTooLongError
from protocol.translation import RequestError, encode_lines, parse_lines
from serving.model import ServedModel


def answer(model: ServedModel, body: bytes) -> bytes:
    """Translate the lines of a request body.

    Raises:
        RequestError: names the line, counted from 1.
    """
    instances = parse_lines(body)
    try:
        return encode_lines(model.predict(instances))
    except SourceTooLongError as error:
        raise RequestError(f"line {error.index + 1}: {error}") from error
