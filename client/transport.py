"""HTTP with the caller's signature or API key; knows no route."""

import json
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from client.failures import ApiError, ClientError

SERVICE = "execute-api"
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 35
"""API Gateway answers within 29 seconds, whatever happens behind it."""
MAX_RETRIES = 2
MAX_WAIT_SECONDS = 10
"""Who is asked to wait longer, as until the first model is there, is told so at once."""
_BUSY = (429, 503)
_AWS_HOST = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$")


class Authorisation(Protocol):
    """Adds to a request what proves that its sender may call."""

    def add_to(self, request: AWSRequest) -> None: ...


@dataclass(frozen=True, slots=True)
class ApiKey:
    """For services deployed with `api_auth: api_key`."""

    key: str

    def add_to(self, request: AWSRequest) -> None:
        request.headers["x-api-key"] = self.key


@dataclass(frozen=True, slots=True)
class Signature:
    """AWS Signature Version 4 with the caller's own credentials."""

    credentials: Any
    region: str

    def add_to(self, request: AWSRequest) -> None:
        # Frozen at each request, so that credentials that expire are renewed in between.
        frozen = self.credentials.get_frozen_credentials()
        SigV4Auth(frozen, SERVICE, self.region).add_auth(request)


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A successful answer."""

    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ClientError("the service's answer is not JSON") from error


class Transport:
    """Requests to one service; connections are kept between them.

    A request that the service asks to send again shortly is sent again, `MAX_RETRIES` times.
    """

    def __init__(
        self,
        base_url: str,
        authorisation: Authorisation,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorisation = authorisation
        self._sleep = sleep
        self._session = new_session()

    def get(self, path: str) -> Response:
        """GET a path; an answer of 303 is followed, without credentials.

        Raises:
            ApiError: the service answered with an error.
            ClientError: it could not be reached.
        """
        status, headers, body = self._answer("GET", path, {"accept": "application/json"})
        if status == 303:
            status, headers, body = self._send(AWSRequest("GET", headers["location"]))
        return _checked(status, headers, body)

    def post(self, path: str, body: bytes, content_type: str) -> Response:
        """POST a body and accept its own type only.

        Raises:
            ApiError: the service answered with an error.
            ClientError: it could not be reached.
        """
        headers = {"content-type": content_type, "accept": content_type}
        return _checked(*self._answer("POST", path, headers, body))

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        retries_left = MAX_RETRIES
        while True:
            # Signed anew each time: a signature is good for some minutes only.
            request = AWSRequest(method, self._base_url + path, dict(headers), body)
            self._authorisation.add_to(request)
            answer = status, answered_headers, _ = self._send(request)
            seconds = _seconds_to_wait(status, answered_headers)
            if seconds is None or retries_left == 0:
                return answer
            self._sleep(seconds)
            retries_left -= 1

    def _send(self, request: AWSRequest) -> tuple[int, Mapping[str, str], bytes]:
        try:
            answer = self._session.send(request.prepare())
        except BotoCoreError as error:
            host = urlsplit(self._base_url).netloc
            raise ClientError(f"cannot reach the service at {host}: {error}") from error
        return answer.status_code, answer.headers, answer.content


def new_session(**options: Any) -> URLLib3Session:
    """Connections that are kept between requests; `options` are those of botocore's session."""
    return URLLib3Session(
        timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
        # Without it a body waits 40 ms for its head to be acknowledged on a kept connection.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        **options,
    )


def region_of(base_url: str) -> str | None:
    """The region that an API Gateway host name carries; `None` for any other host."""
    match = _AWS_HOST.search(urlsplit(base_url).hostname or "")
    return match[1] if match else None


def _seconds_to_wait(status: int, headers: Mapping[str, str]) -> int | None:
    asked = headers.get("retry-after", "")
    if status not in _BUSY or not (asked.isascii() and asked.isdigit()):
        return None
    return int(asked) if int(asked) <= MAX_WAIT_SECONDS else None


def _checked(status: int, headers: Mapping[str, str], body: bytes) -> Response:
    if status == 200:
        return Response(body=body, headers=headers)
    content = _error_content(body)
    raise ApiError(
        status=status,
        code=str(content.get("code", "error")),
        message=str(content.get("message") or content.get("Message") or "no explanation"),
        request_id=headers.get("x-request-id", ""),
    )


def _error_content(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {"message": body[:200].decode("utf-8", errors="replace")}
    return content if isinstance(content, dict) else {}
