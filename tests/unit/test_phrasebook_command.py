"""The command line and the files it writes."""

import subprocess
import sys
from pathlib import Path

import pytest

from examples.phrasebook import DEMO_SENTENCES, Corpus, Pair, corpus
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


def test_command_writes_parallel_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new" / "folder"
    assert main(["--output", str(output)]) == 0
    assert {path.name for path in output.iterdir()} == NAMES
    summary = capsys.readouterr().out
    for split in ("train", "validation", "test", "demo"):
        source = (output / f"{split}.en").read_text(encoding="utf-8").splitlines()
        target = (output / f"{split}.de").read_text(encoding="utf-8").splitlines()
        assert len(source) == len(target)
        assert f"{len(source)} {split}" in summary
    assert target == [pair.target for pair in DEMO_SENTENCES]


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


def test_hash_seed_does_not_change_the_corpus() -> None:
    script = (
        "import hashlib; from examples.phrasebook import generate;"
        "print(hashlib.sha256(repr(generate()).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
