"""What befalls the services behind the function on purpose, and what its caller must be told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from protocol.translation import ErrorCode

ADDRESS = "https://runtime.example"
NASTY_MESSAGES = (
    "",
    "no JSON",
    "null",
    "[" * 100_000,
    '{"message": "\\ud800", "code": "%s"}',
    '{"message": {"deep": []}, "code": "%s"}',
    '{"message": "x", "code": "internal"}',
    '{"message": "line\\nfeed \\u0000 %s", "code": "%s"}',
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Provocation:
    """An error of one of AWS's clients, and the code that it stands for."""

    error: ClientError | BotoCoreError
    code: ErrorCode


def _aws(code: str, message: str = "", **fields: object) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, **fields}
    return ClientError(response, "Operation")


def _of_the_model(status: int, code: ErrorCode, message: str | None = None) -> Provocation:
    text = json.dumps({"message": "in its own words", "code": str(code)})
    original = text if message is None else message.replace("%s", str(code))
    fields = {"OriginalStatusCode": status, "OriginalMessage": original}
    return Provocation(error=_aws("ModelError", "from the model", **fields), code=code)


_MODEL_STATUSES = {
    400: ErrorCode.BAD_REQUEST,
    413: ErrorCode.TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    503: ErrorCode.OVERLOADED,
    504: ErrorCode.TIMEOUT,
}
PROVOCATIONS: Mapping[str, Provocation] = {
    "throttled": Provocation(error=_aws("ThrottlingException"), code=ErrorCode.THROTTLED),
    "unavailable": Provocation(error=_aws("ServiceUnavailable"), code=ErrorCode.OVERLOADED),
    "no endpoint": Provocation(
        error=_aws("ValidationError", "Endpoint translation of account 1 not found."),
        code=ErrorCode.NO_MODEL,
    ),
    "too slow": Provocation(error=ReadTimeoutError(endpoint_url=ADDRESS), code=ErrorCode.TIMEOUT),
    "no connection in time": Provocation(
        error=ConnectTimeoutError(endpoint_url=ADDRESS), code=ErrorCode.TIMEOUT
    ),
    "no connection": Provocation(
        error=EndpointConnectionError(endpoint_url=ADDRESS), code=ErrorCode.OVERLOADED
    ),
    **{
        f"model says {status}": _of_the_model(status, code)
        for status, code in _MODEL_STATUSES.items()
    },
    **{
        f"model says {status} and {number}": _of_the_model(status, code, message)
        for status, code in _MODEL_STATUSES.items()
        for number, message in enumerate(NASTY_MESSAGES)
    },
}
