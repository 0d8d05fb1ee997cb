"""`application/jsonlines`: one `{"source": …}` a line in, one `{"target": …}` a line out."""

import json

from nmt.translator import SourceTooLongError
from protocol.translation import Instance, RequestError
from serving.model import ServedModel

CONTENT_TYPE = "application/jsonlines"


def answer(model: ServedModel, body: bytes) -> bytes:
    """Translate the lines of a request body.

    Raises:
        RequestError: names the line, counted from 1.
    """
    instances = [_instance(line, number) for number, line in enumerate(_lines(body), 1)]
    try:
        predictions = model.predict(instances)
    except SourceTooLongError as error:
        raise RequestError(f"line {error.index + 1}: {error}") from error
    lines = (json.dumps({"target": found.target}, ensure_ascii=False) for found in predictions)
    return "".join(f"{line}\n" for line in lines).encode()


def _lines(body: bytes) -> list[str]:
    try:
        # Only line feeds end a line: JSON strings may hold the other separators of Unicode.
        lines = body.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise RequestError(f"the body is not UTF-8: {error}") from error
    if not lines[-1].strip():
        lines.pop()
    if not lines:
        raise RequestError("the body holds no line; at least one is needed")
    return lines


def _instance(line: str, number: int) -> Instance:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"line {number} is not JSON: {error}") from error
    if not isinstance(content, dict) or content.keys() != {"source"}:
        raise RequestError(f'line {number} must be a JSON object with one key, "source"')
    source = content["source"]
    if not isinstance(source, str):
        raise RequestError(f'line {number}: "source" must be a string, the sentence to translate')
    if any("\ud800" <= character <= "\udfff" for character in source):
        raise RequestError(f'line {number}: "source" holds a lone surrogate, which is not text')
    return Instance(data=source)
