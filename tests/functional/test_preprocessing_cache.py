"""The cache of downloads: what is asked of the server, what is kept, what is not trusted."""

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from preprocessing.errors import SourceError
from preprocessing.sources import corpus_uri, downloads
from preprocessing.sources.corpus_uri import open_binary
from preprocessing.sources.remote import Patience
from tests.functional.corpus_server import (
    QUICK,
    Answer,
    CorpusServer,
    ServedFile,
    answer,
    running_server,
)

CONTENT = b"".join(b"Zeile %d\n" % number for number in range(20_000))
OTHER = b"".join(b"line %d\n" % number for number in range(20_000))
DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CorpusServer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    be_patient(monkeypatch, QUICK)
    monkeypatch.setattr(downloads, "sleep", lambda _: None)
    with running_server() as corpus_server:
        yield corpus_server


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "downloads"


def be_patient(monkeypatch: pytest.MonkeyPatch, patience: Patience) -> None:
    monkeypatch.setattr(corpus_uri, "PATIENCE", patience)


def serve(server: CorpusServer, file: Answer, name: str = "text") -> str:
    server.answers[f"/{name}"] = file
    return f"{server.url}/{name}"


def read(uri: str, cache: Path) -> bytes:
    with open_binary(uri, cache=cache) as content:
        return content.read()


def failure(uri: str, cache: Path) -> str:
    with pytest.raises(SourceError) as caught:
        read(uri, cache)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{uri}: ")


def kept(cache: Path, pattern: str = "*/*-*") -> Path:
    (path,) = cache.glob(pattern)
    return path


def test_a_file_is_downloaded_once(server: CorpusServer, cache: Path) -> None:
    file = ServedFile(content=gzip.compress(CONTENT))
    url = serve(server, file, "text.gz")
    for _ in range(3):
        assert read(f"{url}?signature=secret", cache) == CONTENT
    assert file.num_bodies == 1
    conditions = [request.headers.get("If-None-Match") for request in server.requests]
    assert conditions == [None, '"1"', '"1"']
    assert kept(cache).name.endswith("-text.gz")
    assert read(str(kept(cache)), cache) == CONTENT
    record = json.loads(kept(cache, "*/download.json").read_text())
    assert record["uri"] == url
    assert record["etag"] == '"1"'
    assert record["num_bytes"] == len(file.content)


def test_a_server_that_knows_no_conditions_is_not_read_again(
    server: CorpusServer, cache: Path
) -> None:
    url = serve(server, answer(CONTENT, ETag='"1"'))
    assert read(url, cache) == CONTENT
    # The same version with another body shows which of the two is read.
    serve(server, answer(OTHER, ETag='"1"'))
    assert read(url, cache) == CONTENT


def test_date_and_length_tell_versions_apart_where_there_is_no_etag(
    server: CorpusServer, cache: Path
) -> None:
    file = ServedFile(content=CONTENT, etag=None, last_modified=DATE)
    url = serve(server, file)
    assert read(url, cache) == CONTENT
    kept_at = kept(cache).stat().st_mtime_ns
    assert read(url, cache) == CONTENT
    assert kept(cache).stat().st_mtime_ns == kept_at
    file.content = CONTENT + b"!"
    assert read(url, cache) == CONTENT + b"!"
    file.content, file.last_modified = CONTENT, DATE.replace("2026", "2027")
    assert read(url, cache) == CONTENT
    assert kept(cache).stat().st_mtime_ns > kept_at


def test_a_new_version_takes_the_place_of_the_old(server: CorpusServer, cache: Path) -> None:
    file = ServedFile(content=CONTENT)
    url = serve(server, file)
    assert read(url, cache) == CONTENT
    old = kept(cache)
    file.content, file.etag = OTHER, '"2"'
    assert read(url, cache) == OTHER
    assert kept(cache) != old
    assert file.num_bodies == 2


@pytest.mark.parametrize("etag", [None, ""])
def test_a_server_that_tells_no_versions_apart_is_read_every_time(
    server: CorpusServer, cache: Path, etag: str | None
) -> None:
    file = ServedFile(content=CONTENT, etag=etag)
    url = serve(server, file)
    assert read(url, cache) == CONTENT
    file.content = OTHER
    assert read(url, cache) == OTHER
    assert list(cache.glob("*/*-*")) == []


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_the_next_run_continues_an_interrupted_download(
    server: CorpusServer, cache: Path, knows_ranges: bool
) -> None:
    file = ServedFile(content=CONTENT, faults=[100_000, 0, 0], knows_ranges=knows_ranges)
    url = serve(server, file)
    cut = f"cut short after 100,000 of {len(CONTENT):,} bytes: the connection was cut (3 attempts)"
    assert failure(url, cache) == cut
    assert kept(cache).name.endswith("-text.partial")
    arrived: list[int] = []

    class Arrivals:
        def advance(self, _name: str, num_bytes: int, _total: int | None) -> None:
            arrived.append(num_bytes)

    server.requests.clear()
    with open_binary(url, cache=cache, progress=Arrivals()) as content:
        assert content.read() == CONTENT
    assert server.ranges == ["bytes=100000-"]
    assert arrived[0] == 100_000
    assert sum(arrived) == len(CONTENT)
    assert kept(cache).read_bytes() == CONTENT


