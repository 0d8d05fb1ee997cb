"""What a failed call to AWS means to the caller: one table of codes and one of plain words."""

from collections.abc import Mapping

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from protocol.translation import ErrorCode, RequestError

_CODE_OF_AWS_ERROR: Mapping[str, ErrorCode] = {
    "ThrottlingException": ErrorCode.THROTTLED,
    "Throttling": ErrorCode.THROTTLED,
    "TooManyRequestsException": ErrorCode.THROTTLED,
    "RequestLimitExceeded": ErrorCode.THROTTLED,
    "ServiceUnavailable": ErrorCode.OVERLOADED,
    "ServiceUnavailableException": ErrorCode.OVERLOADED,
    "ModelNotReadyException": ErrorCode.OVERLOADED,
    "InternalDependencyException": ErrorCode.OVERLOADED,
    "SlowDown": ErrorCode.OVERLOADED,
}
_MESSAGE: Mapping[ErrorCode, str] = {
    ErrorCode.BAD_REQUEST: "the model refused the request",
    ErrorCode.TOO_LARGE: "the request is larger than the model takes",
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: "the model does not take this content type",
    ErrorCode.THROTTLED: "too many requests at the moment; try again shortly",
    ErrorCode.OVERLOADED: "the service has more work than it can take; try again shortly",
    ErrorCode.TIMEOUT: "the answer took too long; send fewer or shorter sentences",
    ErrorCode.INTERNAL: "the service failed; its owner can find out why with the request id",
}


def failure(code: ErrorCode) -> RequestError:
    """The failure in words that tell nothing about what is behind the API."""
    return RequestError(_MESSAGE[code], code)


def of_aws_error(error: ClientError | BotoCoreError) -> RequestError:
    """The failure that an error of any AWS client stands for."""
    if isinstance(error, ClientError):
        return failure(_CODE_OF_AWS_ERROR.get(aws_code(error), ErrorCode.INTERNAL))
    if isinstance(error, ReadTimeoutError | ConnectTimeoutError):
        return failure(ErrorCode.TIMEOUT)
    if isinstance(error, HTTPClientError | EndpointConnectionError):
        return failure(ErrorCode.OVERLOADED)
    return failure(ErrorCode.INTERNAL)


def aws_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
