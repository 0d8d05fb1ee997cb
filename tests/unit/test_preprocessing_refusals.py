"""Commands and corpora that are refused: one line that says why, and nothing written."""

import contextlib
from pathlib import Path

import pytest

from preprocessing.__main__ import main
from preprocessing.records import write_records

TRAIN = ["--train-source", "train.en", "--train-target", "train.de"]
VALIDATION = ["--val-source", "val.en", "--val-target", "val.de"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "train.en": "a b\nc\nd\n",
        "train.de": "x y\nz\nw",
        "val.en": "a\n",
        "val.de": "x\n",
        "short": "a\n",
        "empty": "",
        "blank": " \n\t\n\x1c\n",
        "first": "a\n\n\n",
        "last": "\n\nb\n",
        "list.json": "[]",
        "text.json": "vocabulary",
        "vocab.json": '{"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3, "a": 4}',
        "swapped.json": '{"<unk>": 0, "<pad>": 1, "<s>": 2, "</s>": 3, "a": 4}',
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def refusal(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    before = sorted(folder.rglob("*"))
    with contextlib.chdir(folder):
        assert main(arguments) == 1
    assert sorted(folder.rglob("*")) == before
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("error: ").strip()


@pytest.mark.parametrize(
    ("source", "target", "limit", "message"),
    [
        ("train.en", "short", None, "train.en has 3 lines but short has 1 line"),
        ("short", "train.de", None, "short has 1 line but train.de has 3 lines"),
        ("train.en", "short", "2", "train.en has at least 2 lines but short has 1 line"),
        ("empty", "train.de", None, "empty: is empty"),
        ("train.en", "empty", None, "empty: is empty"),
        ("empty", "empty", None, "empty: is empty, and so is empty"),
        ("blank", "train.de", None, "blank and train.de: no line pair has text on both sides"),
        ("first", "last", None, "first and last: no line pair has text on both sides"),
        ("missing", "train.de", None, "missing: cannot be read: No such file or directory"),
    ],
)
def test_texts_that_are_not_parallel(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    source: str,
    target: str,
    limit: str | None,
    message: str,
) -> None:
    texts = ["--train-source", source, "--train-target", target, *VALIDATION]
    limits = ["--max-lines", limit] if limit else []
    assert refusal(folder, capsys, *texts, *limits).startswith(message)


def test_lines_are_counted_over_many_blocks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "long").write_text("a\n" * 50_001)
    (folder / "longer").write_text("a\n" * 50_003)
    message = refusal(folder, capsys, "--train-source", "long", "--train-target", "longer")
    assert message == (
        "long has 50,001 lines but longer has 50,003 lines; "
        "a parallel corpus has one translation a line"
    )


def test_lines_after_the_limit_need_not_be_parallel(folder: Path) -> None:
    texts = ["--train-source", "train.en", "--train-target", "short", *VALIDATION]
    with contextlib.chdir(folder):
        assert main([*texts, "--max-lines", "1"]) == 0


def test_a_validation_text_is_checked_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    validation = ["--val-source", "val.en", "--val-target", "train.de"]
    message = refusal(folder, capsys, *TRAIN, *validation)
    assert message.startswith("val.en has 1 line but train.de has 3 lines")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--vocab-source-json", "vocab.json"], "must be given together"),
        (["--val-source", "val.en"], "--val-source and --val-target must be given together"),
        (["--max-lines", "0"], "argument --max-lines: must be at least 1"),
        (["--subwords", "many"], "argument --subwords: must be a whole number, not 'many'"),
        (["--num-words-source", "-1"], "argument --num-words-source: must be a whole number"),
        (["--verbose"], "unrecognized arguments: --verbose; --help lists the arguments"),
        (["--train-output", "no/train.rec"], "no/train.rec: cannot be written: No such file"),
        (["--train-output", "vocab.src.json"], "vocab.src.json: is named for two outputs"),
        (["--train-output", ".."], "..: is a folder; an output is a file"),
    ],
)
def test_arguments_that_are_not_usable(
    folder: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    assert message in refusal(folder, capsys, *TRAIN, *flags)


def test_missing_arguments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(folder, capsys)
    assert "--train-source and --train-target, or --corpus" in message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.json", "missing.json: cannot be read: No such file"),
        ("text.json", "text.json: not a JSON vocabulary"),
        ("list.json", "list.json: a vocabulary is a JSON object"),
        ("swapped.json", "swapped.json: ids 0 to 3 must be"),
    ],
)
def test_vocabularies_that_are_none(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    flags = ["--vocab-source-json", "vocab.json", "--vocab-target-json", name]
    assert refusal(folder, capsys, *TRAIN, *flags).startswith(message)


def test_subwords_and_existing_vocabularies_exclude_each_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--vocab-source-json", "vocab.json", "--vocab-target-json", "vocab.json"]
    message = refusal(folder, capsys, *TRAIN, *flags, "--subwords", "10")
    assert message.startswith("--subwords makes a vocabulary")


def test_an_initial_model_has_vocabularies_of_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--initial-model", "model.tar.gz", "--subwords", "10"]
    message = refusal(folder, capsys, *TRAIN, *flags)
    assert message.startswith("--initial-model has vocabularies: leave out --subwords")


def test_subwords_of_an_earlier_run_are_not_left_beside_words(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.chdir(folder):
        assert main([*TRAIN, "--subwords", "5"]) == 0
    capsys.readouterr()
    message = refusal(folder, capsys, *TRAIN)
    assert message.startswith("subwords.json: left by a run with --subwords")


def test_an_error_while_writing_leaves_earlier_outputs_alone(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "train.rec").write_bytes(b"earlier")

    calls: list[object] = []

    def fill_the_disk_at_the_second_file(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", "val.rec")
        write_records(*arguments)  # type: ignore[arg-type]
        return None

    monkeypatch.setattr("preprocessing.pipeline.write_records", fill_the_disk_at_the_second_file)
    message = refusal(folder, capsys, *TRAIN, *VALIDATION)
    assert message == "val.rec: No space left on device"
    assert (folder / "train.rec").read_bytes() == b"earlier"
