"""The processing job and the command as the processes that SageMaker and people start."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from nmt.tokenizer import SubwordTokenizer
from preprocessing.job import main
from protocol.artifacts import MANIFEST, SUBWORDS, ModelManifest
from protocol.recordio import decode_record, read_frames
from protocol.vocabulary import UNK_ID, load_vocabulary, tokens_by_id

SOURCE = "can you drive a car ?\n😀 so good </s>\n\ni want to watch a movie .\n"
TARGET = "kannst du ein Auto fahren ?\n😀 so gut </s>\nleer\nich will einen Film sehen .\n"
OUTPUTS = [
    "test/source.txt",
    "test/target.txt",
    "train/train.rec",
    "validation/val.rec",
    "vocab/vocab.src.json",
    "vocab/vocab.trg.json",
]


@pytest.fixture
def corpus(tmp_path: Path) -> list[str]:
    """Arguments that name a small corpus."""
    arguments = []
    for role in ("train", "val"):
        for side, text in (("source", SOURCE), ("target", TARGET)):
            path = tmp_path / f"{role}.{side}"
            path.write_text(text, encoding="utf-8")
            arguments += [f"--{role}-{side}", str(path)]
    return arguments


def run_job(root: Path, *arguments: str) -> int:
    return main(arguments, {"SAGEMAKER_ROOT": str(root)})


def output_files(root: Path) -> list[str]:
    output = root / "processing" / "output"
    return sorted(str(p.relative_to(output)) for p in output.rglob("*") if p.is_file())


def test_the_job_writes_a_folder_for_each_channel(
    tmp_path: Path, corpus: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "ml"
    assert run_job(root, *corpus) == 0
    assert output_files(root) == OUTPUTS
    assert not (root / "output" / "message").exists()
    output = root / "processing" / "output"
    target = tokens_by_id(load_vocabulary(output / "vocab" / "vocab.trg.json"))
    with (output / "train" / "train.rec").open("rb") as stream:
        records = [decode_record(frame) for frame in read_frames(stream)]
    translations = [" ".join(target[i] for i in record.target) for record in records]
    assert translations == [line for line in TARGET.splitlines() if line != "leer"]
    summary = capsys.readouterr().out
    assert "4 read, 3 kept, 1 skipped (source empty 1)" in summary


def test_subwords_make_one_vocabulary_and_turn_back_into_text(
    tmp_path: Path, corpus: list[str]
) -> None:
    assert run_job(tmp_path, *corpus, "--subwords", "60") == 0
    assert output_files(tmp_path) == [*OUTPUTS[:4], "vocab/subwords.json", *OUTPUTS[4:]]
    output = tmp_path / "processing" / "output"
    vocabulary = load_vocabulary(output / "vocab" / "vocab.src.json")
    assert vocabulary == load_vocabulary(output / "vocab" / "vocab.trg.json")
    tokenizer = SubwordTokenizer(output / "vocab" / "subwords.json")
    assert tokenizer.vocabulary == vocabulary
    pieces = tokens_by_id(vocabulary)
    with (output / "validation" / "val.rec").open("rb") as stream:
        records = [decode_record(frame) for frame in read_frames(stream)]
    for side, text in (("source", SOURCE), ("target", TARGET)):
        assembled = [
            tokenizer.assemble([pieces[index] for index in getattr(record, side)]).text
            for record in records
        ]
        lines = text.splitlines()
        assert assembled == [lines[0], lines[1], lines[3]]
    assert all(min(record.source + record.target) > 3 for record in records)


def model_archive(root: Path, *, subwords: bool) -> Path:
    """An archive with the vocabularies of an earlier job and the manifest of its model."""
    manifest = ModelManifest(
        source_language="en",
        target_language="de",
        training_job="earlier",
        created_at="2026-01-01T00:00:00+00:00",
        metrics={},
        hyperparameters={},
        num_parameters=1,
        source_vocabulary_size=1,
        target_vocabulary_size=1,
        max_source_length=100,
        max_decoding_length=100,
        beam_size=5,
        subwords=subwords,
    )
    vocabularies = root / "processing" / "output" / "vocab"
    manifest.save(vocabularies / MANIFEST)
    path = root / "model.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(vocabularies, arcname=".")
    return path


@pytest.mark.parametrize("flags", [[], ["--subwords", "60"]], ids=["words", "subwords"])
def test_the_vocabularies_of_an_initial_model_are_used_again(
    tmp_path: Path, corpus: list[str], flags: list[str]
) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    assert run_job(first, *corpus, *flags) == 0
    archive = model_archive(first, subwords=bool(flags))
    for side, text in (("source", "a good film ?\n"), ("target", "ein guter Film ?\n")):
        (tmp_path / f"train.{side}").write_text(text, encoding="utf-8")

    assert run_job(second, *corpus, "--initial-model", str(archive)) == 0

    mine, theirs = (root / "processing" / "output" / "vocab" for root in (second, first))
    names = sorted(path.name for path in mine.iterdir())
    assert all((mine / name).read_bytes() == (theirs / name).read_bytes() for name in names)
    assert (SUBWORDS in names) == bool(flags)
    with (second / "processing" / "output" / "train" / "train.rec").open("rb") as stream:
        (record,) = [decode_record(frame) for frame in read_frames(stream)]
    assert (UNK_ID in record.source) == (not flags)


def test_an_archive_of_something_else_is_no_initial_model(
    tmp_path: Path, corpus: list[str]
) -> None:
    archive = tmp_path / "other.tar.gz"
    with tarfile.open(archive, "w:gz") as content:
        content.add(tmp_path / "train.source", arcname="train.source")
    assert run_job(tmp_path, *corpus, "--initial-model", str(archive)) == 1
    message = (tmp_path / "output" / "message").read_text(encoding="utf-8")
    assert message.endswith("there is no 'manifest.json' in it; it holds train.source")
    assert output_files(tmp_path) == []


def test_max_lines_limits_training_only(tmp_path: Path, corpus: list[str]) -> None:
    assert run_job(tmp_path, *corpus, "--max-lines", "1") == 0
    output = tmp_path / "processing" / "output"
    for name, num_records in (("train/train.rec", 1), ("validation/val.rec", 3)):
        with (output / name).open("rb") as stream:
            assert len(list(read_frames(stream))) == num_records


def written_test_set(root: Path) -> list[list[str]]:
    folder = root / "processing" / "output" / "test"
    return [(folder / name).read_text().splitlines() for name in ("source.txt", "target.txt")]


def test_the_validation_text_is_the_test_set_unless_another_is_given(
    tmp_path: Path, corpus: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job(tmp_path / "1", *corpus) == 0
    filled = [[side.splitlines()[i] for i in (0, 1, 3)] for side in (SOURCE, TARGET)]
    assert written_test_set(tmp_path / "1") == filled
    assert "test pairs" not in capsys.readouterr().out

    own = named_test_set(tmp_path, "that &amp;  this\n<unk>\n", "das &amp; dies\n</s>\n")
    assert run_job(tmp_path / "2", *corpus, *own) == 0
    assert written_test_set(tmp_path / "2") == [
        ["that &amp; this", "<unk>"],
        ["das &amp; dies", "</s>"],
    ]
    assert "test pairs         2 read, 2 kept" in capsys.readouterr().out


def named_test_set(folder: Path, source: str, target: str) -> list[str]:
    (folder / "test.source").write_text(source, encoding="utf-8")
    (folder / "test.target").write_text(target, encoding="utf-8")
    paths = str(folder / "test.source"), str(folder / "test.target")
    return ["--test-source", paths[0], "--test-target", paths[1]]


def test_a_test_set_alone_is_detokenized_and_nothing_else_is_read(tmp_path: Path) -> None:
    own = named_test_set(tmp_path, "Tom &amp; I agree .\n\n", "Tom &amp; ich stimmen zu .\nleer\n")
    flags = ["--test-only", "--detokenize-source", "en", "--detokenize-target", "de"]
    assert run_job(tmp_path, *own, *flags) == 0
    assert output_files(tmp_path) == OUTPUTS[:2]
    assert written_test_set(tmp_path) == [["Tom & I agree."], ["Tom & ich stimmen zu."]]


def test_a_test_set_whose_sides_differ_is_refused(tmp_path: Path) -> None:
    own = named_test_set(tmp_path, "one\ntwo\n", "eins\n")
    assert run_job(tmp_path, *own, "--test-only") == 1
    assert "test.target has 1 line; a" in (tmp_path / "output" / "message").read_text()
    assert output_files(tmp_path) == []


def test_a_failure_is_the_exit_message(
    tmp_path: Path, corpus: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    corpus[1] = "nowhere.en"
    assert run_job(tmp_path, *corpus) == 1
    reason = "nowhere.en: cannot be read: No such file or directory"
    assert (tmp_path / "output" / "message").read_text() == reason
    assert capsys.readouterr().err == f"error: {reason}\n"
    assert output_files(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--max-lines", "none"], "argument --max-lines: must be a whole number, not 'none'"),
        (["--unknown"], "unrecognized arguments: --unknown"),
        (["--train-source", "a"], "--train-source and --train-target must be given together"),
        (["--test-source", "a"], "--test-source and --test-target must be given together"),
        (["--test-only"], "--test-only needs --test-source and --test-target"),
        (
            ["--train-source", "a", "--train-target", "b"],
            "corpus.validation_source and corpus.validation_target must be given together",
        ),
    ],
)
def test_wrong_arguments_are_the_exit_message(
    tmp_path: Path, arguments: list[str], reason: str
) -> None:
    assert run_job(tmp_path, *arguments) == 1
    assert (tmp_path / "output" / "message").read_text().startswith(reason)


def test_a_long_reason_fits_the_exit_message(tmp_path: Path, corpus: list[str]) -> None:
    corpus[1] = "ü" * 200
    assert run_job(tmp_path, *corpus, *(["--unknown" * 20] * 20)) == 1
    assert len((tmp_path / "output" / "message").read_bytes()) == 1024


def test_a_defect_of_ours_reaches_the_exit_message_too(
    tmp_path: Path,
    corpus: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def defective(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("preprocessing.job.run", defective)
    assert run_job(tmp_path, *corpus) == 1
    reason = "ZeroDivisionError: division by zero"
    assert (tmp_path / "output" / "message").read_text() == reason
    assert "Traceback" in capsys.readouterr().err


def start(module: str, *arguments: str, folder: Path, **environ: str) -> subprocess.Popen[str]:
    repository = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(repository), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_every_process_gives_the_same_bytes(tmp_path: Path) -> None:
    # Many words of equal count: the order of merges must come from the words alone.
    words = [f"{a}{b}{c}" for a in ("un", "ver", "über") for b in "aeiou" for c in ("ß", "ng", "t")]
    lines = [" ".join(words[i:] + words[:i]) for i in range(len(words))]
    (tmp_path / "text").write_text("\n".join(lines), encoding="utf-8")
    texts = ["-ts", "../text", "-tt", "../text", "-vs", "../text", "-vt", "../text"]
    processes = []
    for name, threads in (("1", "1"), ("2", "4"), ("3", "4")):
        (tmp_path / name).mkdir()
        environ = {"PYTHONHASHSEED": name, "RAYON_NUM_THREADS": threads}
        flags = ["--subwords", "200"]
        processes.append(start("preprocessing", *texts, *flags, folder=tmp_path / name, **environ))
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    digests = set()
    for name in "123":
        files = sorted((tmp_path / name).iterdir())
        assert [file.name for file in files] == [
            "subwords.json",
            "train.rec",
            "val.rec",
            "vocab.src.json",
            "vocab.trg.json",
        ]
        digests.add(hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest())
    assert len(digests) == 1
    assert len(json.loads((tmp_path / "1" / "vocab.src.json").read_text())) > 300


def test_a_stopped_job_says_so_and_leaves_nothing(tmp_path: Path, corpus: list[str]) -> None:
    os.mkfifo(tmp_path / "endless")
    corpus[1] = str(tmp_path / "endless")
    process = start("preprocessing.job", *corpus, folder=tmp_path, SAGEMAKER_ROOT=str(tmp_path))
    train = tmp_path / "processing" / "output" / "train"
    deadline = time.monotonic() + 30
    while not (train.is_dir() and any(train.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == "error: the job was stopped before its end\n"
    assert (tmp_path / "output" / "message").read_text() == "the job was stopped before its end"
    assert output_files(tmp_path) == []
    assert list(train.iterdir()) == []
