"""What two runs of a job have in common, and what they are warned of."""

from pathlib import Path

import pytest

from protocol.artifacts import CTRANSLATE2_FOLDER
from tests.reversal import write_hyperparameters, write_job
from training.__main__ import main

HYPERPARAMETERS = {
    "num_embed_source": "64",
    "rnn_num_hidden": "64",
    "dropout": "0.1",
    "num_threads": "2",
    "batch_size": "64",
    "max_num_batches": "4",
    "checkpoint_frequency_num_batches": "4",
    "bleu_sample_size": "4",
    "seed": "7",
}


def weights(root: Path, hyperparameters: dict[str, str]) -> bytes:
    """Run a new job; the model that is served."""
    write_job(root, hyperparameters, num_pairs=200)
    assert main({"SAGEMAKER_ROOT": str(root)}) == 0
    return (root / "model" / CTRANSLATE2_FOLDER / "model.bin").read_bytes()


def test_the_seed_decides_the_model_with_several_threads_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = weights(tmp_path / "first", HYPERPARAMETERS)
    assert ", 2 CPU threads, " in capsys.readouterr().out

    assert weights(tmp_path / "second", HYPERPARAMETERS) == first
    assert weights(tmp_path / "other", HYPERPARAMETERS | {"seed": "8"}) != first


def test_a_job_that_goes_on_with_other_threads_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights(tmp_path, HYPERPARAMETERS | {"max_num_batches": "2"})
    assert "num threads" not in capsys.readouterr().out
    write_hyperparameters(tmp_path, HYPERPARAMETERS | {"num_threads": "1"})

    assert main({"SAGEMAKER_ROOT": str(tmp_path)}) == 0

    assert (
        "[warning] num threads was 2, now 1: the result will not be that of an uninterrupted "
        "training to the last bit\n"
    ) in capsys.readouterr().out
