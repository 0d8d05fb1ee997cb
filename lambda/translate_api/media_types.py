"""Which content types the API takes and gives; the answer's type is the request's."""

from collections.abc import Iterator
from enum import StrEnum

from protocol.translation import JSON_CONTENT_TYPE, ErrorCode, RequestError


class MediaType(StrEnum):
    """What `POST /translate` takes and gives."""

    JSON = JSON_CONTENT_TYPE
    # Written out, because importing the format's module would load protobuf.
    RECORDIO = "application/x-recordio-protobuf"


_UTF8_NAMES = {"utf-8", "utf8"}


def content_type(header: str | None) -> MediaType:
    """The media type of a request body.

    Raises:
        RequestError: (unsupported_media_type) it is missing, another, or not in UTF-8.
    """
    name, charset, _ = _parsed(header or "")
    if name not in set(MediaType):
        raise _unsupported(f"send Content-Type {MediaType.JSON} or {MediaType.RECORDIO}")
    if name == MediaType.JSON and charset not in _UTF8_NAMES:
        raise _unsupported("send the JSON in UTF-8, or leave the charset out of Content-Type")
    return MediaType(name)


def check_accept(header: str | None, answer: MediaType) -> None:
    """Refuse a request whose `Accept` excludes the type that it would be answered with.

    Raises:
        RequestError: (unsupported_media_type) the answer's type is not accepted.
    """
    accepted = list(_accepted(header)) if header and header.strip() else ["*/*"]
    if answer is MediaType.RECORDIO:
        # API Gateway turns base64 back into bytes by the first type of Accept alone; for */* or no
        # Accept it would send base64 text under the name of protobuf.
        if accepted[:1] != [answer]:
            raise _unsupported(f"send Accept: {answer} (as its first type) for an answer in bytes")
    elif not {answer, "application/*", "*/*"}.intersection(accepted):
        raise _unsupported(f"the answer is {answer}, which Accept leaves out")


def _accepted(header: str) -> Iterator[str]:
    for media_range in header.split(","):
        name, _, quality = _parsed(media_range)
        if name and quality > 0:
            yield name


def _parsed(value: str) -> tuple[str, str, float]:
    """Name, charset and quality of one media type or media range."""
    name, *rest = value.split(";")
    pairs = (parameter.partition("=") for parameter in rest)
    parameters = {key.strip().lower(): text.strip().strip('"').lower() for key, _, text in pairs}
    charset = parameters.get("charset", "utf-8")
    return name.strip().lower(), charset, _quality(parameters.get("q", "1"))


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def _unsupported(message: str) -> RequestError:
    return RequestError(message, ErrorCode.UNSUPPORTED_MEDIA_TYPE)
