"""The command line and the files it writes."""

from pathlib import Path

import pytest

from examples.phrasebook import DEMO_SENTENCES, Corpus, Pair, __main__, corpus
from examples.phrasebook.__main__ import main

NAMES = {
    f"{split}.{language}"
    for split in ("train", "validation", "test", "demo")
    for language in ("en", "de")
}
SMALL = Corpus(
    train=(Pair(source="good night !", target="gute Nacht !"),),
    validation=(Pair(source="thank you .", target="danke ."),),
    test=(Pair(source="hello !", target="hallo !"),),
)


@pytest.fixture(autouse=True)
def small_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__main__, "generate", lambda: SMALL)


def test_command_writes_parallel_files_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "new" / "folder"
    assert main(["--output", str(output)]) == 0
    assert {path.name for path in output.iterdir()} == NAMES
    assert (output / "validation.en").read_text(encoding="utf-8") == "thank you .\n"
    assert (output / "validation.de").read_text(encoding="utf-8") == "danke .\n"
    demo = (output / "demo.de").read_text(encoding="utf-8").splitlines()
    assert demo == [pair.target for pair in DEMO_SENTENCES]
    assert capsys.readouterr().out == (
        f"{output}: 1 train, 1 validation, 1 test, 7 demo pairs; 3 English and 3 German words\n"
    )


def test_files_end_their_lines_as_unix_does(tmp_path: Path) -> None:
    corpus.write(SMALL, tmp_path)
    assert (tmp_path / "train.de").read_bytes() == b"gute Nacht !\n"


def test_writing_again_replaces_the_files(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("old\n", encoding="utf-8")
    (tmp_path / "kept.txt").write_text("mine\n", encoding="utf-8")
    corpus.write(SMALL, tmp_path)
    assert (tmp_path / "train.en").read_text(encoding="utf-8") == "good night !\n"
    assert {path.name for path in tmp_path.iterdir()} == NAMES | {"kept.txt"}


def test_output_that_is_a_file_is_one_line_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("", encoding="utf-8")
    assert main(["--output", str(occupied)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(occupied) in error


def test_failed_writing_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.en").write_text("old\n", encoding="utf-8")
    write_lines = corpus._write_lines

    def fail_at_the_test_split(path: Path, lines: list[str]) -> None:
        if path.name == "test.de":
            raise OSError(28, "No space left on device")
        write_lines(path, lines)

    monkeypatch.setattr(corpus, "_write_lines", fail_at_the_test_split)
    with pytest.raises(OSError, match="No space left"):
        corpus.write(SMALL, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"train.en"}
    assert (tmp_path / "train.en").read_text(encoding="utf-8") == "old\n"
