"""HTTP with the caller's signature or API key; knows no route."""

import json
import re
from collections.abc import Mapping
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
    """Requests to one service; connections are kept between them."""

    def __init__(self, base_url: str, authorisation: Authorisation) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorisation = authorisation
        self._session = URLLib3Session(timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS))

    def get(self, path: str) -> Response:
        """GET a path; an answer of 303 is followed, without credentials.

        Raises:
            ApiError: the service answered with an error.
            ClientError: it could not be reached.
        """
        request = AWSRequest("GET", self._base_url + path, {"accept": "application/json"})
        self._authorisation.add_to(request)
        status, headers, body = self._send(request)
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
        request = AWSRequest("POST", self._base_url + path, headers, body)
        self._authorisation.add_to(request)
        return _checked(*self._send(request))

    def _send(self, request: AWSRequest) -> tuple[int, Mapping[str, str], bytes]:
        try:
            answer = self._session.send(request.prepare())
        except BotoCoreError as error:
            host = urlsplit(self._base_url).netloc
            raise ClientError(f"cannot reach the service at {host}: {error}") from error
        return answer.status_code, answer.headers, answer.content


def region_of(base_url: str) -> str | None:
    """The region that an API Gateway host name carries; `None` for any other host."""
    match = _AWS_HOST.search(urlsplit(base_url).hostname or "")
    return match[1] if match else None


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
