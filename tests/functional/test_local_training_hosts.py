"""Training jobs of several hosts, and jobs whose host is lost."""

import os
import signal
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_machine import LocalMachine, alive, eventually
from tests.functional.test_local_jobs import channel, unpacked


def name() -> str:
    return "hosts-" + uuid.uuid4().hex[:8]


def request_of(machine: LocalMachine, job: str, count: int, **wanted: str) -> dict[str, Any]:
    machine.put(f"{job}/train/train.rec", b"records")
    request = machine.training_request(job, **wanted)
    request["ResourceConfig"]["InstanceCount"] = count
    request["InputDataConfig"] = [channel(machine, "train", f"s3://{machine.bucket}/{job}/train/")]
    return request


def test_several_hosts_meet_and_leave_one_model(machine: LocalMachine) -> None:
    job = name()
    machine.client("sagemaker").create_training_job(**request_of(machine, job, 3, do="meet"))
    done = machine.finished_training(job)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    model = machine.get(done["ModelArtifacts"]["S3ModelArtifacts"])
    for number in (1, 2, 3):
        assert unpacked(model, f"127.0.0.{number}") == b"train.rec"
    output = machine.get(f"s3://{machine.bucket}/out/{job}/output/output.tar.gz")
    assert b'"current_host": "127.0.0.1"' in unpacked(output, "seen.json")


def test_a_host_that_fails_ends_the_job_with_its_reason(machine: LocalMachine) -> None:
    job = name()
    request = request_of(machine, job, 2, do="meet", fails="127.0.0.2")
    machine.client("sagemaker").create_training_job(**request)
    done = machine.finished_training(job)
    assert done["TrainingJobStatus"] == "Failed"
    assert done["FailureReason"].startswith("AlgorithmError: lost the others, exit code: 1")


def test_more_hosts_than_one_machine_plays_are_refused(machine: LocalMachine) -> None:
    request = request_of(machine, name(), 9)
    with pytest.raises(ClientError, match="InstanceCount must be 1 to 8 on this machine"):
        machine.client("sagemaker").create_training_job(**request)


def launcher_of(machine: LocalMachine, job: str) -> int:
    """The process that stands for the host: the parent of what runs on it."""
    root = str(machine.settings.state_folder / "sagemaker" / "training-jobs" / job).encode()

    def look() -> int | None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if root in environment and b"launcher.py" in command:
                return int(process.name)
        return None

    return eventually(look)


def halfway(machine: LocalMachine, job: str) -> None:
    log = machine.training_log(job)
    eventually(lambda: log.exists() and "halfway" in log.read_text(encoding="utf-8"))
    stored = machine.client("s3")
    eventually(
        lambda: stored.list_objects_v2(Bucket=machine.bucket, Prefix=f"{job}/saved/")["KeyCount"]
    )


def spot_request(machine: LocalMachine, job: str) -> dict[str, Any]:
    request = request_of(machine, job, 1, do="half")
    request["CheckpointConfig"] = {"S3Uri": f"s3://{machine.bucket}/{job}/saved"}
    request["EnableManagedSpotTraining"] = True
    request["StoppingCondition"]["MaxWaitTimeInSeconds"] = 60
    return request


def test_a_spot_job_whose_host_is_lost_goes_on_from_its_checkpoint(machine: LocalMachine) -> None:
    job = name()
    machine.client("sagemaker").create_training_job(**spot_request(machine, job))
    halfway(machine, job)
    lost = launcher_of(machine, job)
    os.kill(lost, signal.SIGKILL)

    done = machine.finished_training(job)

    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    steps = [step["Status"] for step in done["SecondaryStatusTransitions"]]
    assert steps == [
        *("Starting", "Downloading", "Training", "Interrupted"),
        *("Downloading", "Training", "Uploading", "Completed"),
    ]
    assert "going on from half" in machine.training_log(job).read_text(encoding="utf-8")
    assert not alive(lost)


def test_without_spot_a_lost_host_fails_the_job(machine: LocalMachine) -> None:
    job = name()
    request = spot_request(machine, job)
    del request["EnableManagedSpotTraining"]
    del request["StoppingCondition"]["MaxWaitTimeInSeconds"]
    machine.client("sagemaker").create_training_job(**request)
    halfway(machine, job)
    os.kill(launcher_of(machine, job), signal.SIGKILL)

    assert machine.finished_training(job)["TrainingJobStatus"] == "Failed"
