"""Turns whatever goes wrong while a source is read into one line that names the source."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from isal import isal_zlib

from preprocessing.errors import SourceError


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
    except ValueError as error:
        raise SourceError(f"{name}: cannot be read: {error}") from error
    except EOFError as error:
        raise SourceError(f"{name}: cut short: {error}") from error
    except (gzip.BadGzipFile, zlib.error, isal_zlib.error) as error:  # type: ignore[misc]
        raise SourceError(f"{name}: not a sound gzip file: {error}") from error
    except tarfile.TarError as error:
        raise SourceError(f"{name}: not a sound tar archive: {error}") from error
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror or error}") from error
