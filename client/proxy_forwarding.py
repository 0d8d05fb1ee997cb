"""Sends a request on to the service, signed, and gives its answer back as it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ConnectionClosedError

from client.transport import ApiKey, Authorisation, new_session

MAX_CONNECTIONS = 64
"""Kept between requests; more than these are opened when they are needed."""
DEEPL_SCHEME = "DeepL-Auth-Key"
_FORWARDED = ("accept", "accept-encoding", "content-encoding", "content-type", "user-agent")
"""The caller's own authorisation stays behind, and so does all that is about its connection."""
_CONNECTION_HEADERS = frozenset(("connection", "content-length", "keep-alive", "transfer-encoding"))


class Unforwardable(Exception):  # noqa: N818 - an answer, not a fault
    """The service was not reached; the message is written for the caller."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class KeyInEveryHeader:
    """For services deployed with `api_auth: api_key`, which takes it where each client sends it."""

    key: str

    def add_to(self, request: AWSRequest) -> None:
        ApiKey(self.key).add_to(request)
        request.headers["authorization"] = f"{DEEPL_SCHEME} {self.key}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Forwarded:
    """The service's answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Forwarding:
    """Requests to one service, from any number of threads."""

    def __init__(self, base_url: str, authorisation: Authorisation) -> None:
        self.base_url = base_url.rstrip("/")
        self._authorisation = (
            KeyInEveryHeader(authorisation.key)
            if isinstance(authorisation, ApiKey)
            else authorisation
        )
        self._session = new_session(max_pool_connections=MAX_CONNECTIONS)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Forwarded:
        """Sign and send one request; its headers have lower-case names.

        Raises:
            Unforwardable: there are no valid credentials, or the service cannot be reached.
        """
        kept = {name: headers[name] for name in _FORWARDED if name in headers}
        request = AWSRequest(method, self.base_url + path, kept, body)
        try:
            answer = self._sent(request)
        except BotoCoreError as error:
            raise Unforwardable(
                HTTPStatus.BAD_GATEWAY,
                "unreachable",
                f"the proxy cannot reach the service at {self._host}: {error}",
            ) from error
        return Forwarded(
            status=answer.status_code,
            headers=[
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in _CONNECTION_HEADERS
            ],
            body=answer.content,
        )

    @property
    def _host(self) -> str:
        return urlsplit(self.base_url).netloc

    def _sent(self, request: AWSRequest) -> Any:
        try:
            return self._session.send(self._authorised(request))
        except ConnectionClosedError:
            # One that was kept open too long; every operation of the service may be repeated.
            return self._session.send(self._authorised(request))

    def _authorised(self, request: AWSRequest) -> Any:
        try:
            self._authorisation.add_to(request)
        except BotoCoreError as error:
            raise Unforwardable(
                HTTPStatus.FORBIDDEN,
                "forbidden",
                f"the proxy has no valid AWS credentials: {error}; log in again",
            ) from error
        return request.prepare()
