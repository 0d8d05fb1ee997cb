"""Opens the text behind a corpus URI as a stream; reads no more of it than its reader asks for."""

import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from preprocessing.archives import open_member, split_member
from preprocessing.errors import SourceError
from preprocessing.remote import open_http, open_s3
from preprocessing.streams import NamedStream, named_errors
from protocol.uris import display_name

SCHEMES = ("http", "https", "s3", "file")
BUFFER_SIZE = 1 << 18


@contextmanager
def open_text(uri: str) -> Iterator[TextIO]:
    """The text behind a URI, as Python's text mode reads UTF-8 with replacement.

    Raises:
        SourceError: at opening or at any later read; the message names the URI and the reason.
    """
    with (
        open_binary(uri) as content,
        io.TextIOWrapper(content, encoding="utf-8", errors="replace") as text,
    ):
        yield text


@contextmanager
def open_binary(uri: str) -> Iterator[BinaryIO]:
    """The decompressed bytes behind a URI; `read(n)` gives fewer than n only at the end.

    Reads of a buffer's size and more go straight to a plain file.

    Raises:
        SourceError: at opening or at any later read; the message names the URI and the reason.
    """
    with ExitStack() as stack:
        with named_errors(display_name(uri)):
            content = _open_content(uri, stack)
        named = NamedStream(content, display_name(uri))
        yield stack.enter_context(io.BufferedReader(named, BUFFER_SIZE))


def _open_content(uri: str, stack: ExitStack) -> BinaryIO:
    location, member = split_member(uri)
    stream = stack.enter_context(_open_location(location))
    name = urlsplit(location).path if "://" in location else location
    if name.endswith((".gz", ".tgz")):
        stream = _gunzip(stream, stack)
    if member is None:
        return stream
    stream = stack.enter_context(open_member(stream, member))
    return _gunzip(stream, stack) if member.endswith(".gz") else stream


def _gunzip(stream: BinaryIO, stack: ExitStack) -> BinaryIO:
    return cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=stream, mode="rb")))


@contextmanager
def _open_location(location: str) -> Iterator[BinaryIO]:
    scheme, separator, _ = location.partition("://")
    if not separator:
        scheme = "path"
    if scheme in ("http", "https"):
        with open_http(location) as stream:
            yield stream
    elif scheme == "s3":
        with open_s3(location) as stream:
            yield stream
    elif scheme in ("file", "path"):
        with _local_path(location).open("rb", buffering=0) as stream:
            yield cast("BinaryIO", stream)
    else:
        raise SourceError(f"unknown scheme {scheme!r}; use {', '.join(SCHEMES)} or a path")


def _local_path(location: str) -> Path:
    if not location.startswith("file://"):
        return Path(location)
    parts = urlsplit(location)
    if parts.netloc not in ("", "localhost"):
        raise SourceError(f"a file URI has three slashes; {parts.netloc!r} reads as a host name")
    return Path(unquote(url2pathname(parts.path)))
