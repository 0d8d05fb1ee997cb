"""A job that gets SIGTERM in the midst of long work."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nmt import data, measurement, validation
from nmt.loss import batch_scores
from nmt.records import read_sentences
from protocol.artifacts import CTRANSLATE2_FOLDER, MANIFEST, VALIDATION_RECORDS, ModelManifest
from tests.reversal import reversal_pairs, write_job, write_records
from training.__main__ import main

HYPERPARAMETERS = {
    "num_embed_source": "16",
    "rnn_num_hidden": "16",
    "batch_size": "16",
    "num_threads": "1",
    "max_num_batches": "4",
    "checkpoint_frequency_num_batches": "2",
}


def sigterm_at(call: int, function: Callable[..., Any]) -> tuple[Callable[..., Any], list[int]]:
    """The function, during whose given call the process gets SIGTERM; and the calls so far."""
    calls = [0]

    def called(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            os.kill(os.getpid(), signal.SIGTERM)
        return function(*arguments, **options)

    return called, calls


def test_reading_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_job(tmp_path, HYPERPARAMETERS, num_pairs=100)
    stopping, _ = sigterm_at(2, read_sentences)
    monkeypatch.setattr(data, "read_sentences", stopping)

    assert main({"SAGEMAKER_ROOT": str(tmp_path)}) == 1

    assert (tmp_path / "output" / "failure").read_text(encoding="utf-8") == (
        "asked to stop while val.rec was read; checkpoints, where there are any, stay as they were"
    )


def test_a_validation_is_cut_short_and_a_brief_one_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_job(tmp_path, HYPERPARAMETERS, num_pairs=100)
    records = tmp_path / "input" / "data" / "validation" / VALIDATION_RECORDS
    write_records(records, reversal_pairs(1000, seed=2))
    stopping, calls = sigterm_at(3, batch_scores)
    with monkeypatch.context() as stopped:
        stopped.setattr(validation, "batch_scores", stopping)
        stopped.setattr(measurement, "SECONDS_AFTER_A_STOP", 0.0)
        assert main({"SAGEMAKER_ROOT": str(tmp_path)}) == 0

    assert calls == [4]
    manifest = ModelManifest.load(tmp_path / "model" / MANIFEST)
    assert (manifest.end_reason, manifest.num_batches) == ("asked to stop", 2)
    assert manifest.metrics.keys() == {"validation:perplexity", "validation:accuracy"}
    assert (tmp_path / "model" / CTRANSLATE2_FOLDER / "model.bin").exists()
    assert (
        "[warning] asked to stop before the first validation: perplexity and accuracy are those "
        "of 16 of the 1,000 validation pairs\n"
    ) in capsys.readouterr().out

    assert main({"SAGEMAKER_ROOT": str(tmp_path)}) == 0

    log = capsys.readouterr().out
    assert log.index("going on after batch 2,") < log.index("[checkpoint] batch=2: ")
    assert ModelManifest.load(tmp_path / "model" / MANIFEST).num_batches == 4
