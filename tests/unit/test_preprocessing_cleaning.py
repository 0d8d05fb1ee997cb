"""Cleaning, from the command line to the files and the summary."""

import json
from pathlib import Path

import pytest

from preprocessing.__main__ import main

SOURCE = ["a b", "a b", "c d e f g", "only", "same same", "\u4f60\u597d you"]
TARGET = ["x y", "x y", "z", "", "same same", "z z"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, lines in (("source", SOURCE), ("target", TARGET)):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return tmp_path


def run(*flags: str) -> int:
    texts = [
        f"--{role}-{side}={side}" for role in ("train", "val") for side in ("source", "target")
    ]
    return main([*texts, *flags])


def test_each_dropped_pair_counts_under_one_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--drop-duplicates", "--drop-identical", "--max-length-ratio=2", "--max-length=4"]
    assert run(*flags) == 0
    training, validation = (
        line for line in capsys.readouterr().out.splitlines() if " pairs " in line
    )
    assert training.endswith(
        "6 read, 2 kept, 4 skipped (target empty 1, longer than 4 words 1, "
        "source and target identical 1, duplicate 1)"
    )
    assert validation.endswith("6 read, 5 kept, 1 skipped (target empty 1)")


def test_words_of_dropped_pairs_are_not_in_the_vocabulary(folder: Path) -> None:
    assert run("--max-length=4") == 0
    words = json.loads((folder / "vocab.src.json").read_text(encoding="utf-8"))
    assert "only" in words
    assert "g" not in words


def test_the_script_of_a_side(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--source-script=Han") == 1
    assert "cleaning leaves no line pair" in capsys.readouterr().err
    assert run("--source-script=Latin") == 0
    assert not (folder / "train.rec.partial").exists()


def test_subwords_are_learned_on_what_cleaning_leaves(folder: Path) -> None:
    (folder / "source").write_text("low lower lowest\n" * 5 + "high higher highest high high\n" * 9)
    (folder / "target").write_text("a b c\n" * 5 + "c\n" * 9)
    assert run("--subwords=5", "--max-length=4") == 0
    pieces = json.loads((folder / "vocab.src.json").read_text(encoding="utf-8"))
    assert "\u0120low" in pieces
    assert not any("hi" in piece for piece in pieces)


def test_moses_tokens_become_text_before_anything_else(folder: Path) -> None:
    (folder / "source").write_text("Harry &apos;s long @-@ term plan .\n")
    (folder / "target").write_text("Harrys Plan , sagt er .\n")
    assert run("--detokenize-source=en", "--max-length=6") == 0
    sides = (json.loads((folder / f"vocab.{side}.json").read_bytes()) for side in ("src", "trg"))
    source, target = (list(words)[4:] for words in sides)
    assert sorted(source) == ["Harry's", "long-term", "plan."]
    assert "," in target
