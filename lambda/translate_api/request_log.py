"""Structured log lines, one per request and one per failure, never with the caller's text."""

import traceback
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from protocol.translation import HTTP_STATUS, ErrorCode, RequestError
from translate_api.answers import Answer
from translate_api.failures import aws_code
from translate_api.http_request import HttpRequest

logger = Logger()


def answered(request: HttpRequest, route: str, answer: Answer, seconds: float) -> None:
    """The line that every request leaves."""
    logger.info(
        "answered",
        request_id=request.request_id,
        route=route,
        method=request.method,
        status=answer.status,
        code=answer.code and str(answer.code),
        request_characters=len(request.text or ""),
        answer_bytes=len(answer.body),
        milliseconds=round(1000 * seconds, 1),
    )


def refused(request: HttpRequest, error: RequestError) -> None:
    """A failure with a documented code; those that are the service's own leave their cause."""
    if HTTP_STATUS[error.code] >= 500:
        details = _cause(error.__cause__) if error.__cause__ else {}
        level = logger.error if error.code is ErrorCode.INTERNAL else logger.warning
        level("refused", request_id=request.request_id, code=str(error.code), **details)


def failed(request: HttpRequest, error: Exception) -> None:
    """A failure that no route foresaw."""
    logger.error("failed", request_id=request.request_id, **_cause(error))


def denied(name: str, error: ClientError) -> None:
    """A file of the current model that is missing, or that the function may not read."""
    logger.warning("not readable, taken as missing", file=name, **_cause(error))


def untraced(error: Exception) -> None:
    """A call of the endpoint that is missing in its request's trace."""
    logger.warning("not traced", **_cause(error))


def _cause(error: BaseException) -> dict[str, Any]:
    """Type and places only: messages of exceptions and of the model may quote the caller."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    details: dict[str, Any] = {"error": type(error).__name__, "places": places[-8:]}
    if isinstance(error, ClientError):
        code = aws_code(error)
        details["aws_code"] = code
        if code == "ModelError":
            details["model_status"] = error.response.get("OriginalStatusCode")
            details["model_log_stream"] = error.response.get("LogStreamArn")
        else:
            details["aws_message"] = error.response.get("Error", {}).get("Message")
    return details
