import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.artifacts import CTRANSLATE2_FOLDER
from tests.reversal import write_job
from training.__main__ import main

REPOSITORY = Path(__file__).parents[2]
HYPERPARAMETERS = {
    "num_embed_source": "32",
    "rnn_num_hidden": "32",
    "batch_size": "16",
    "num_threads": "1",
    "max_num_batches": "60",
    "checkpoint_frequency_num_batches": "5",
    "checkpoint_threshold": "100",
    "progress_frequency_num_batches": "1",
}
WAIT_SECONDS = 60.0


def saving(folder: Path, log: Path) -> bool:
    return (folder / "checkpoint.partial").exists() and bool(list(folder.glob("*.pt")))


def between_checkpoints(folder: Path, log: Path) -> bool:
    return "batch=37 " in log.read_text(encoding="utf-8")


def kill_when(moment: Callable[[Path, Path], bool], root: Path) -> None:
    """Start the job and kill it without notice at that moment."""
    log = root / "log"
    environ = {**os.environ, "SAGEMAKER_ROOT": str(root), "PYTHONPATH": str(REPOSITORY)}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "training"], env=environ, stdout=output, stderr=output
        )
    give_up = time.monotonic() + WAIT_SECONDS
    while not moment(root / "checkpoints", log):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < give_up, log.read_text("utf-8")
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def run_here(root: Path) -> bytes:
    """Run the job to its end; the model's weights."""
    assert main({"SAGEMAKER_ROOT": str(root)}) == 0
    return (root / "model" / CTRANSLATE2_FOLDER / "model.bin").read_bytes()


def test_a_job_that_is_killed_twice_ends_with_the_same_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("uninterrupted", "killed"):
        write_job(tmp_path / name, HYPERPARAMETERS, num_pairs=300)
    uninterrupted = run_here(tmp_path / "uninterrupted")

    kill_when(saving, tmp_path / "killed")
    kill_when(between_checkpoints, tmp_path / "killed")
    resumed = run_here(tmp_path / "killed")

    log = (tmp_path / "killed" / "log").read_text(encoding="utf-8")
    for said in (log, capsys.readouterr().out):
        assert "[checkpoint] going on after batch" in said
    assert resumed == uninterrupted
