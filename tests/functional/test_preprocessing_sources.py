"""Texts from files, archives, HTTP and S3, sound and broken, against a local server."""

import gzip
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from preprocessing.errors import SourceError
from preprocessing.sources import corpus_uri
from preprocessing.sources.corpus_uri import open_binary
from tests.functional.corpus_server import QUICK, CorpusServer, answer, running_server

TEXT = "".join(f"Zeile {number} größer 😀\n" for number in range(3000))
BODY = TEXT.encode()
GZIPPED = gzip.compress(BODY, mtime=0)


@pytest.fixture
def server() -> Iterator[CorpusServer]:
    with running_server() as corpus_server:
        yield corpus_server


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_uri, "PATIENCE", QUICK)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def s3(server: CorpusServer, monkeypatch: pytest.MonkeyPatch) -> CorpusServer:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return server


def read(uri: str) -> str:
    with open_binary(uri) as content:
        return content.read().decode()


def tar(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:  # type: ignore[call-overload]
        folder = tarfile.TarInfo("./")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, member in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(member)
            archive.addfile(entry, io.BytesIO(member))
    return content.getvalue()


def test_a_path_and_a_file_uri(tmp_path: Path) -> None:
    path = tmp_path / "with space and #1.en"
    path.write_bytes(BODY)
    assert read(str(path)) == TEXT
    assert read(path.as_uri()) == TEXT


def test_gzip_is_decompressed_by_name_everywhere(tmp_path: Path, s3: CorpusServer) -> None:
    path = tmp_path / "text.en.gz"
    path.write_bytes(GZIPPED)
    s3.answers["/text.en.gz"] = answer(GZIPPED, Content_Encoding="gzip")
    s3.answers["/bucket/corpora/text.en.gz"] = answer(GZIPPED)
    assert read(str(path)) == TEXT
    assert read(f"{s3.url}/text.en.gz?signature=1") == TEXT
    assert read("s3://bucket/corpora/text.en.gz") == TEXT


@pytest.mark.parametrize("name", ["dev.tgz", "dev.tar.gz", "dev.tar"])
def test_members_of_an_archive(tmp_path: Path, server: CorpusServer, name: str) -> None:
    members = {"./a.en": b"first\n", "sub/b.en": BODY, "c.en.gz": GZIPPED}
    content = tar(members, "w" if name.endswith(".tar") else "w:gz")
    (tmp_path / name).write_bytes(content)
    server.answers[f"/{name}"] = answer(content)
    for place in (str(tmp_path / name), f"{server.url}/{name}"):
        assert read(f"{place}#a.en") == "first\n"
        assert read(f"{place}#sub/b.en") == TEXT
        assert read(f"{place}#c.en.gz") == TEXT


def test_a_read_gives_all_that_is_asked_for_but_at_the_end(
    tmp_path: Path, server: CorpusServer
) -> None:
    (tmp_path / "text.gz").write_bytes(GZIPPED)
    server.answers["/text"] = answer(BODY)
    for uri in (str(tmp_path / "text.gz"), f"{server.url}/text"):
        with open_binary(uri) as content:
            sizes = [len(content.read(20_000)) for _ in range(5)]
            assert sizes == [20_000] * 3 + [len(BODY) - 60_000, 0]


def test_reading_stops_early(server: CorpusServer) -> None:
    stopped = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        block = gzip.compress(BODY)
        try:
            while True:
                handler.wfile.write(block)
        except OSError:
            stopped.set()

    server.answers["/endless.gz"] = endless
    with open_binary(f"{server.url}/endless.gz") as content:
        assert content.read(2 * len(BODY)) == BODY * 2
    assert stopped.wait(timeout=10)


def test_a_server_that_is_busy_at_first_is_asked_again(server: CorpusServer) -> None:
    def busy_twice(handler: BaseHTTPRequestHandler) -> None:
        ready = len(server.requests) > 2
        answer(BODY if ready else b"busy", status=200 if ready else 503)(handler)

    server.answers["/text"] = busy_twice
    assert read(f"{server.url}/text") == TEXT
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "num_requests", "message"),
    [
        (404, 1, "the server answered HTTP 404 Not Found"),
        (403, 1, "the server answered HTTP 403 Forbidden"),
        (206, 1, "the server answered HTTP 206 Partial Content"),
        (
            503,
            3,
            "cannot be fetched: the server answered HTTP 503 Service Unavailable (3 attempts)",
        ),
    ],
)
def test_an_http_status_is_named(
    server: CorpusServer, status: int, num_requests: int, message: str
) -> None:
    server.answers["/text"] = answer(b"no", status=status)
    assert fails(f"{server.url}/text?signature=secret") == f"{server.url}/text: {message}"
    assert len(server.requests) == num_requests


