"""HTTP answers in the form that API Gateway's Lambda proxy integration takes."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.translation import HTTP_STATUS, JSON_CONTENT_TYPE, ErrorCode, RequestError, error_body

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024 - 16 * 1024
"""Lambda returns 6 MB of JSON at most; the rest is room for the runtime's own framing."""
MAX_MESSAGE_LENGTH = 500
RETRY_AFTER_SECONDS: Mapping[ErrorCode, int] = {
    ErrorCode.THROTTLED: 1,
    ErrorCode.OVERLOADED: 2,
    ErrorCode.NO_MODEL: 60,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An HTTP answer; a binary body passes API Gateway as base64."""

    status: int
    body: bytes = b""
    content_type: str = JSON_CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    binary: bool = False
    code: ErrorCode | None = None
    """For the log and the metrics; `None` when nothing went wrong."""

    def to_proxy(self, request_id: str) -> dict[str, Any]:
        """Shape the answer as API Gateway wants it, with the request's id."""
        body = base64.b64encode(self.body) if self.binary else self.body
        identity = {"content-type": self.content_type, "x-request-id": request_id}
        return {
            "statusCode": self.status,
            "headers": identity | dict(self.headers),
            "body": body.decode("utf-8"),
            "isBase64Encoded": self.binary,
        }

    def payload_bytes(self) -> int:
        """Size of the answer on its way through Lambda: in base64, or as an escaped string."""
        if self.binary:
            return 4 * ((len(self.body) + 2) // 3)
        if 2 * len(self.body) <= MAX_PAYLOAD_BYTES:
            # JSON text at most doubles when it is escaped once more, so no need to try.
            return 2 * len(self.body)
        return len(json.dumps(self.body.decode("utf-8"), ensure_ascii=False).encode("utf-8"))

    def fits(self) -> bool:
        return self.payload_bytes() <= MAX_PAYLOAD_BYTES


def json_answer(content: object, **fields: Any) -> Answer:
    """An answer with a JSON body; `fields` are those of `Answer`."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return Answer(**{"status": 200, "body": body, **fields})


def error_answer(error: RequestError, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer that a failure maps to; a long message is cut, since it may quote the caller."""
    message = error.message
    if len(message) > MAX_MESSAGE_LENGTH:
        message = message[:MAX_MESSAGE_LENGTH] + "…"
    retry = RETRY_AFTER_SECONDS.get(error.code)
    return Answer(
        status=HTTP_STATUS[error.code],
        body=error_body(message, error.code),
        headers={**(headers or {}), **({"retry-after": str(retry)} if retry else {})},
        code=error.code,
    )


def answer_too_large(answer: Answer) -> RequestError:
    """Say in words why a finished translation cannot be sent back."""
    size, limit = answer.payload_bytes() / 1024**2, MAX_PAYLOAD_BYTES / 1024**2
    return RequestError(
        f"the answer has {size:.1f} MB on its way back and at most {limit:.1f} MB pass; send fewer "
        "or shorter sentences in one request, or leave out the attention matrix",
        ErrorCode.TOO_LARGE,
    )
