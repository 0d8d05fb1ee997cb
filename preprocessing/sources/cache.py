"""Keeps downloaded files in a folder; asks the server each time whether they are still current."""

import dataclasses
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from isal import isal_zlib

from preprocessing.errors import SourceError
from preprocessing.sources.downloads import Download
from preprocessing.sources.remote import ChangedError, Version
from protocol.uris import display_name

COPY_SIZE = 1 << 18
HASH_DIGITS = 16
MAX_NAME_LENGTH = 100
LOCK, RECORD = "lock", "download.json"


@contextmanager
def open_cached(folder: Path, uri: str, download: Download) -> Iterator[BinaryIO]:
    """The file's bytes out of the folder, downloaded into it where it lacks the current version.

    A file whose server tells no versions apart is read from the server, past the folder.

    Raises:
        SourceError: the download failed, or the folder cannot be used.
    """
    slot = _Slot(folder, uri)
    try:
        with slot.locked():
            path = slot.update(download)
            content = path.open("rb", buffering=0) if path else None
    except OSError as error:
        raise SourceError(f"the cache {folder} cannot be used: {error.strerror}") from error
    if content is None:
        yield cast("BinaryIO", download)
        return
    with content:
        yield cast("BinaryIO", content)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Record:
    """What is written beside a file; the last two are known once it is whole."""

    uri: str
    etag: str | None
    last_modified: str | None
    num_bytes: int | None
    crc32: int | None

    @property
    def version(self) -> Version:
        return Version(etag=self.etag, last_modified=self.last_modified, num_bytes=self.num_bytes)


class _Slot:
    """One URI's place in the folder: at most one version of its file, whole or in part."""

    def __init__(self, folder: Path, uri: str) -> None:
        self._uri = display_name(uri)
        self._folder = folder / _digits(uri)
        name = re.sub(r"[^\w.-]", "_", self._uri.rpartition("/")[2])
        self._name = name[-MAX_NAME_LENGTH:]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time see to the file; the others wait and find it there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def update(self, download: Download) -> Path | None:
        """Where the current version lies now; `None` where it must be read from the server."""
        known = self._read_record()
        if known and self._is_whole(known):
            if not self._begin(download, known):
                return self._path(known.version)
        elif known and self._continue(download, known):
            return self._save(download)
        else:
            download.begin()
        if not download.version.identity:
            return None
        self._forget()
        self._write_record(download.version)
        return self._save(download)

    def _begin(self, download: Download, known: _Record) -> bool:
        try:
            return download.begin(unless=known.version)
        except SourceError as error:
            copy = f"a copy from an earlier download is {self._path(known.version)}"
            raise SourceError(f"{error}; {copy}") from error

    def _continue(self, download: Download, known: _Record) -> bool:
        partial = self._partial(known.version)
        num_bytes = partial.stat().st_size if partial.exists() else 0
        if not num_bytes or (known.num_bytes is not None and num_bytes > known.num_bytes):
            return False
        try:
            download.resume(known.version, num_bytes, _checksum(partial))
        except ChangedError:
            return False
        return True

    def _save(self, download: Download) -> Path:
        partial = self._partial(download.version)
        with partial.open("ab") as content:
            shutil.copyfileobj(download, content, COPY_SIZE)
            content.flush()
            os.fsync(content.fileno())
        whole = dataclasses.replace(download.version, num_bytes=partial.stat().st_size)
        self._write_record(whole, download.checksum)
        return partial.replace(self._path(whole))

    def _is_whole(self, known: _Record) -> bool:
        path = self._path(known.version)
        if not path.is_file() or path.stat().st_size != known.num_bytes:
            return False
        return _checksum(path) == known.crc32

    def _read_record(self) -> _Record | None:
        try:
            record = _Record(**json.loads((self._folder / RECORD).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return record if record.version.identity else None

    def _write_record(self, version: Version, crc32: int | None = None) -> None:
        content = {"uri": self._uri, **dataclasses.asdict(version), "crc32": crc32}
        partial = self._folder / f"{RECORD}.partial"
        partial.write_text(json.dumps(content, indent=4, ensure_ascii=False), encoding="utf-8")
        partial.replace(self._folder / RECORD)

    def _forget(self) -> None:
        for path in self._folder.iterdir():
            if path.name != LOCK:
                path.unlink()

    def _path(self, version: Version) -> Path:
        return self._folder / f"{_digits(version.identity or '')}-{self._name}"

    def _partial(self, version: Version) -> Path:
        path = self._path(version)
        return path.with_name(path.name + ".partial")


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as content:
        while block := content.read(COPY_SIZE):
            checksum = isal_zlib.crc32(block, checksum)
    return checksum
