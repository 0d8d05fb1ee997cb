"""Opens the content behind a corpus URI; fetches no more of it than its reader asks for.

The exception is a file that goes into a cache: that one is fetched whole.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

from isal.igzip import GzipFile

from preprocessing.errors import SourceError
from preprocessing.progress import ByteProgress
from preprocessing.sources.archives import open_member, split_member
from preprocessing.sources.cache import open_cached
from preprocessing.sources.downloads import Download
from preprocessing.sources.remote import COMPRESSED_SUFFIXES, PATIENCE, Remote
from preprocessing.sources.streams import NamedStream, named_errors
from protocol.uris import display_name

SCHEMES = ("http", "https", "s3", "file")
BUFFER_SIZE = 1 << 18


@contextmanager
def open_binary(
    uri: str, *, cache: Path | None = None, progress: ByteProgress | None = None
) -> Iterator[BinaryIO]:
    """The decompressed bytes behind a URI; `read(n)` gives fewer than n only at the end.

    Reads of a buffer's size and more go straight to a plain file. With a `cache`, a file from a
    server is downloaded into that folder first, unless its current version is there already.
    `progress` is told of what is downloaded.

    Raises:
        SourceError: at opening or at any later read; the message names the URI and the reason.
    """
    name = display_name(uri)
    with ExitStack() as stack:
        with named_errors(name):
            location, member = split_member(uri)
            if remote := _remote(location):
                arrived = partial(progress.advance, name) if progress else _unwatched
                download = stack.enter_context(Download(remote, PATIENCE, arrived))
                content = _begin(download, location, cache, stack)
            else:
                content = _open_file(location, stack)
            content = _decompress(content, location, member, stack)
        named = NamedStream(content, name)
        yield stack.enter_context(io.BufferedReader(named, BUFFER_SIZE))


def _remote(location: str) -> Remote | None:
    """What a URI names on a server; `None` for a file of this machine."""
    scheme, separator, _ = location.partition("://")
    if not separator or scheme == "file":
        return None
    # The libraries take half a second to import, which a corpus of local files need not wait for.
    if scheme in ("http", "https"):
        from preprocessing.sources.http import HTTPRemote  # noqa: PLC0415

        return HTTPRemote(location, PATIENCE)
    if scheme == "s3":
        from preprocessing.sources.s3 import S3Remote  # noqa: PLC0415

        return S3Remote(location, PATIENCE)
    raise SourceError(f"unknown scheme {scheme!r}; use {', '.join(SCHEMES)} or a path")


def _begin(download: Download, uri: str, cache: Path | None, stack: ExitStack) -> BinaryIO:
    if cache is not None:
        return stack.enter_context(open_cached(cache, uri, download))
    download.begin()
    return cast("BinaryIO", download)


def _open_file(location: str, stack: ExitStack) -> BinaryIO:
    file = stack.enter_context(_local_path(location).open("rb", buffering=0))
    return cast("BinaryIO", file)


def _decompress(content: BinaryIO, location: str, member: str | None, stack: ExitStack) -> BinaryIO:
    name = urlsplit(location).path if "://" in location else location
    if name.endswith(COMPRESSED_SUFFIXES):
        content = _gunzip(content, stack)
    if member is None:
        return content
    content = stack.enter_context(open_member(content, member))
    return _gunzip(content, stack) if member.endswith(".gz") else content


def _gunzip(content: BinaryIO, stack: ExitStack) -> BinaryIO:
    file = GzipFile(fileobj=content, mode="rb")  # type: ignore[no-untyped-call]
    return cast("BinaryIO", stack.enter_context(file))


def _unwatched(_num_bytes: int, _total: int | None) -> None:
    """Report to nobody."""


def _local_path(location: str) -> Path:
    if not location.startswith("file://"):
        return Path(location)
    parts = urlsplit(location)
    if parts.netloc not in ("", "localhost"):
        raise SourceError(f"a file URI has three slashes; {parts.netloc!r} reads as a host name")
    return Path(unquote(parts.path))