def test_an_interrupted_download_of_another_version_starts_again(
    server: CorpusServer, cache: Path
) -> None:
    file = ServedFile(content=CONTENT, faults=[100_000, 0, 0])
    url = serve(server, file)
    failure(url, cache)
    file.content, file.etag = OTHER, '"2"'
    assert read(url, cache) == OTHER
    assert kept(cache).read_bytes() == OTHER


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT + b"!", CONTENT[:-1] + b"!"])
def test_a_damaged_copy_is_downloaded_again(
    server: CorpusServer, cache: Path, damaged: bytes
) -> None:
    file = ServedFile(content=CONTENT)
    url = serve(server, file)
    read(url, cache)
    kept(cache).write_bytes(damaged)
    assert read(url, cache) == CONTENT
    assert kept(cache).read_bytes() == CONTENT
    assert file.num_bodies == 2


@pytest.mark.parametrize("record", ["", "[]", '{"etag": 1}', None])
def test_a_damaged_record_means_a_new_download(
    server: CorpusServer, cache: Path, record: str | None
) -> None:
    file = ServedFile(content=CONTENT)
    url = serve(server, file)
    read(url, cache)
    if record is None:
        kept(cache, "*/download.json").unlink()
    else:
        kept(cache, "*/download.json").write_text(record)
    assert read(url, cache) == CONTENT
    assert file.num_bodies == 2


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) + 1])
def test_a_partial_file_of_the_whole_length_and_more(
    server: CorpusServer, cache: Path, size: int
) -> None:
    file = ServedFile(content=CONTENT, faults=[100_000, 0, 0])
    url = serve(server, file)
    failure(url, cache)
    kept(cache).write_bytes(bytes(size))
    assert read(url, cache) == CONTENT


def test_threads_that_want_the_same_file_share_one_download(
    server: CorpusServer, cache: Path
) -> None:
    file = ServedFile(content=CONTENT, faults=[50_000])
    url = serve(server, file)
    with ThreadPoolExecutor(4) as readers:
        assert set(readers.map(lambda _: read(url, cache), range(4))) == {CONTENT}
    assert server.ranges == [None, "bytes=50000-", None, None, None]
    assert file.num_bodies == 2


def test_a_reader_keeps_its_version_while_another_replaces_it(
    server: CorpusServer, cache: Path
) -> None:
    file = ServedFile(content=CONTENT)
    url = serve(server, file)
    with open_binary(url, cache=cache) as content:
        file.content, file.etag = OTHER, '"2"'
        assert read(url, cache) == OTHER
        assert content.read() == CONTENT


def test_members_of_one_archive_need_one_download(server: CorpusServer, cache: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as members:
        for name in ("a.en", "a.de"):
            entry = tarfile.TarInfo(name)
            entry.size = len(CONTENT)
            members.addfile(entry, io.BytesIO(CONTENT))
    file = ServedFile(content=archive.getvalue())
    url = serve(server, file, "dev.tgz")
    assert read(f"{url}#a.en", cache) == read(f"{url}#a.de", cache) == CONTENT
    assert file.num_bodies == 1
    assert failure(f"{url}#a.fr", cache).endswith("there is no 'a.fr' in it; it holds a.en, a.de")


@pytest.mark.parametrize("status", [404, 503])
def test_a_server_that_does_not_answer_is_an_error_that_names_the_copy(
    server: CorpusServer, cache: Path, status: int
) -> None:
    url = serve(server, ServedFile(content=CONTENT))
    read(url, cache)
    serve(server, answer(b"", status=status))
    message = failure(url, cache)
    assert f"the server answered HTTP {status}" in message
    assert message.endswith(f"; a copy from an earlier download is {kept(cache)}")


def test_queries_name_different_files(server: CorpusServer, cache: Path) -> None:
    url = serve(server, answer(CONTENT, ETag='"1"'))
    assert read(f"{url}?id=1", cache) == CONTENT
    serve(server, answer(OTHER, ETag='"1"'))
    assert read(f"{url}?id=2", cache) == OTHER
    assert read(f"{url}?id=1", cache) == CONTENT


@pytest.mark.parametrize("name", ["", "a%2Fb ü.en", "x" * 300])
def test_odd_file_names(server: CorpusServer, cache: Path, name: str) -> None:
    server.answers = dict.fromkeys([f"/{name}", "/a%2Fb%20%C3%BC.en"], answer(CONTENT, ETag='"1"'))
    assert read(f"{server.url}/{name}", cache) == CONTENT
    assert kept(cache).read_bytes() == CONTENT


def test_a_cache_that_cannot_be_used(server: CorpusServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    url = serve(server, ServedFile(content=CONTENT))
    message = failure(url, tmp_path / "file")
    assert message == f"the cache {tmp_path / 'file'} cannot be used: Not a directory"


def test_files_of_this_machine_are_not_copied(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "text").write_bytes(CONTENT)
    assert read(str(tmp_path / "text"), cache) == CONTENT
    assert not cache.exists()


def test_an_s3_object_is_downloaded_once(
    server: CorpusServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    file = ServedFile(content=CONTENT, faults=[100_000, 0, 0])
    server.answers["/bucket/corpora/text"] = file
    failure("s3://bucket/corpora/text", cache)
    for _ in range(2):
        assert read("s3://bucket/corpora/text", cache) == CONTENT
    assert server.ranges[-2:] == ["bytes=100000-", None]
    assert server.requests[-1].headers["If-None-Match"] == '"1"'
    assert kept(cache).name.endswith("-text")
    file.content, file.etag = OTHER, '"2"'
    assert read("s3://bucket/corpora/text", cache) == OTHER


def test_a_full_disk_is_no_error_of_the_server(
    server: CorpusServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    be_patient(monkeypatch, replace(QUICK, attempts_to_open=1))
    url = serve(server, ServedFile(content=CONTENT))
    assert failure(url, cache) == f"the cache {cache} cannot be used: No space left on device"
