import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ctranslate2
import pytest
import torch

from nmt.metrics import corpus_bleu
from nmt.subwords import learn_subwords
from nmt.tokenizer import SubwordTokenizer
from protocol.artifacts import (
    CTRANSLATE2_FOLDER,
    LEARNING_CURVE,
    LEARNING_CURVE_PLOT,
    MANIFEST,
    SAMPLES,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
    WEIGHTS,
    ModelManifest,
)
from protocol.vocabulary import load_vocabulary, save_vocabulary
from tests.reversal import reversal_pairs, write_hyperparameters, write_job, write_records
from training.__main__ import main

REPOSITORY = Path(__file__).parents[2]
TINY = {
    "num_embed_source": "64",
    "rnn_num_hidden": "128",
    "dropout": "0",
    "num_threads": "1",
    "source_language": "digits",
    "target_language": "backwards",
}
REVERSAL = TINY | {
    "batch_size": "64",
    "learning_rate": "0.004",
    "warmup_batches": "50",
    "lr_scheduler_type": "linear",
    "max_num_batches": "450",
    "checkpoint_frequency_num_batches": "225",
    "optimized_metric": "bleu",
    "rnn_cell_type": "gru",
    "seed": "4",
}
ENDLESS = TINY | {"batch_size": "16", "progress_frequency_num_batches": "2"}
QUICK = TINY | {"batch_size": "16", "max_num_batches": "3"}
METRIC = re.compile(r"validation:(bleu|perplexity|accuracy)=([0-9.eE+-]+)")


