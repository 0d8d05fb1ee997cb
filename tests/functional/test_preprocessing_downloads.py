"""Downloads from servers that cut, stall, refuse, lie and change their minds."""

import email.utils
import gzip
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from preprocessing.errors import SourceError
from preprocessing.sources import corpus_uri, downloads
from preprocessing.sources.corpus_uri import open_binary
from tests.functional.corpus_server import (
    QUICK,
    Answer,
    CorpusServer,
    ServedFile,
    answer,
    running_server,
)

CONTENT = b"".join(b"Zeile %d\n" % number for number in range(20_000))
SIZE = f"{len(CONTENT):,}"
DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.fixture
def server() -> Iterator[CorpusServer]:
    with running_server() as corpus_server:
        yield corpus_server


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that a download would have waited, none of which it does."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(corpus_uri, "PATIENCE", QUICK)
    waited: list[float] = []
    monkeypatch.setattr(downloads, "sleep", waited.append)
    return waited


def serve(server: CorpusServer, file: Answer, name: str = "text") -> str:
    server.answers[f"/{name}"] = file
    return f"{server.url}/{name}"


def read(uri: str) -> bytes:
    with open_binary(uri) as content:
        return content.read()


def failure(uri: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(uri)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{uri}: ")
    return message.removeprefix(f"{uri}: ")


@pytest.mark.parametrize(
    ("etag", "last_modified", "validator"),
    [('"1"', DATE, '"1"'), (None, DATE, DATE), ('W/"1"', DATE, DATE)],
)
def test_a_cut_download_goes_on_where_it_was_cut(
    server: CorpusServer, etag: str | None, last_modified: str, validator: str
) -> None:
    file = ServedFile(content=CONTENT, etag=etag, last_modified=last_modified, faults=[70_001, 5])
    assert read(serve(server, file)) == CONTENT
    assert server.ranges == [None, "bytes=70001-", "bytes=70006-"]
    assert [request.headers.get("If-Range") for request in server.requests[1:]] == [validator] * 2


def test_a_stalled_download_goes_on_too(server: CorpusServer) -> None:
    file = ServedFile(content=CONTENT, faults=[100_000], stall=server.closing)
    assert read(serve(server, file)) == CONTENT
    assert server.ranges == [None, "bytes=100000-"]


@pytest.mark.parametrize("etag", ['"1"', None])
def test_a_server_without_ranges_sends_all_of_it_again(
    server: CorpusServer, etag: str | None
) -> None:
    file = ServedFile(content=CONTENT, etag=etag, knows_ranges=False, faults=[99_999, 50_000])
    assert read(serve(server, file)) == CONTENT
    # Without a version to name, a part of the file could be another file's.
    assert server.ranges == [None, *["bytes=99999-" if etag else None] * 2]


def test_any_progress_starts_the_count_of_attempts_anew(
    server: CorpusServer, pauses: list[float]
) -> None:
    file = ServedFile(content=CONTENT, faults=[10_000, 0, 10_000, 0, 10_000, 0, 10_000, 0])
    assert read(serve(server, file)) == CONTENT
    assert len(pauses) == 8


def test_a_download_that_never_goes_on_is_given_up(server: CorpusServer) -> None:
    file = ServedFile(content=CONTENT, faults=[10_000, 0, 0, 0, 0])
    cut = f"cut short after 10,000 of {SIZE} bytes: the connection was cut (3 attempts)"
    assert failure(serve(server, file)) == cut
    assert len(server.requests) == 3


def test_a_server_that_stops_sending_for_ever(server: CorpusServer) -> None:
    file = ServedFile(content=CONTENT, faults=[7, 0, 0], stall=server.closing)
    message = f"cut short after 7 of {SIZE} bytes: the server stopped sending (3 attempts)"
    assert failure(serve(server, file)) == message


def test_a_cut_without_a_length(server: CorpusServer) -> None:
    chunk = b"100000\r\nonly this much"
    chunked = answer(chunk, Transfer_Encoding="chunked")
    message = "cut short after 14 bytes: the connection was cut (3 attempts)"
    assert failure(serve(server, chunked)) == message


@pytest.mark.parametrize(
    "other",
    [
        ServedFile(content=CONTENT, etag='"2"'),
        ServedFile(content=CONTENT, etag='"2"', knows_ranges=False),
        ServedFile(content=CONTENT[:50]),
        ServedFile(content=CONTENT + b"and more"),
        # The same claims about another content.
        ServedFile(content=CONTENT[::-1], knows_ranges=False),
        answer(b"", status=416),
    ],
)
def test_a_file_that_changes_is_noticed(server: CorpusServer, other: Answer) -> None:
    file = ServedFile(content=CONTENT, faults=[1000, other, other])
    message = "changed on the server while it was being downloaded; start again"
    assert failure(serve(server, file)) == message


def test_a_file_without_version_that_changes_is_noticed(server: CorpusServer) -> None:
    file = ServedFile(content=CONTENT, etag=None, faults=[1000, answer(CONTENT.swapcase())])
    assert failure(serve(server, file)).startswith("changed on the server")


def test_another_part_than_asked_for(server: CorpusServer) -> None:
    part = answer(CONTENT[5:], status=206, Content_Range=f"bytes 5-{len(CONTENT)}/{len(CONTENT)}")
    file = ServedFile(content=CONTENT, faults=[1000, part])
    message = f"the server was asked to go on at byte 1000 and sent 'bytes 5-{len(CONTENT)}"
    assert failure(serve(server, file)).startswith(message)


def test_a_length_that_is_too_long(server: CorpusServer) -> None:
    lying = answer(CONTENT, length=len(CONTENT) + 10)
    announced = f"{len(CONTENT) + 10:,}"
    message = f"cut short after {SIZE} of {announced} bytes: the connection was cut (3 attempts)"
    assert failure(serve(server, lying)) == message


def test_a_length_that_is_too_short_shows_where_the_content_has_an_end(
    server: CorpusServer,
) -> None:
    content = gzip.compress(CONTENT)
    lying = answer(content, length=len(content) - 10)
    assert failure(serve(server, lying, "text.gz")).startswith("cut short: Compressed file ended")


def test_content_that_is_encoded_for_the_transfer(server: CorpusServer) -> None:
    encoded = answer(gzip.compress(CONTENT), Content_Encoding="gzip")
    message = "the server sends it with Content-Encoding 'gzip', not as it is"
    assert failure(serve(server, encoded)) == message


def test_a_busy_server_is_asked_again_later_and_later(
    server: CorpusServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        corpus_uri, "PATIENCE", replace(QUICK, attempts_to_open=4, backoff_seconds=2)
    )
    busy = [answer(b"busy", status=status) for status in (503, 429, 500)]
    assert read(serve(server, ServedFile(content=CONTENT, faults=[*busy]))) == CONTENT
    assert pauses == [2, 4, 8]


def test_a_busy_server_says_how_long_to_wait(server: CorpusServer, pauses: list[float]) -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    busy = [answer(b"", status=503, Retry_After=value) for value in ("7", date)]
    odd = answer(b"", status=503, Retry_After="soon")
    assert read(serve(server, ServedFile(content=CONTENT, faults=[*busy, 10, odd]))) == CONTENT
    assert pauses[0] == 7
    assert 25 < pauses[1] <= 30
    assert pauses[2:] == [0, 0]


def test_a_server_that_asks_for_too_long_a_wait(server: CorpusServer) -> None:
    busy = answer(b"", status=503, Retry_After="3600")
    message = "cannot be fetched: the server answered HTTP 503 Service Unavailable; it asks to wait"
    assert failure(serve(server, busy)) == f"{message} 3,600 s"
    assert len(server.requests) == 1


def test_a_busy_server_in_the_middle(server: CorpusServer) -> None:
    file = ServedFile(content=CONTENT, faults=[1000, answer(b"", status=503), 2000])
    assert read(serve(server, file)) == CONTENT
    file.faults = [1000, answer(b"", status=404)]
    assert failure(f"{server.url}/text") == "the server answered HTTP 404 Not Found"


def test_a_resumed_download_is_redirected_again(server: CorpusServer) -> None:
    url = serve(server, answer(b"", status=302, Location="/elsewhere"))
    serve(server, ServedFile(content=CONTENT, faults=[1000]), "elsewhere")
    assert read(url) == CONTENT
    assert server.ranges == [None, None, "bytes=1000-", "bytes=1000-"]


def test_a_server_that_redirects_in_a_circle(server: CorpusServer) -> None:
    url = serve(server, answer(b"", status=302, Location="/text"))
    assert failure(url) == "cannot be fetched: too many redirects"


def test_a_cut_within_a_compressed_file(server: CorpusServer) -> None:
    file = ServedFile(content=gzip.compress(CONTENT), faults=[3, 10_000])
    assert read(serve(server, file, "text.gz")) == CONTENT


class Arrivals:
    """A `ByteProgress` that keeps what it is told."""

    def __init__(self) -> None:
        self.num_bytes = 0
        self.told: set[tuple[str, int | None]] = set()

    def advance(self, name: str, num_bytes: int, total: int | None) -> None:
        self.num_bytes += num_bytes
        self.told.add((name, total))


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_progress_counts_every_byte_once(server: CorpusServer, knows_ranges: bool) -> None:
    arrivals = Arrivals()
    file = ServedFile(content=CONTENT, knows_ranges=knows_ranges, faults=[70_000])
    url = serve(server, file)
    with open_binary(f"{url}?signature=1", progress=arrivals) as content:
        content.read()
    assert arrivals.num_bytes == len(CONTENT)
    assert arrivals.told == {(url, len(CONTENT))}


@pytest.fixture
def s3(server: CorpusServer, monkeypatch: pytest.MonkeyPatch) -> CorpusServer:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return server


def test_a_cut_s3_object_goes_on_where_it_was_cut(s3: CorpusServer) -> None:
    busy = answer(b"<Error><Code>SlowDown</Code></Error>", status=503)
    s3.answers["/bucket/text"] = ServedFile(content=CONTENT, faults=[busy, 70_001, busy])
    assert read("s3://bucket/text") == CONTENT
    assert s3.ranges == [None, None, *["bytes=70001-"] * 2]
    assert [request.headers.get("If-Match") for request in s3.requests[2:]] == ['"1"'] * 2


def test_a_stalled_s3_object_is_given_up(s3: CorpusServer) -> None:
    s3.answers["/bucket/text"] = ServedFile(
        content=CONTENT, faults=[40_000, 0, 0], stall=s3.closing
    )
    assert failure("s3://bucket/text") == (
        f"cut short after 32,768 of {SIZE} bytes: the server stopped sending (3 attempts)"
    )


@pytest.mark.parametrize("content", [CONTENT, CONTENT[:50]])
def test_an_s3_object_that_changes_is_noticed(s3: CorpusServer, content: bytes) -> None:
    file = ServedFile(content=CONTENT, faults=[50_000])
    file.faults.append(ServedFile(content=content, etag='"2"'))
    s3.answers["/bucket/text"] = file
    assert failure("s3://bucket/text").startswith("changed on the server")


def test_nobody_answers_for_s3(s3: CorpusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    message = failure("s3://bucket/text")
    assert message.startswith("cannot be fetched: Could not connect to the endpoint URL")
    assert message.endswith("(3 attempts)")
