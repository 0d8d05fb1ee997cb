"""A request and an answer, whatever HTTP server stands in front."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from protocol.translation import HTTP_STATUS, JSON_CONTENT_TYPE, ErrorCode, error_body

RETRY_AFTER_SECONDS = 1


class HttpRequest(NamedTuple):
    """What of a request decides the answer."""

    method: str
    path: str
    content_type: str = ""
    accept: str = ""
    """All Accept headers, joined by commas."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Status, body, and the headers beside the body's length."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    """Of the endpoint itself: for the server's log, not for the caller."""

    @classmethod
    def of(cls, content_type: str, body: bytes) -> "HttpResponse":
        """A good answer."""
        return cls(200, body, {"content-type": content_type})

    @classmethod
    def json(cls, content: object) -> "HttpResponse":
        """A good answer in JSON."""
        return cls.of(JSON_CONTENT_TYPE, json.dumps(content).encode())

    @classmethod
    def error(
        cls, message: str, code: ErrorCode, headers: Mapping[str, str] | None = None
    ) -> "HttpResponse":
        """An error in the shape that all errors of the service have."""
        status = HTTP_STATUS[code]
        retry = {"retry-after": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
        kind = {"content-type": JSON_CONTENT_TYPE}
        return cls(status, error_body(message, code), {**kind, **retry, **(headers or {})})
