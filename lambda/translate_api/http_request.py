"""An API Gateway proxy event as the HTTP request that it stands for; knows no route."""

import base64
import binascii
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol.translation import RequestError

_PLACEHOLDER = re.compile(r"\{(\w+)\+?\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """Headers have lower-case names; values sent more than once are joined by commas."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    """The address' parameters, each with all its values."""
    text: str | None
    """The body as the event carries it."""
    is_base64: bool
    request_id: str
    received: float = field(default_factory=time.monotonic)
    """When the function got it, in the time of `time.monotonic`."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any], fallback_request_id: str = "") -> "HttpRequest":
        """Read an event of a REST API's Lambda proxy integration."""
        context = event.get("requestContext") or {}
        return cls(
            method=str(event.get("httpMethod") or "").upper(),
            path=_path(event),
            headers=_headers(event),
            query=event.get("multiValueQueryStringParameters") or {},
            text=event.get("body"),
            is_base64=bool(event.get("isBase64Encoded")),
            request_id=str(context.get("requestId") or fallback_request_id),
        )

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def body(self) -> bytes:
        """The bytes that the caller sent, whatever their content type.

        Raises:
            RequestError: the event says base64 and the body is not.
        """
        if not self.text:
            return b""
        if not self.is_base64:
            return self.text.encode("utf-8", errors="surrogatepass")
        try:
            return base64.b64decode(self.text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise RequestError("the body is not valid base64") from error


def _path(event: Mapping[str, Any]) -> str:
    """The path below the API's root, which `path` is not when a domain adds a base path."""
    parameters = event.get("pathParameters") or {}
    template = event.get("resource") or event.get("path") or "/"
    filled = _PLACEHOLDER.sub(lambda match: str(parameters.get(match[1], match[0])), template)
    return "/" + filled.strip("/")


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if values:
            headers[name.lower()] = ", ".join(map(str, values))
    return headers