def start(root: Path) -> "subprocess.Popen[str]":
    environ = {
        **os.environ,
        "SAGEMAKER_ROOT": str(root),
        "TRAINING_JOB_NAME": "reversal-1",
        "PYTHONPATH": str(REPOSITORY),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "training"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The root and the log of a job that learned to reverse digits."""
    root = tmp_path_factory.mktemp("job")
    write_job(root, REVERSAL)
    process = start(root)
    log, _ = process.communicate(timeout=200)
    assert process.returncode == 0, log
    return root, log


def run_here(root: Path) -> tuple[int, str]:
    """Run the entry point in this process; its exit status and the failure file."""
    status = main({"SAGEMAKER_ROOT": str(root)})
    failure = root / "output" / "failure"
    return status, failure.read_text(encoding="utf-8") if failure.exists() else ""


def test_the_exported_model_has_learned_the_task(trained: tuple[Path, str]) -> None:
    root, _ = trained
    tokens = list(load_vocabulary(root / "model" / SOURCE_VOCABULARY))
    pairs = list(reversal_pairs(200, seed=9))
    translator = ctranslate2.Translator(
        str(root / "model" / CTRANSLATE2_FOLDER), compute_type="int8", intra_threads=1
    )

    results = translator.translate_batch(
        [[tokens[i] for i in source] for source, _ in pairs], beam_size=5
    )

    references = [" ".join(tokens[i] for i in target) for _, target in pairs]
    assert corpus_bleu([" ".join(r.hypotheses[0]) for r in results], references) > 97


def test_the_log_carries_the_metrics_and_ends_with_those_that_were_kept(
    trained: tuple[Path, str],
) -> None:
    root, log = trained
    lines = [line for line in log.splitlines() if line.startswith("[validation] ")]

    assert len(lines) == 3
    assert log.splitlines()[-1] == lines[-1]
    found = {f"validation:{name}": float(value) for name, value in METRIC.findall(lines[-1])}
    assert found == ModelManifest.load(root / "model" / MANIFEST).metrics
    assert found["validation:bleu"] > 97
    assert found["validation:perplexity"] < 1.5
    assert found["validation:accuracy"] > 0.97


def test_the_log_tells_progress_and_what_had_no_effect(trained: tuple[Path, str]) -> None:
    _, log = trained

    assert "[warning] rnn_cell_type=gru has no effect: a Transformer has no recurrent" in log
    assert re.search(
        r"\[training\] epoch=\d+ batch=450 loss=[\d.]+ learning_rate=\S+ tokens_per_second=\d+", log
    )


def test_the_model_folder_holds_what_serving_needs(trained: tuple[Path, str]) -> None:
    root, _ = trained
    model = root / "model"

    assert sorted(path.name for path in model.iterdir()) == sorted(
        [
            CTRANSLATE2_FOLDER,
            LEARNING_CURVE,
            LEARNING_CURVE_PLOT,
            MANIFEST,
            SAMPLES,
            SOURCE_VOCABULARY,
            TARGET_VOCABULARY,
            WEIGHTS,
        ]
    )
    manifest = ModelManifest.load(model / MANIFEST)
    assert manifest.training_job == "reversal-1"
    assert (manifest.source_language, manifest.target_language) == ("digits", "backwards")
    assert manifest.hyperparameters == REVERSAL
    assert (manifest.source_vocabulary_size, manifest.target_vocabulary_size) == (14, 14)
    assert manifest.subwords is False
    assert manifest.metric_signatures["validation:bleu"].startswith("nrefs:1|case:mixed|")
    effective = manifest.effective_hyperparameters
    assert (effective["num_embed_target"], effective["beam_size"]) == (64, 5)
    assert "rnn_cell_type" not in effective
    records = root / "input" / "data" / "train" / TRAIN_RECORDS
    assert manifest.fingerprints.keys() == {
        TRAIN_RECORDS,
        VALIDATION_RECORDS,
        SOURCE_VOCABULARY,
        TARGET_VOCABULARY,
    }
    digest = hashlib.sha256(records.read_bytes()).hexdigest()
    assert manifest.fingerprints[TRAIN_RECORDS] == digest
    assert manifest.versions["torch"] == torch.__version__
    assert len(manifest.versions["service"]) == 16
    assert (manifest.num_batches, manifest.kept_batch) == (450, 450)
    assert manifest.end_reason == "max_num_batches reached"
    assert 0 < manifest.training_seconds < 200
    samples = json.loads((model / SAMPLES).read_text(encoding="utf-8"))
    assert len(samples) == 20
    assert all(s["source"].split() == s["target"].split()[::-1] for s in samples)


def test_the_learning_curve_comes_with_the_model(trained: tuple[Path, str]) -> None:
    root, log = trained
    curve = json.loads((root / "model" / LEARNING_CURVE).read_text(encoding="utf-8"))

    assert [point["step"] for point in curve["training"]] == list(range(50, 451, 50))
    assert curve["training"][-1]["loss"] < curve["training"][0]["loss"]
    assert [point["step"] for point in curve["validation"]] == [225, 450]
    assert f"validation:bleu={curve['validation'][1]['bleu']:.6g}" in log
    plot = (root / "model" / LEARNING_CURVE_PLOT).read_text(encoding="utf-8")
    for panel in ("training loss", "learning rate", "validation perplexity", "validation BLEU"):
        assert f">{panel}</text>" in plot


def test_a_finished_job_started_again_exports_the_same_model(trained: tuple[Path, str]) -> None:
    root, _ = trained
    weights = root / "model" / CTRANSLATE2_FOLDER / "model.bin"
    before = weights.read_bytes()

    status, _ = run_here(root)

    assert status == 0
    assert weights.read_bytes() == before


def test_an_earlier_model_is_gone_on_from(
    trained: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier, _ = trained
    unmoved = {"batch_size": "16", "max_num_batches": "1", "learning_rate": "1e-9"}
    write_job(tmp_path, unmoved | {"num_threads": "1", "optimized_metric": "bleu"}, num_pairs=50)
    channel = tmp_path / "input" / "data" / "model"
    channel.mkdir()
    with tarfile.open(channel / "model.tar.gz", "w:gz") as archive:
        archive.add(earlier / "model", ".")

    assert run_here(tmp_path) == (0, "")

    assert "[model] going on from model.tar.gz, sha256 " in capsys.readouterr().out
    manifest = ModelManifest.load(tmp_path / "model" / MANIFEST)
    assert manifest.metrics["validation:bleu"] > 97
    assert manifest.effective_hyperparameters["num_embed_source"] == 64
    assert len(manifest.fingerprints["initial_model"]) == 64


def read_until(process: "subprocess.Popen[str]", text: str) -> list[str]:
    """The log up to the first line with the text."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text!r} never came:\n{''.join(lines)}")


