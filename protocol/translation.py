"""Translation requests and answers in JSON, shaped as the built-in Seq2Seq algorithm takes them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

JSON_CONTENT_TYPE = "application/json"


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
    return json.dumps({"message": message, "code": str(code)}, ensure_ascii=False).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """One sentence to translate."""

    data: str
    attention_matrix: bool = False


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
        content = _mapping(content, "the body", {"instances"})
        instances = content.get("instances")
        if not isinstance(instances, list) or not instances:
            raise RequestError('"instances" must be a list with at least one instance')
        return cls(instances=tuple(_instance(item, i) for i, item in enumerate(instances)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """One answer; `matrix` is there when the instance asked for the attention matrix."""

    target: str
    matrix: tuple[tuple[float, ...], ...] | None = None


def encode_predictions(predictions: Sequence[Prediction]) -> bytes:
    """The JSON body of a translation answer, in the order of the instances."""
    return json.dumps(
        {"predictions": [_prediction_fields(prediction) for prediction in predictions]},
        ensure_ascii=False,
    ).encode()


def _prediction_fields(prediction: Prediction) -> dict[str, Any]:
    fields: dict[str, Any] = {"target": prediction.target}
    if prediction.matrix is not None:
        fields["matrix"] = [list(row) for row in prediction.matrix]
    return fields


def _instance(item: object, index: int) -> Instance:
    where = f"instances[{index}]"
    fields = _mapping(item, where, {"data", "configuration"})
    data = fields.get("data")
    if not isinstance(data, str):
        raise RequestError(f'{where}: "data" must be a string, the sentence to translate')
    if any("\ud800" <= character <= "\udfff" for character in data):
        raise RequestError(f'{where}: "data" holds a lone surrogate, which is not Unicode text')
    configuration = _mapping(
        fields.get("configuration", {}), f"{where}.configuration", {"attention_matrix"}
    )
    wanted = configuration.get("attention_matrix", False)
    return Instance(data=data, attention_matrix=_boolean(wanted, f"{where}.configuration"))


def _mapping(value: object, where: str, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(f"{where} must be a JSON object")
    if unknown := sorted(value.keys() - allowed):
        known = ", ".join(sorted(allowed))
        raise RequestError(f"{where}: unknown key {unknown[0]!r}; known keys: {known}")
    return value


def _boolean(value: object, where: str) -> bool:
    spelled = value.lower() if isinstance(value, str) else value
    for wanted in (True, False):
        if spelled is wanted or spelled == str(wanted).lower():
            return wanted
    raise RequestError(f'{where}: "attention_matrix" must be true or false, not {value!r}')
