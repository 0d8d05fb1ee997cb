"""API Gateway's own refusals, in the shape that the service gives all its errors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

from protocol.translation import ErrorCode

_TYPES = apigateway.ResponseType
_OWN_WORDS = "$context.error.messageString"
"""API Gateway's sentence, already in quotes; used where it helps the caller."""
_FOUND_WRONG = "$context.error.validationErrorString"
"""What the validation of a body found."""
_REQUEST_ID = {"x-request-id": "context.requestId"}
"""The same header, and the same id, that the function's answers and the access log carry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One kind of answer that the request gets without reaching the function."""

    type: apigateway.ResponseType
    status: int
    code: ErrorCode
    message: str | None = None
    retry_after_seconds: int | None = None


REFUSALS = (
    Refusal(type=_TYPES.ACCESS_DENIED, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(type=_TYPES.EXPIRED_TOKEN, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(type=_TYPES.INVALID_API_KEY, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(type=_TYPES.INVALID_SIGNATURE, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(type=_TYPES.MISSING_AUTHENTICATION_TOKEN, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(type=_TYPES.UNAUTHORIZED, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(type=_TYPES.WAF_FILTERED, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(type=_TYPES.RESOURCE_NOT_FOUND, status=404, code=ErrorCode.NOT_FOUND),
    Refusal(
        type=_TYPES.BAD_REQUEST_BODY,
        status=400,
        code=ErrorCode.BAD_REQUEST,
        message=f"The body is not as GET /openapi.json describes it: {_FOUND_WRONG}",
    ),
    Refusal(type=_TYPES.BAD_REQUEST_PARAMETERS, status=400, code=ErrorCode.BAD_REQUEST),
    Refusal(
        type=_TYPES.REQUEST_TOO_LARGE,
        status=413,
        code=ErrorCode.TOO_LARGE,
        message="The request is too large: 10 MB pass API Gateway and 6 MB the function behind it, "
        "which is about 4.5 MB of protobuf; send fewer sentences at a time.",
    ),
    Refusal(
        type=_TYPES.UNSUPPORTED_MEDIA_TYPE,
        status=415,
        code=ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    ),
    Refusal(
        type=_TYPES.THROTTLED,
        status=429,
        code=ErrorCode.THROTTLED,
        message="Too many requests; try again in a second.",
        retry_after_seconds=1,
    ),
    Refusal(
        type=_TYPES.QUOTA_EXCEEDED,
        status=429,
        code=ErrorCode.THROTTLED,
        message="This key's quota of requests is used up.",
    ),
    Refusal(
        type=_TYPES.INTEGRATION_TIMEOUT,
        status=504,
        code=ErrorCode.TIMEOUT,
        message="The translation took longer than 29 seconds; send fewer sentences at a time.",
    ),
    Refusal(
        type=_TYPES.INTEGRATION_FAILURE,
        status=500,
        code=ErrorCode.INTERNAL,
        message="The service failed to answer; try again.",
    ),
    # A header of Authorization that cannot be read, or a key that nobody has.
    Refusal(type=_TYPES.DEFAULT_4_XX, status=403, code=ErrorCode.FORBIDDEN),
    Refusal(
        type=_TYPES.DEFAULT_5_XX,
        status=500,
        code=ErrorCode.INTERNAL,
        message="The service failed to answer; try again.",
    ),
)


def add_gateway_responses(api: apigateway.RestApi, cors_origins: Sequence[str]) -> None:
    """Give every refusal of API Gateway a body of `message` and `code`, and its request's id."""
    for refusal in REFUSALS:
        headers = _REQUEST_ID | _readable_by_pages(cors_origins)
        if refusal.retry_after_seconds is not None:
            headers["Retry-After"] = f"'{refusal.retry_after_seconds}'"
        api.add_gateway_response(
            refusal.type.response_type.title().replace("_", ""),
            type=refusal.type,
            status_code=str(refusal.status),
            response_headers=headers,
            templates={"application/json": _body(refusal.code, refusal.message)},
        )


def _readable_by_pages(cors_origins: Sequence[str]) -> dict[str, str]:
    """What lets a web page read a refusal.

    A refusal's headers are fixed, so that with several origins every page may read it; it says no
    more than any stranger who asks is told.
    """
    if not cors_origins:
        return {}
    allowed = cors_origins[0] if len(cors_origins) == 1 else "*"
    return {
        "Access-Control-Allow-Origin": f"'{allowed}'",
        "Access-Control-Expose-Headers": "'retry-after, x-amzn-requestid, x-request-id'",
    }


def _body(code: ErrorCode, message: str | None) -> str:
    words = _OWN_WORDS if message is None else json.dumps(message)
    return f'{{"message": {words}, "code": "{code}"}}'
