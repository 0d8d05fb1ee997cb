import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from protocol.artifacts import CTRANSLATE2_FOLDER, LEARNING_CURVE, MANIFEST, ModelManifest
from tests.reversal import write_job
from training.meeting_point import MeetingPoint

REPOSITORY = Path(__file__).parents[2]
SMALL = {
    "num_embed_source": "16",
    "rnn_num_hidden": "16",
    "batch_size": "15",
    "num_threads": "1",
    "progress_frequency_num_batches": "1",
}
COMPARED = SMALL | {"dropout": "0", "precision": "float32", "warmup_batches": "0"}
"""The same loss whoever shares the work, and weights that move from the first batch on."""
WAIT_SECONDS = 90.0


def start(root: Path, **variables: str) -> "subprocess.Popen[str]":
    with (root / "log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "training"],
            env={
                **os.environ,
                "SAGEMAKER_ROOT": str(root),
                "PYTHONPATH": str(REPOSITORY),
                **variables,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )


def log_of(root: Path) -> str:
    return (root / "log").read_text(encoding="utf-8")


def wait_for(text: str, root: Path) -> None:
    give_up = time.monotonic() + WAIT_SECONDS
    while text not in log_of(root):
        assert time.monotonic() < give_up, log_of(root)
        time.sleep(0.02)


def losses(root: Path) -> list[float]:
    curve = json.loads((root / "model" / LEARNING_CURVE).read_text(encoding="utf-8"))
    return [point["loss"] for point in curve["training"]]


def losses_of_one_host(root: Path) -> list[float]:
    """Those of the first four batches."""
    write_job(root, COMPARED | {"max_num_batches": "4"}, num_pairs=100)
    process = start(root)
    try:
        assert process.wait(WAIT_SECONDS) == 0, log_of(root)
    finally:
        process.kill()
    return losses(root)


def test_two_hosts_train_one_model_and_a_stop_of_one_stops_both(tmp_path: Path) -> None:
    hosts = ["127.0.0.1", "127.0.0.2"]
    probe = MeetingPoint(hosts[0], 0, is_host=True)
    port = str(probe.port)
    del probe
    for host in hosts:
        write_job(tmp_path / host, COMPARED, num_pairs=100)
        path = tmp_path / host / "input" / "config" / "resourceconfig.json"
        resources = {"current_host": host, "hosts": hosts, "network_interface_name": "lo"}
        path.write_text(json.dumps(resources), encoding="utf-8")
    first, second = (tmp_path / host for host in hosts)

    processes = [start(tmp_path / host, MASTER_PORT=port) for host in hosts]
    try:
        wait_for("batch=4 ", first)
        processes[1].send_signal(signal.SIGTERM)
        codes = [process.wait(WAIT_SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()

    assert codes == [0, 0], log_of(first) + log_of(second)
    assert "[device] 2 processes, cpu, " in log_of(first)
    assert "[end] asked to stop after " in log_of(first)
    assert log_of(second) == ""
    assert ModelManifest.load(first / "model" / MANIFEST).num_parameters > 0
    assert (first / "model" / CTRANSLATE2_FOLDER / "model.bin").exists()
    assert len(list((first / "checkpoints").iterdir())) == 1
    assert not (second / "model").exists()
    assert not (second / "checkpoints").exists()
    assert losses(first)[:4] == pytest.approx(losses_of_one_host(tmp_path / "alone"), rel=1e-4)


def test_a_process_that_dies_fails_the_job_with_the_reason(tmp_path: Path) -> None:
    write_job(tmp_path, SMALL | {"processes_per_host": "2"}, num_pairs=100)
    process = start(tmp_path)
    try:
        wait_for("batch=4 ", tmp_path)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[1]), signal.SIGKILL)
        code = process.wait(WAIT_SECONDS)
    finally:
        process.kill()

    assert code == 1
    failure = (tmp_path / "output" / "failure").read_text(encoding="utf-8")
    assert failure == "process 2 of 2, on 127.0.0.1, was ended by signal 9"
    assert not Path(f"/proc/{children[0]}").exists()
