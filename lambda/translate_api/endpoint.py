"""Calls the SageMaker endpoint and says what each of its failures means to the caller."""

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from protocol.translation import HTTP_STATUS, ErrorCode, RequestError
from translate_api import request_metrics, tracing
from translate_api.clients import ANSWER_SECONDS, CONNECT_SECONDS
from translate_api.failures import aws_code, failure, of_aws_error
from translate_api.media_types import MediaType

MAX_REQUEST_BYTES = 6_291_456
"""SageMaker's limit for the body of InvokeEndpoint."""
STALE_CONNECTION_SECONDS = 0.5
OVER_AFTER_SECONDS = 27.5
"""When every call is over; Lambda ends the function half a second later."""

_CODE_OF_MODEL_STATUS = {
    400: ErrorCode.BAD_REQUEST,
    413: ErrorCode.TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    429: ErrorCode.THROTTLED,
    503: ErrorCode.OVERLOADED,
    504: ErrorCode.TIMEOUT,
}
_TIMED_OUT = "timed out"
_NOT_SERVING = ("not found", "creating", "failed", "not in service", "deleting")


class Endpoint:
    """The endpoint under its one name, whichever model is behind it."""

    def __init__(self, runtime: Callable[[float], Any], name: str, no_model: str) -> None:
        self._runtime = runtime
        self._name = name
        self._no_model = no_model
        # Lambda gives a process more of the processor while it starts.
        runtime(ANSWER_SECONDS[0])

    def invoke(self, body: bytes, media_type: MediaType, received: float) -> bytes:
        """Send a checked body to the model and return its answer in the same media type.

        Args:
            body: what the model is to translate.
            media_type: of the body and of the answer.
            received: when the request came, in the time of `time.monotonic`.

        Raises:
            RequestError: with the code and the message that the caller should see.
        """
        client = self._client(received)
        started = time.time()
        code: ErrorCode | None = None
        try:
            return self._invoke(client, body, media_type)
        except (ClientError, BotoCoreError) as error:
            refusal = self._refusal(error)
            code = refusal.code
            raise refusal from error
        finally:
            seconds = time.time() - started
            request_metrics.endpoint_took(seconds)
            tracing.endpoint_called(started, seconds, code)

    def _client(self, received: float) -> Any:
        """The client whose time limits leave the caller an answer."""
        passed = time.monotonic() - received
        left = OVER_AFTER_SECONDS - passed - STALE_CONNECTION_SECONDS - CONNECT_SECONDS
        for seconds in ANSWER_SECONDS:
            if seconds <= left:
                return self._runtime(seconds)
        raise failure(ErrorCode.OVERLOADED)

    def _invoke(self, client: Any, body: bytes, media_type: MediaType) -> bytes:
        started = time.monotonic()
        try:
            return self._invoke_once(client, body, media_type)
        except ConnectionClosedError:
            # A connection kept open while Lambda was frozen may be closed at its other end. One
            # that breaks later broke over this request, and a second try would come too late.
            if time.monotonic() - started > STALE_CONNECTION_SECONDS:
                raise
            return self._invoke_once(client, body, media_type)

    def _invoke_once(self, client: Any, body: bytes, media_type: MediaType) -> bytes:
        answer = client.invoke_endpoint(
            EndpointName=self._name,
            ContentType=media_type.value,
            Accept=media_type.value,
            Body=body,
        )
        return bytes(answer["Body"].read())

    def _refusal(self, error: ClientError | BotoCoreError) -> RequestError:
        if isinstance(error, BotoCoreError):
            return of_aws_error(error)
        code = aws_code(error)
        if code == "ModelError":
            return _of_model_error(error.response)
        if code in {"ValidationError", "ValidationException"}:
            return self._of_validation_error(_message(error.response).lower())
        return of_aws_error(error)

    def _of_validation_error(self, message: str) -> RequestError:
        if "endpoint" in message and any(words in message for words in _NOT_SERVING):
            return RequestError(self._no_model, ErrorCode.NO_MODEL)
        if "less than or equal to" in message:
            return failure(ErrorCode.TOO_LARGE)
        return failure(ErrorCode.INTERNAL)


def _of_model_error(response: dict[str, Any]) -> RequestError:
    status = _whole_number(response.get("OriginalStatusCode"))
    if status == 0 or _TIMED_OUT in _message(response).lower():
        return failure(ErrorCode.TIMEOUT)
    unknown = ErrorCode.BAD_REQUEST if 400 <= status < 500 else ErrorCode.INTERNAL
    code = _CODE_OF_MODEL_STATUS.get(status, unknown)
    if code is ErrorCode.INTERNAL:
        return failure(code)
    return _own_words(response.get("OriginalMessage"), status) or failure(code)


def _own_words(original: object, status: int) -> RequestError | None:
    """The serving process's own error, when it is one that agrees with its status.

    It is written for the caller; what a status of 500 says is not.
    """
    try:
        content = json.loads(str(original))
        code, message = ErrorCode(content["code"]), str(content["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return RequestError(message, code) if HTTP_STATUS[code] == status else None


def _message(response: dict[str, Any]) -> str:
    return str(response.get("Error", {}).get("Message"))


def _whole_number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 500
