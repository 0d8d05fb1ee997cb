"""Translation requests and answers in JSON, shaped as the built-in Seq2Seq algorithm takes them.

The keys of a `configuration` are described in `protocol.configuration`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from protocol.configuration import DEFAULTS, Configuration, ConfigurationError

JSON_CONTENT_TYPE = "application/json"
JSON_LINES_CONTENT_TYPE = "application/jsonlines"


class ErrorCode(StrEnum):
    """Every `code` that an error body of this service can carry."""

    BAD_REQUEST = "bad_request"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    THROTTLED = "throttled"
    NO_MODEL = "no_model"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


HTTP_STATUS: Mapping[ErrorCode, int] = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.THROTTLED: 429,
    ErrorCode.NO_MODEL: 503,
    ErrorCode.OVERLOADED: 503,
    ErrorCode.TIMEOUT: 504,
    ErrorCode.INTERNAL: 500,
}


class RequestError(ValueError):
    """The caller's request cannot be served; the message is written for the caller."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.BAD_REQUEST) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def error_body(message: str, code: ErrorCode) -> bytes:
    """The JSON that every error answer of this service has as its body."""
    text = json.dumps({"message": message, "code": str(code)}, ensure_ascii=False)
    # The message may quote the caller, whose JSON can spell half of a surrogate pair.
    return text.encode(errors="replace")


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """One sentence to translate, and what is asked of its translation."""

    data: str
    configuration: Configuration = DEFAULTS


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslationRequest:
    """The body of `POST /translate` in JSON."""

    instances: tuple[Instance, ...]

    @classmethod
    def parse(cls, body: bytes) -> "TranslationRequest":
        """Read a request body.

        Raises:
            RequestError: the body is not JSON or not of the documented shape; the message names
                the instance (from 0) and the key.
        """
        try:
            content = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise RequestError(f"the body is not JSON in UTF-8: {error}") from error
        content = _mapping(content, "the body", _BODY_KEYS)
        instances = content.get("instances")
        if not isinstance(instances, list) or not instances:
            raise RequestError('"instances" must be a list with at least one instance')
        return cls(instances=tuple(_instance(item, i) for i, item in enumerate(instances)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """A hypothesis that was not the best one."""

    target: str
    score: float | None = None
    truncated: bool = False

    def fields(self) -> dict[str, Any]:
        """The alternative as a JSON object."""
        fields: dict[str, Any] = {"target": self.target}
        if self.score is not None:
            fields["score"] = self.score
        if self.truncated:
            fields["truncated"] = True
        return fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """One answer; whatever is `None` was not asked for and is left out of the JSON."""

    target: str
    matrix: tuple[tuple[float, ...], ...] | None = None
    """A row per word of the target, a column per word of the source."""
    score: float | None = None
    alternatives: tuple[Alternative, ...] | None = None
    """All hypotheses but the best, best first."""
    glossary_applied: Mapping[str, bool] | None = None
    """By source term, for those that stand in the source: whether the target holds its term."""
    truncated: bool = False
    """Whether the decoding length cut the target; only then it stands in the JSON."""

    def fields(self) -> dict[str, Any]:
        """The answer as a JSON object."""
        fields: dict[str, Any] = {"target": self.target}
        if self.matrix is not None:
            fields["matrix"] = [list(row) for row in self.matrix]
        if self.score is not None:
            fields["score"] = self.score
        if self.alternatives is not None:
            fields["alternatives"] = [other.fields() for other in self.alternatives]
        if self.glossary_applied is not None:
            fields["glossary_applied"] = dict(self.glossary_applied)
        if self.truncated:
            fields["truncated"] = True
        return fields


def encode_predictions(predictions: Sequence[Prediction]) -> bytes:
    """The JSON body of a translation answer, in the order of the instances."""
    return json.dumps(
        {"predictions": [prediction.fields() for prediction in predictions]}, ensure_ascii=False
    ).encode()


def parse_lines(body: bytes) -> tuple[Instance, ...]:
    """Read a body of `application/jsonlines`: `{"source": …, "configuration"?: {…}}` a line.

    Raises:
        RequestError: the message names the line (from 1) and the key.
    """
    try:
        # Only line feeds end a line: JSON strings may hold the other separators of Unicode.
        lines = body.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise RequestError(f"the body is not UTF-8: {error}") from error
    if not lines[-1].strip():
        lines.pop()
    if not lines:
        raise RequestError("the body holds no line; at least one is needed")
    return tuple(_line(line, f"line {number}") for number, line in enumerate(lines, 1))


def encode_lines(predictions: Sequence[Prediction]) -> bytes:
    """The answer to `application/jsonlines`: one prediction's object a line."""
    lines = (json.dumps(found.fields(), ensure_ascii=False) for found in predictions)
    return "".join(f"{line}\n" for line in lines).encode()


_BODY_KEYS = {"instances"}
_INSTANCE_KEYS = {"data", "configuration"}
_LINE_KEYS = {"source", "configuration"}


def _instance(item: object, index: int) -> Instance:
    where = f"instances[{index}]"
    return _sentence(_mapping(item, where, _INSTANCE_KEYS), "data", where)


def _line(line: str, where: str) -> Instance:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{where} is not JSON: {error}") from error
    return _sentence(_mapping(content, where, _LINE_KEYS), "source", where)


def _sentence(fields: Mapping[str, Any], key: str, where: str) -> Instance:
    text = fields.get(key)
    if not isinstance(text, str):
        raise RequestError(f'{where}: "{key}" must be a string, the sentence to translate')
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise RequestError(f'{where}: "{key}" holds a lone surrogate, which is not Unicode text')
    if "configuration" not in fields:
        return Instance(data=text)
    try:
        return Instance(data=text, configuration=Configuration.parse(fields["configuration"]))
    except ConfigurationError as error:
        raise RequestError(f"{where}.configuration: {error}") from error


def _mapping(value: object, where: str, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(f"{where} must be a JSON object")
    if unknown := sorted(value.keys() - allowed):
        known = ", ".join(sorted(allowed))
        raise RequestError(f"{where}: unknown key {unknown[0]!r}; known keys: {known}")
    return value
