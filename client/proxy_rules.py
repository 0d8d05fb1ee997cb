"""Which requests the proxy takes: from programs on this machine, not from pages in a browser."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway's own limit."""
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_OWN_SITES = (None, "same-origin", "none")
"""Values of Sec-Fetch-Site: no browser, a page of this address, or an address typed by hand."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """The proxy answers by itself; the message is written for the caller."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def check_caller(headers: Mapping[str, str], port: int) -> None:
    """Refuse what a web page may have caused: it must not spend this user's credentials.

    Raises:
        Refusal: another host name, which DNS may have bound to this machine, or another site.
    """
    suffixes = ("", ":80") if port == 80 else (f":{port}",)
    hosts = [f"{name}{suffix}" for name in _LOOPBACK_NAMES for suffix in suffixes]
    host = headers.get("host", "").strip().lower()
    if host not in hosts:
        raise _forbidden(f"the proxy answers to http://127.0.0.1:{port} only, not to {host!r}")
    origin = headers.get("origin")
    if origin is not None and origin.strip().lower() not in {f"http://{own}" for own in hosts}:
        raise _forbidden(f"the proxy answers no pages of other sites, such as {origin!r}")
    if headers.get("sec-fetch-site") not in _OWN_SITES:
        raise _forbidden("the proxy answers no pages of other sites")


def check_path(path: str) -> None:
    """Refuse an address that could lead out of the service's.

    Raises:
        Refusal: it is not a path in ASCII, or holds `.` or `..`.
    """
    if not path.startswith("/") or not path.isascii() or "#" in path:
        raise _bad_request("the request must name a path; this is no proxy for other addresses")
    if {".", ".."} & set(unquote(urlsplit(path).path).split("/")):
        raise _bad_request("the path must not hold . or ..")


def content_length(headers: Mapping[str, str]) -> int:
    """How many bytes of body the request has.

    Raises:
        Refusal: it does not say so, or they are too many.
    """
    if "transfer-encoding" in headers:
        raise Refusal(
            HTTPStatus.LENGTH_REQUIRED, "bad_request", "send the body whole, with a Content-Length"
        )
    text = headers.get("content-length", "0").strip()
    if not (text.isascii() and text.isdigit()):
        raise _bad_request(f"Content-Length must be a number, not {text!r}")
    length = int(text) if len(text) <= 12 else MAX_BODY_BYTES + 1
    if length > MAX_BODY_BYTES:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"at most {MAX_BODY_BYTES} bytes pass API Gateway; send fewer sentences at a time",
        )
    return length


def _forbidden(message: str) -> Refusal:
    return Refusal(HTTPStatus.FORBIDDEN, "forbidden", message)


def _bad_request(message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "bad_request", message)