@pytest.fixture
def endless(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A job that would train for ever, some batches after its start."""
    write_job(tmp_path, ENDLESS, num_pairs=500)
    process = start(tmp_path)
    try:
        read_until(process, "batch=4 ")
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_stopped_job_leaves_a_model_and_goes_on_when_started_again(
    endless: "subprocess.Popen[str]", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    endless.send_signal(signal.SIGTERM)
    log, _ = endless.communicate(timeout=60)
    seconds = time.monotonic() - started

    assert endless.returncode == 0, log
    assert seconds < 30
    stopped = re.search(r"\[end\] asked to stop after (\d+) batches", log)
    assert stopped
    manifest = ModelManifest.load(tmp_path / "model" / MANIFEST)
    assert manifest.metrics.keys() == {"validation:perplexity", "validation:accuracy"}
    assert manifest.end_reason == "asked to stop"
    assert (tmp_path / "model" / CTRANSLATE2_FOLDER / "model.bin").exists()

    batches = int(stopped[1])
    write_hyperparameters(
        tmp_path, TINY | {"batch_size": "16", "max_num_batches": str(batches + 2)}
    )
    status, _ = run_here(tmp_path)

    resumed_log = capsys.readouterr().out
    assert status == 0
    assert f"going on after batch {batches}," in resumed_log
    assert f"after {batches + 2} batches" in resumed_log


def test_a_refused_job_exits_with_1_and_says_why(tmp_path: Path) -> None:
    write_job(tmp_path, {"batch_sise": "64"}, num_pairs=2)
    process = start(tmp_path)
    log, _ = process.communicate(timeout=60)

    reason = "unknown hyperparameter 'batch_sise'; did you mean batch_size?"
    assert process.returncode == 1
    assert (tmp_path / "output" / "failure").read_text(encoding="utf-8") == reason
    assert log.splitlines() == [f"[failure] {reason}"]


def test_hyperparameters_are_refused_before_any_channel_is_looked_at(tmp_path: Path) -> None:
    write_hyperparameters(tmp_path, {"batch_size": "none"})

    status, failure = run_here(tmp_path)

    assert status == 1
    assert failure == "hyperparameter batch_size must be a whole number from 1 up, not 'none'"


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        ("train", "channel train is missing; the job needs train, validation, vocab"),
        ("vocab", "channel vocab is missing; the job needs train, validation, vocab"),
    ],
)
def test_a_missing_channel_fails_the_job(tmp_path: Path, channel: str, message: str) -> None:
    write_job(tmp_path, QUICK, num_pairs=2)
    (tmp_path / "input" / "data" / channel).rename(tmp_path / "elsewhere")

    assert run_here(tmp_path) == (1, message)


def test_a_vocabulary_too_small_for_the_records_fails_the_job(tmp_path: Path) -> None:
    write_job(tmp_path, QUICK)
    path = tmp_path / "input" / "data" / "train" / TRAIN_RECORDS
    write_records(path, [([4, 5], [6]), ([4], [14])])

    status, failure = run_here(tmp_path)

    assert status == 1
    assert failure.startswith("train.rec, target: id 14 in pair 2, but vocab.trg.json has 14 ent")


@pytest.mark.parametrize("name", [TRAIN_RECORDS, VALIDATION_RECORDS])
def test_an_empty_corpus_fails_the_job(tmp_path: Path, name: str) -> None:
    write_job(tmp_path, QUICK, num_pairs=2)
    channel = {TRAIN_RECORDS: "train", VALIDATION_RECORDS: "validation"}[name]
    (tmp_path / "input" / "data" / channel / name).write_bytes(b"")

    assert run_here(tmp_path) == (1, f"{name} holds no sentence pair (0 with an empty side)")


def test_a_damaged_vocabulary_fails_the_job(tmp_path: Path) -> None:
    write_job(tmp_path, QUICK, num_pairs=2)
    (tmp_path / "input" / "data" / "vocab" / SOURCE_VOCABULARY).write_text("{}")

    status, failure = run_here(tmp_path)

    assert status == 1
    assert "vocab.src.json: ids 0 to 3 must be <pad> <unk> <s> </s>" in failure


def test_a_job_does_not_go_on_with_another_corpus_or_recipe(tmp_path: Path) -> None:
    write_job(tmp_path, QUICK, num_pairs=100)
    assert run_here(tmp_path) == (0, "")
    path = tmp_path / "input" / "data" / "train" / TRAIN_RECORDS
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    write_records(path, reversal_pairs(100, seed=3))
    now = hashlib.sha256(path.read_bytes()).hexdigest()
    write_hyperparameters(tmp_path, QUICK | {"seed": "2"})

    status, failure = run_here(tmp_path)

    assert status == 1
    assert failure.startswith("checkpoint-0000000003.pt is of another training: batches.seed was 1")
    assert f"train.rec was {before}, now {now}" in failure
    assert failure.endswith("; empty the checkpoint folder to start anew")


def test_a_diverging_job_fails_with_its_batch(tmp_path: Path) -> None:
    hyperparameters = QUICK | {"learning_rate": "1e38", "warmup_batches": "0"}
    write_job(tmp_path, hyperparameters, num_pairs=100)

    status, failure = run_here(tmp_path)

    assert status == 1
    assert re.match(r"the (loss is nan|gradient is not finite) in batch 2 \(epoch 1", failure)


def test_bfloat16_trains_and_exports(tmp_path: Path) -> None:
    write_job(tmp_path, QUICK | {"precision": "bfloat16"}, num_pairs=100)

    assert run_here(tmp_path) == (0, "")
    metrics = ModelManifest.load(tmp_path / "model" / MANIFEST).metrics
    assert 1 < metrics["validation:perplexity"] < 1e6


def test_gated_feed_forward_layers_train_and_are_gone_on_from(tmp_path: Path) -> None:
    gated = QUICK | {"feed_forward_type": "swiglu"}
    write_job(tmp_path / "first", gated, num_pairs=100)
    assert run_here(tmp_path / "first") == (0, "")
    write_job(tmp_path / "second", QUICK, num_pairs=100)
    channel = tmp_path / "second" / "input" / "data" / "model"
    channel.mkdir()
    with tarfile.open(channel / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "first" / "model", ".")

    assert run_here(tmp_path / "second") == (0, "")
    manifest = ModelManifest.load(tmp_path / "second" / "model" / MANIFEST)
    assert manifest.effective_hyperparameters["feed_forward_type"] == "swiglu"


def test_an_unforeseen_error_is_named_and_traced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_job(tmp_path, QUICK, num_pairs=2)
    (tmp_path / "checkpoints").touch()

    status, failure = run_here(tmp_path)

    assert status == 1
    assert failure.startswith("FileExistsError: ")
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_subwords_are_put_together_in_samples_and_carried_along(tmp_path: Path) -> None:
    write_job(tmp_path, QUICK, num_pairs=2)
    vocabulary_folder = tmp_path / "input" / "data" / "vocab"
    lines = ["das Haus ist schön", "das Haus am See ist alt"] * 3
    words = Counter(" ".join(lines).split())
    learn_subwords(words, list(words.values()), merges=5, path=vocabulary_folder / SUBWORDS)
    write_subword_records(tmp_path, vocabulary_folder, lines)

    status, failure = run_here(tmp_path)

    assert (status, failure) == (0, "")
    assert ModelManifest.load(tmp_path / "model" / MANIFEST).subwords is True
    assert (tmp_path / "model" / SUBWORDS).exists()
    samples = json.loads((tmp_path / "model" / SAMPLES).read_text(encoding="utf-8"))
    assert samples[0] == {"source": lines[0], "target": lines[0]}


def write_subword_records(root: Path, vocabulary_folder: Path, lines: list[str]) -> None:
    tokenizer = SubwordTokenizer(vocabulary_folder / SUBWORDS)
    vocabulary = tokenizer.vocabulary
    for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY):
        save_vocabulary(vocabulary_folder / name, vocabulary)
    ids = [[vocabulary[piece] for piece in tokenizer.segment(line).pieces] for line in lines]
    for channel, name in (("train", TRAIN_RECORDS), ("validation", VALIDATION_RECORDS)):
        write_records(root / "input" / "data" / channel / name, [(line, line) for line in ids])
