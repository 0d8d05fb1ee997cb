"""Files on servers: what tells their versions apart and how long a server is waited for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from preprocessing.errors import SourceError


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """What a server says about one state of a file; `None` for what it does not say."""

    etag: str | None = None
    last_modified: str | None = None
    num_bytes: int | None = None

    @property
    def validator(self) -> str | None:
        """What a request for a part of the file can name, so that no other version is sent."""
        weak = self.etag is None or self.etag.startswith("W/")
        return self.last_modified if weak else self.etag

    @property
    def identity(self) -> str | None:
        """What the versions of a file can be told apart by, if the server says enough for that."""
        if self.etag:
            return self.etag.removeprefix("W/")
        if self.last_modified and self.num_bytes is not None:
            return f"{self.last_modified}, {self.num_bytes} bytes"
        return None

    def contradicts(self, other: "Version") -> bool:
        """Whether the two cannot be the same version."""
        if _differ(self.num_bytes, other.num_bytes):
            return True
        if self.etag and other.etag:
            return self.identity != other.identity
        return _differ(self.last_modified, other.last_modified)


def _differ(first: str | int | None, second: str | int | None) -> bool:
    return first is not None and second is not None and first != second


class Body(Protocol):
    """An answer that is read as it arrives."""

    version: Version
    offset: int
    """Of the answer's first byte in the file."""

    def read(self, num_bytes: int) -> bytes:
        """At most so many bytes, none at the end.

        Raises:
            TransferInterruptedError: the connection broke or the server stalls.
        """

    def close(self) -> None:
        """Drop the connection."""


class Remote(Protocol):
    """A file on a server.

    Both requests raise `TransferInterruptedError` where asking again may help, and `SourceError`
    where it does not.
    """

    def open(self, *, unless: Version | None = None) -> Body | None:
        """The whole file, or `None` where it is still that version."""

    def resume(self, version: Version, offset: int) -> Body:
        """The file from the offset on, or all of it where the server cannot send that part alone.

        Raises:
            ChangedError: that version, or that part of it, is no longer there.
        """


class TransferInterruptedError(Exception):
    """A request failed in a way that passes; `retry_after_seconds` is what the server asks for."""

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


CUT = "the connection was cut"
STALLED = "the server stopped sending"


class ChangedError(SourceError):
    """The file on the server is no longer the one that a part was read of."""

    def __init__(self) -> None:
        super().__init__("changed on the server while it was being downloaded; start again")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a server is waited for, and how often it is asked before giving up."""

    connect_timeout_seconds: float = 10
    read_timeout_seconds: float = 60
    """Without a single byte."""
    attempts_to_open: int = 5
    attempts_to_resume: int = 8
    """In a row; any byte that arrives starts the count anew."""
    backoff_seconds: float = 0.5
    """Before the second attempt; doubled before each one after that."""
    max_wait_seconds: float = 60
    """A server that asks for more than this with `Retry-After` is given up."""


PATIENCE = Patience()
TRANSIENT_STATUSES = (429, 500, 502, 503, 504)
UNCHANGED_ENCODINGS = (None, "", "identity", "aws-chunked")
"""S3 keeps the last one as a trace of how an object was sent to it."""
COMPRESSED_SUFFIXES = (".gz", ".tgz")


def require_identity(encoding: str | None, path: str) -> None:
    """Refuse bytes that are compressed for the transfer, where nothing says to decompress them.

    Raises:
        SourceError: the content is encoded and the name is not a compressed file's.
    """
    if encoding not in UNCHANGED_ENCODINGS and not path.endswith(COMPRESSED_SUFFIXES):
        raise SourceError(f"the server sends it with Content-Encoding {encoding!r}, not as it is")


Arrived = Callable[[int, int | None], None]
"""Is told how many bytes more there are, and how many the file has if the server says so."""
