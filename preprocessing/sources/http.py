"""Files over HTTP, whole or from an offset on."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from preprocessing.errors import SourceError
from preprocessing.sources.remote import (
    CUT,
    STALLED,
    TRANSIENT_STATUSES,
    ChangedError,
    Patience,
    TransferInterruptedError,
    Version,
    require_identity,
)

REDIRECTS_ONLY = urllib3.Retry(
    total=None,
    connect=False,
    read=False,
    status=0,
    other=False,
    redirect=5,
    respect_retry_after_header=False,
)
PASSING_ERRORS = (
    ConnectTimeoutError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class HTTPRemote:
    """A `Remote` behind an http(s) URL; a proxy is used where the environment names one."""

    def __init__(self, url: str, patience: Patience) -> None:
        self._url = url
        self._pool = _pool(url)
        self._timeout = urllib3.Timeout(
            connect=patience.connect_timeout_seconds, read=patience.read_timeout_seconds
        )

    def open(self, *, unless: Version | None = None) -> "HTTPBody | None":
        known = unless.etag if unless else None
        if not known:
            return _whole(self._get({}, expected=(200,)))
        response = self._get({"If-None-Match": known}, expected=(200, 304))
        if response.status == 304:
            response.close()
            return None
        return _whole(response)

    def resume(self, version: Version, offset: int) -> "HTTPBody":
        if not version.validator or not offset:
            return _whole(self._get({}, expected=(200,)))
        part = {"Range": f"bytes={offset}-", "If-Range": version.validator}
        response = self._get(part, expected=(200, 206, 416))
        if response.status == 416:
            response.close()
            raise ChangedError
        return _whole(response) if response.status == 200 else _part(response, offset)

    def _get(
        self, headers: Mapping[str, str], expected: tuple[int, ...]
    ) -> urllib3.BaseHTTPResponse:
        try:
            response = self._pool.request(
                "GET",
                self._url,
                headers={"Accept-Encoding": "identity", **headers},
                preload_content=False,
                decode_content=False,
                retries=REDIRECTS_ONLY,
                timeout=self._timeout,
            )
        except PASSING_ERRORS as error:
            raise TransferInterruptedError(_reason(error)) from error
        except HTTPError as error:
            raise SourceError(f"cannot be fetched: {_reason(error)}") from error
        try:
            _require_status(response, expected)
            require_identity(response.headers.get("Content-Encoding"), urlsplit(self._url).path)
        except (SourceError, TransferInterruptedError):
            response.close()
            raise
        return response


class HTTPBody:
    """The `Body` of a response."""

    def __init__(
        self, response: urllib3.BaseHTTPResponse, version: Version, offset: int = 0
    ) -> None:
        self.version = version
        self.offset = offset
        self._response = response

    def read(self, num_bytes: int) -> bytes:
        # What has arrived is handed on at once, so that a cut loses none of it.
        try:
            return self._response.read1(num_bytes)
        except ReadTimeoutError as error:
            raise TransferInterruptedError(STALLED) from error
        except (ProtocolError, SSLError) as error:
            raise TransferInterruptedError(CUT) from error

    def close(self) -> None:
        self._response.close()


def _require_status(response: urllib3.BaseHTTPResponse, expected: tuple[int, ...]) -> None:
    if response.status in expected:
        return
    answer = f"the server answered HTTP {response.status} {response.reason or ''}".rstrip()
    if response.status in TRANSIENT_STATUSES:
        raise TransferInterruptedError(answer, retry_after_seconds=_retry_after(response))
    raise SourceError(answer)


def _whole(response: urllib3.BaseHTTPResponse) -> HTTPBody:
    return HTTPBody(response, _version(response, _content_length(response)))


def _part(response: urllib3.BaseHTTPResponse, offset: int) -> HTTPBody:
    content_range = response.headers.get("Content-Range", "")
    match = _CONTENT_RANGE.fullmatch(content_range)
    if not match or int(match[1]) != offset:
        response.close()
        raise SourceError(
            f"the server was asked to go on at byte {offset} and sent {content_range!r}"
        )
    total = None if match[2] == "*" else int(match[2])
    return HTTPBody(response, _version(response, total), offset)


def _version(response: urllib3.BaseHTTPResponse, num_bytes: int | None) -> Version:
    headers = response.headers
    return Version(
        etag=headers.get("ETag"), last_modified=headers.get("Last-Modified"), num_bytes=num_bytes
    )


def _content_length(response: urllib3.BaseHTTPResponse) -> int | None:
    length = response.headers.get("Content-Length", "")
    if "Transfer-Encoding" in response.headers or not re.fullmatch("[0-9]+", length):
        return None
    return int(length)


def _retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    header = response.headers.get("Retry-After")
    try:
        return urllib3.Retry().parse_retry_after(header) if header else None
    except InvalidHeader:
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, MaxRetryError) and error.reason:
        return _reason(error.reason)
    if isinstance(error, ProxyError):
        return f"the proxy: {_reason(error.original_error)}"
    if isinstance(error, ProtocolError) and error.args:
        return str(error.args[0])
    # urllib3 puts its connection object before the reason.
    return str(error).rpartition("): ")[2] or type(error).__name__


def _pool(url: str) -> urllib3.PoolManager:
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy)
    return urllib3.PoolManager()