def fails(uri: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(uri)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_cut_download_is_an_error(server: CorpusServer) -> None:
    server.answers["/text"] = answer(BODY, length=len(BODY) + 1)
    cut = "cut short after 73,890 of 73,891 bytes: the connection was cut (3 attempts)"
    assert fails(f"{server.url}/text") == f"{server.url}/text: {cut}"


def test_a_cut_gzip_download_is_an_error(server: CorpusServer) -> None:
    server.answers["/text.gz"] = answer(GZIPPED[:-100], length=len(GZIPPED))
    assert fails(f"{server.url}/text.gz").startswith(f"{server.url}/text.gz: cut short after ")


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    message = fails("http://user:password@127.0.0.1:1/text?signature=secret")
    assert message.startswith("http://127.0.0.1:1/text: cannot be fetched: Failed to establish")
    assert "Connection refused" in message


def test_a_proxy_is_used_where_the_environment_names_one(
    server: CorpusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.answers["http://corpus.example/text"] = answer(BODY)
    server.answers["/text"] = answer(b"direct\n")
    assert read("http://corpus.example/text") == TEXT
    assert read(f"{server.url}/text") == "direct\n"


def test_a_redirect_is_followed(server: CorpusServer) -> None:
    server.answers["/old"] = answer(b"", status=302, Location="/new")
    server.answers["/new"] = answer(BODY)
    assert read(f"{server.url}/old") == TEXT


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.gz", GZIPPED[:-9], "cut short: Compressed file ended"),
        ("wrong.gz", b"plain text", "not a sound gzip file: Not a gzipped file"),
        ("bits.gz", GZIPPED[:50] + bytes(40) + GZIPPED[90:], "not a sound gzip file: "),
        ("sum.gz", GZIPPED[:-8] + bytes(8), "not a sound gzip file: CRC check failed"),
        ("wrong.tgz#a", b"plain text", "not a sound gzip file: Not a gzipped file"),
        ("wrong.tar#a", b"plain text" * 100, "not a sound tar archive: "),
        ("cut.tgz#a", tar({"a": BODY})[:-40], "cut short: "),
        ("cut.tar#a", tar({"a": BODY}, "w")[:3000], "not a sound tar archive: unexpected end"),
        ("other.tgz#a", tar({"b": b"", "./c": b""}), "there is no 'a' in it; it holds b, c"),
        (
            "many.tar#a",
            tar(dict.fromkeys("bcdefgh", b""), "w"),
            "there is no 'a' in it; it holds b, c, d, e, f, …",
        ),
        ("none.tar#a", tar({}, "w"), "there is no 'a' in it; it holds no file at all"),
        (
            "bare.tgz",
            tar({"b.en": b"", "b.de": b""}),
            "an archive; name a file as archive#file; it holds b.en, b.de",
        ),
    ],
)
def test_broken_files_are_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name.partition("#")[0]).write_bytes(content)
    assert fails(f"{tmp_path}/{name}").startswith(f"{tmp_path}/{name}: {message}")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("missing.en", "missing.en: cannot be read: No such file or directory"),
        ("missing.tgz#a", "missing.tgz#a: cannot be read: No such file or directory"),
        (".", ".: cannot be read: Is a directory"),
        ("ftp://host/a", "ftp://host/a: unknown scheme 'ftp'; use http, https, s3, file or a path"),
        (
            "file://host/a",
            "file://host/a: a file URI has three slashes; 'host' reads as a host name",
        ),
        ("s3://bucket", "s3://bucket: an S3 URI is s3://BUCKET/KEY"),
        ("a\0b", "a\0b: cannot be read: embedded null byte"),
        ("http://[::1/a", "http://[::1/a: cannot be read: Invalid IPv6 URL"),
    ],
)
def test_what_is_no_text_is_named(uri: str, message: str) -> None:
    assert fails(uri) == message


def test_an_s3_object(s3: CorpusServer) -> None:
    s3.answers["/bucket/corpora/text.en"] = answer(BODY)
    s3.answers["/bucket/dev.tgz"] = answer(tar({"a.en": BODY}))
    assert read("s3://bucket/corpora/text.en") == TEXT
    assert read("s3://bucket/dev.tgz#a.en") == TEXT


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("NoSuchKey", 404, "there is no such object in S3 (NoSuchKey)"),
        ("NoSuchBucket", 404, "there is no such object in S3 (NoSuchBucket)"),
        ("AccessDenied", 403, "S3 denies access to it (AccessDenied)"),
        ("InvalidRequest", 400, "S3 answered InvalidRequest: because"),
    ],
)
def test_an_s3_error_is_named(s3: CorpusServer, code: str, status: int, message: str) -> None:
    body = f"<Error><Code>{code}</Code><Message>because</Message></Error>".encode()
    s3.answers["/bucket/a/text"] = answer(body, status=status)
    assert fails("s3://bucket/a/text") == f"s3://bucket/a/text: {message}"


def test_a_cut_s3_object_is_an_error(s3: CorpusServer) -> None:
    s3.answers["/bucket/text"] = answer(BODY, length=len(BODY) + 1)
    cut = "cut short after 73,890 of 73,891 bytes: the connection was cut (3 attempts)"
    assert fails("s3://bucket/text") == f"s3://bucket/text: {cut}"


def test_a_damaged_s3_object_is_an_error(s3: CorpusServer) -> None:
    s3.answers["/bucket/text"] = answer(BODY, x_amz_checksum_crc32="AAAAAA==")
    message = "s3://bucket/text: cannot be fetched: Expected checksum AAAAAA== did not match"
    assert fails("s3://bucket/text").startswith(message)


def test_s3_with_a_profile_that_is_none(s3: CorpusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    message = "s3://bucket/text: cannot be fetched: The config profile (nowhere) could not be found"
    assert fails("s3://bucket/text") == message


def test_s3_without_credentials(s3: CorpusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    message = "s3://bucket/text: cannot be fetched: Unable to locate credentials"
    assert fails("s3://bucket/text") == message
