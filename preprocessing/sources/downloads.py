"""Reads a file from a server to its end, over as many connections as that takes."""

import io
from collections.abc import Callable
from functools import partial
from time import sleep
from typing import TypeVar

from isal import isal_zlib

from preprocessing.errors import SourceError
from preprocessing.sources.remote import (
    CUT,
    Arrived,
    Body,
    ChangedError,
    Patience,
    Remote,
    TransferInterruptedError,
    Version,
)

SKIP_SIZE = 1 << 18
_Answer = TypeVar("_Answer")


class Download(io.RawIOBase):
    """A file's bytes in order; `begin` or `resume` comes before the first read.

    Where a connection breaks, the rest is asked for. What is read is one version of the file and
    has the length that the server gives, or reading raises a `SourceError`.
    """

    def __init__(self, remote: Remote, patience: Patience, arrived: Arrived) -> None:
        super().__init__()
        self._remote = remote
        self._patience = patience
        self._arrived = arrived
        self._body: Body | None = None
        self._has_begun = False
        self._num_failures = 0
        self._position = 0
        self.checksum = 0
        """CRC-32 of what is read."""
        self.version = Version()

    def begin(self, *, unless: Version | None = None) -> bool:
        """Ask for the file; false where it is still that version, and there is nothing to read."""
        self._body = self._persist(partial(self._remote.open, unless=unless))
        if self._body is None:
            return False
        self._has_begun = True
        self.version = self._body.version
        if unless and self.version.identity == unless.identity:
            self._disconnect()
            return False
        return True

    def resume(self, version: Version, offset: int, checksum: int) -> None:
        """Ask for what follows the first `offset` bytes, whose CRC-32 is given.

        Raises:
            ChangedError: the server has another version.
        """
        self.version, self._position, self.checksum = version, offset, checksum
        try:
            self._persist(self._open_body)
        except ChangedError:
            self._disconnect()
            self._has_begun = False
            self._position = self.checksum = 0
            raise
        self._arrived(offset, self.version.num_bytes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._persist(partial(self._read, len(buffer)))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._disconnect()
        super().close()

    def _read(self, num_bytes: int) -> bytes:
        content = self._open_body().read(num_bytes)
        total = self.version.num_bytes
        position = self._position + len(content)
        if total is not None and position > total:
            raise SourceError(f"the server sends more than the {total:,} bytes that it announced")
        if content:
            self._position, self._num_failures = position, 0
            self.checksum = isal_zlib.crc32(content, self.checksum)
            self._arrived(len(content), total)
        elif total is not None and position < total:
            raise TransferInterruptedError(CUT)
        return content

    def _open_body(self) -> Body:
        if self._body is None:
            self._body = self._remote.resume(self.version, self._position)
            self._has_begun = True
            if self._body.version.contradicts(self.version):
                raise ChangedError
            self._skip(self._body, self._position - self._body.offset)
        return self._body

    def _skip(self, body: Body, num_bytes: int) -> None:
        """Pass over what is read already, which a server without ranges sends again."""
        if not num_bytes:
            return
        checksum = 0
        while num_bytes:
            content = body.read(min(num_bytes, SKIP_SIZE))
            if not content:
                raise TransferInterruptedError(CUT)
            checksum = isal_zlib.crc32(content, checksum)
            num_bytes -= len(content)
        if checksum != self.checksum:
            raise ChangedError

    def _persist(self, action: Callable[[], _Answer]) -> _Answer:
        while True:
            try:
                return action()
            except TransferInterruptedError as error:
                self._disconnect()
                sleep(self._pause(error))

    def _pause(self, error: TransferInterruptedError) -> float:
        """Seconds to wait before the next attempt.

        Raises:
            SourceError: there were enough attempts, or the server asks for too long a pause.
        """
        self._num_failures += 1
        patience = self._patience
        if (asked := error.retry_after_seconds or 0) > patience.max_wait_seconds:
            raise SourceError(self._failure(f"{error}; it asks to wait {asked:,.0f} s")) from error
        limit = patience.attempts_to_resume if self._has_begun else patience.attempts_to_open
        if self._num_failures >= limit:
            raise SourceError(self._failure(f"{error} ({limit} attempts)")) from error
        backoff = patience.backoff_seconds * 2.0 ** (self._num_failures - 1)
        return min(max(backoff, asked), patience.max_wait_seconds)

    def _failure(self, reason: str) -> str:
        if not self._has_begun:
            return f"cannot be fetched: {reason}"
        total = self.version.num_bytes
        expected = f" of {total:,}" if total is not None else ""
        return f"cut short after {self._position:,}{expected} bytes: {reason}"

    def _disconnect(self) -> None:
        if self._body:
            self._body.close()
        self._body = None
