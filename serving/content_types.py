"""Which wire format a request is in, and whether its sender takes the answer in the same one."""

from collections.abc import Mapping
from email.message import Message
from functools import lru_cache

from protocol.translation import ErrorCode, RequestError
from serving import json_format, jsonlines_format, recordio_format
from serving.formats import Format

FORMATS: Mapping[str, Format] = {
    module.FORMAT.content_type: module.FORMAT
    for module in (json_format, recordio_format, jsonlines_format)
}
CHARSETS = ("utf-8", "utf8", "us-ascii")


@lru_cache(maxsize=64)
def negotiate(content_type: str, accept: str) -> Format:
    """The request's format, in which the answer will be too, as with the built-in algorithm.

    Raises:
        RequestError: the format is unknown, or the sender refuses an answer in it.
    """
    header = _header(content_type)
    chosen = header.get_content_type() if content_type else ""
    if chosen not in FORMATS:
        raise RequestError(
            f"Content-Type {content_type!r} is not served; use one of {', '.join(FORMATS)}",
            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        )
    charset = str(header.get_param("charset", "utf-8")).lower()
    if charset not in CHARSETS:
        raise RequestError(
            f"charset {charset!r} is not served; send UTF-8", ErrorCode.UNSUPPORTED_MEDIA_TYPE
        )
    if not _accepts(accept, chosen):
        raise RequestError(
            f"an answer to {chosen} is {chosen} too, which Accept {accept!r} rules out",
            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        )
    return FORMATS[chosen]


def _accepts(accept: str, content_type: str) -> bool:
    if not accept.strip():
        return True
    welcome = {"*/*", "application/*", content_type}
    return any(_header(part).get_content_type() in welcome for part in _wanted(accept))


def _wanted(accept: str) -> list[str]:
    """The parts of an Accept header that have not the weight 0."""
    parts = [part.strip() for part in accept.split(",")]
    return [part for part in parts if part and not _refused(part)]


def _refused(part: str) -> bool:
    try:
        return float(str(_header(part).get_param("q", "1"))) == 0
    except ValueError:
        return False


def _header(value: str) -> Message:
    message = Message()
    message["Content-Type"] = value
    return message
