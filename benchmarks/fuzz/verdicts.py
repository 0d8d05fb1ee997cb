"""What every answer must be like, whoever gives it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.translation import HTTP_STATUS, JSON_CONTENT_TYPE, ErrorCode

MAX_MESSAGE_LENGTH = 10_000
"""Of one character a caller may send, no message makes more than so many."""
ASKS_TO_RETRY = frozenset({429, 503})


class ViolationError(AssertionError):
    """An answer is not what it must be; the message says what it is."""

    def __init__(self, words: str, status: int = 0) -> None:
        super().__init__(words)
        self.status = status
        """Of the answer, when that is what is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Header names are in lower case; those that come twice are wrong already."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def expect(holds: object, words: str) -> None:
    """Find the words a violation unless it holds."""
    if not holds:
        raise ViolationError(words)


def expect_no_server_error(answer: Answer, allowed: Collection[int]) -> None:
    """Find a status of 5xx a violation unless it was provoked."""
    if answer.status >= 500 and answer.status not in allowed:
        raise ViolationError(f"{answer.status} {answer.body[:500]!r}", answer.status)


def check_headers(answer: Answer) -> None:
    """Whether an HTTP server can send the headers as they are."""
    for name, text in answer.headers.items():
        line = f"{name}: {text}"
        expect(line.isascii() and line.isprintable(), f"the header {line!r} cannot be sent")


def check_refusal(answer: Answer, message_key: str = "message") -> None:
    """Whether an answer of 4xx or 5xx has the documented shape, and its code its status."""
    content = parsed(answer.body)
    kind = answer.headers.get("content-type")
    expect(kind == JSON_CONTENT_TYPE, f"an error of the type {kind!r}")
    expect(
        isinstance(content, dict) and content.keys() == {message_key, "code"},
        f"an error of another shape: {answer.body[:200]!r}",
    )
    expect(content["code"] in set(ErrorCode), f"the code {content['code']!r} is not documented")
    code = ErrorCode(content["code"])
    expect(HTTP_STATUS[code] == answer.status, f"status {answer.status} with the code {code}")
    message = content[message_key]
    expect(isinstance(message, str) and message, f"the message is {message!r}")
    expect(len(message) <= MAX_MESSAGE_LENGTH, f"a message of {len(message)} characters")
    if answer.status in ASKS_TO_RETRY:
        seconds = answer.headers.get("retry-after", "")
        expect(seconds.isdigit(), f"{answer.status} with Retry-After {seconds!r}")
    if answer.status == 405:
        expect(answer.headers.get("allow"), "405 without Allow")


def parsed(body: bytes) -> Any:
    """The JSON of a body."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except ValueError as error:
        raise ViolationError(f"not JSON: {body[:200]!r}") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
