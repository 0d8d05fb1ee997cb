"""Finds one file in a tar archive that is read as a stream, from front to back."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from preprocessing.errors import SourceError

ARCHIVE_SUFFIXES = (".tgz", ".tar.gz", ".tar")
NUM_LISTED_MEMBERS = 5
READ_SIZE = 1 << 18


def split_member(uri: str) -> tuple[str, str | None]:
    """`archive.tgz#member` in two; the member is `None` where the URI is no archive's."""
    location, separator, member = uri.rpartition("#")
    if separator and location.partition("?")[0].endswith(ARCHIVE_SUFFIXES):
        return location, member
    if uri.partition("?")[0].endswith(ARCHIVE_SUFFIXES):
        return uri, ""
    return uri, None


@contextmanager
def open_member(stream: BinaryIO, member: str) -> Iterator[BinaryIO]:
    """The member's content; what follows it in the archive is not read.

    Raises:
        SourceError: there is no such file; the message lists a few that there are.
    """
    with (
        tarfile.open(fileobj=stream, mode="r|", bufsize=READ_SIZE) as archive,
        cast("BinaryIO", archive.extractfile(_find(archive, member))) as content,
    ):
        yield content


def _find(archive: tarfile.TarFile, member: str) -> tarfile.TarInfo:
    names = []
    for entry in archive:
        if not entry.isfile():
            continue
        if _plain(entry.name) == _plain(member):
            return entry
        names.append(_plain(entry.name))
    listed = ", ".join(names[:NUM_LISTED_MEMBERS]) or "no file at all"
    more = ", …" if len(names) > NUM_LISTED_MEMBERS else ""
    wrong = f"there is no {member!r} in it" if member else "an archive; name a file as archive#file"
    raise SourceError(f"{wrong}; it holds {listed}{more}")


def _plain(name: str) -> str:
    return name.removeprefix("./").lstrip("/")
