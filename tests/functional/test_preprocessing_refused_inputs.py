"""Inputs that cannot be used, as the command meets them: one line, exit code 1, nothing written."""

import contextlib
import gzip
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from preprocessing.__main__ import main
from preprocessing.sources import corpus_uri, downloads
from preprocessing.sources.remote import CUT
from tests.functional.corpus_server import QUICK, CorpusServer, ServedFile, answer, running_server

TEXT = b"".join(b"Zeile %d\n" % number for number in range(20_000))
GZIPPED = gzip.compress(TEXT, mtime=0)
VOCABULARY = '{"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3, "Zeile": 4}'
OUTPUTS = ["train.rec", "val.rec", "vocab.src.json", "vocab.trg.json"]


def archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as members:
        entry = tarfile.TarInfo("dev/news.en")
        entry.size = len(TEXT)
        members.addfile(entry, io.BytesIO(TEXT))
    return content.getvalue()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CorpusServer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(corpus_uri, "PATIENCE", QUICK)
    monkeypatch.setattr(downloads, "sleep", lambda _: None)
    with running_server() as corpus_server:
        yield corpus_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sound texts, and the outputs of an earlier run."""
    for name in ("train.en", "train.de", "val.en", "val.de"):
        (tmp_path / name).write_bytes(TEXT)
    (tmp_path / "vocab.json").write_text(VOCABULARY, encoding="utf-8")
    for name in OUTPUTS:
        (tmp_path / name).write_text("earlier", encoding="utf-8")
    return tmp_path


def arguments(**others: str) -> list[str]:
    texts = {
        "train-source": "train.en",
        "train-target": "train.de",
        "val-source": "val.en",
        "val-target": "val.de",
    }
    given = texts | {name.replace("_", "-"): uri for name, uri in others.items()}
    return [part for name, value in given.items() for part in (f"--{name}", value)]


def refusal(folder: Path, capsys: pytest.CaptureFixture[str], **others: str) -> str:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with contextlib.chdir(folder):
        assert main(arguments(**others)) == 1
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("error: ").strip()


@pytest.mark.parametrize("side", ["train_source", "train_target", "val_source", "val_target"])
@pytest.mark.parametrize(
    ("uri", "content", "message"),
    [
        ("missing.gz", None, "cannot be read: No such file or directory"),
        (".", None, "cannot be read: Is a directory"),
        ("empty.gz", b"", "is empty"),
        ("nothing.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("plain.gz", TEXT, "not a sound gzip file: Not a gzipped file"),
        ("cut.gz", GZIPPED[:-2000], "cut short: Compressed file ended before"),
        ("bits.gz", GZIPPED[:2000] + bytes(100) + GZIPPED[2100:], "not a sound gzip file: "),
        ("dev.tgz#news.en", archive(), "there is no 'news.en' in it; it holds dev/news.en"),
        ("cut.tgz#dev/news.en", archive()[:3000], "cut short: Compressed file ended before"),
    ],
)
def test_files(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    side: str,
    uri: str,
    content: bytes | None,
    message: str,
) -> None:
    if content is not None:
        (folder / uri.partition("#")[0]).write_bytes(content)
    assert refusal(folder, capsys, **{side: uri}).startswith(f"{uri}: {message}")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has such a file")
def test_a_file_that_opens_and_cannot_be_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(folder, capsys, val_target="/proc/self/mem")
    assert message == "/proc/self/mem: cannot be read: Input/output error"


@pytest.mark.parametrize("side", ["train_source", "val_target"])
@pytest.mark.parametrize(
    ("served", "message"),
    [
        (answer(b"", status=404), "the server answered HTTP 404 Not Found"),
        (answer(b"", status=403), "the server answered HTTP 403 Forbidden"),
        (
            answer(b"", status=503),
            "cannot be fetched: the server answered HTTP 503 Service Unavailable (3 attempts)",
        ),
        (answer(b""), "is empty"),
        (answer(TEXT), "not a sound gzip file: Not a gzipped file"),
        (
            answer(GZIPPED, length=len(GZIPPED) + 1),
            f"cut short after {len(GZIPPED):,} of {len(GZIPPED) + 1:,} bytes: {CUT} (3 attempts)",
        ),
        (answer(GZIPPED, length=len(GZIPPED) - 1), "cut short: Compressed file ended before"),
    ],
)
def test_downloads(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    server: CorpusServer,
    side: str,
    served: ServedFile,
    message: str,
) -> None:
    server.answers["/text.gz"] = served
    url = f"{server.url}/text.gz"
    assert refusal(folder, capsys, **{side: url}).startswith(f"{url}: {message}")


def test_a_download_that_changes(
    folder: Path, capsys: pytest.CaptureFixture[str], server: CorpusServer
) -> None:
    file = ServedFile(content=GZIPPED, faults=[1000])
    file.faults.append(ServedFile(content=GZIPPED, etag='"2"'))
    server.answers["/text.gz"] = file
    url = f"{server.url}/text.gz"
    message = "changed on the server while it was being downloaded; start again"
    assert refusal(folder, capsys, train_target=url) == f"{url}: {message}"


def test_a_server_that_is_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str], server: CorpusServer
) -> None:
    url = "http://127.0.0.1:1/text.gz"
    message = refusal(folder, capsys, train_target=url)
    assert message.startswith(f"{url}: cannot be fetched: Failed to establish a new connection")
    assert message.endswith("Connection refused (3 attempts)")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a JSON vocabulary: Expecting value: line 1 column 1 (char 0)"),
        (VOCABULARY[:-1].encode(), "not a JSON vocabulary: Expecting ',' delimiter"),
        (b"\xff\xfe", "not a JSON vocabulary: 'utf-8' codec can't decode byte 0xff"),
        (GZIPPED, "not a JSON vocabulary: 'utf-8' codec can't decode"),
        (b'["<pad>"]', "a vocabulary is a JSON object from token to integer id"),
        (b'{"<pad>": "0"}', "a vocabulary is a JSON object from token to integer id"),
        (b'{"<pad>": 0, "<unk>": 2}', "ids must be 0 to 1, each used once"),
        (b'{"a": 0, "b": 1, "c": 2, "d": 3}', "ids 0 to 3 must be <pad> <unk> <s> </s>"),
    ],
)
def test_vocabularies(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (folder / "other.json").write_bytes(content)
    vocabularies = {"vocab_source_json": "vocab.json", "vocab_target_json": "other.json"}
    assert refusal(folder, capsys, **vocabularies).startswith(f"other.json: {message}")


def test_the_command_ends_with_1(folder: Path) -> None:
    (folder / "cut.gz").write_bytes(GZIPPED[:-2000])
    repository = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-m", "preprocessing", *arguments(train_source="cut.gz")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    message = "error: cut.gz: cut short: Compressed file ended before"
    assert ended.stderr.startswith(message)
    assert ended.stderr.count("\n") == 1
    assert all((folder / name).read_text(encoding="utf-8") == "earlier" for name in OUTPUTS)
