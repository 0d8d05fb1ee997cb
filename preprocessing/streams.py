"""Turns whatever goes wrong while a source is read into one line that names the source."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import botocore.exceptions
import urllib3

from preprocessing.errors import SourceError

CUT_SHORT = (
    EOFError,
    urllib3.exceptions.ProtocolError,
    botocore.exceptions.IncompleteReadError,
    botocore.exceptions.ResponseStreamingError,
)
UNREACHABLE = (urllib3.exceptions.HTTPError, botocore.exceptions.BotoCoreError)


class NamedStream(io.RawIOBase):
    """A binary stream whose errors name where its bytes come from."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        super().__init__()
        self._stream = stream
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with named_errors(self._name):
            return self._stream.readinto(buffer)  # type: ignore[attr-defined, no-any-return]


@contextmanager
def named_errors(name: str) -> Iterator[None]:
    """Raise a `SourceError` that starts with the name in place of any error of reading."""
    try:
        yield
    except SourceError as error:
        raise SourceError(f"{name}: {error}") from error
    except CUT_SHORT as error:
        raise SourceError(f"{name}: cut short: {_first_line(error)}") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{name}: not a sound gzip file: {_first_line(error)}") from error
    except tarfile.TarError as error:
        raise SourceError(f"{name}: not a sound tar archive: {_first_line(error)}") from error
    except UNREACHABLE as error:
        raise SourceError(f"{name}: cannot be fetched: {_first_line(error)}") from error
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror or error}") from error


def _first_line(error: BaseException) -> str:
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason:
        error = error.reason
    if isinstance(error, urllib3.exceptions.ProtocolError) and error.args:
        error = Exception(error.args[0])
    # urllib3 puts its connection object before the reason.
    message = str(error).rpartition("): ")[2]
    return next(iter(message.splitlines()), type(error).__name__)
