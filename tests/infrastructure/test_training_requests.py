"""The training job's request, as settings shape it."""

from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.failures import THROTTLED, job_failure
from tests.infrastructure.retraining_machine import Run
from tests.infrastructure.synthesis import Synthesis, synthesise

HOUR = 3600


def training_request(synthesis: Synthesis, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    run = Run(synthesis.definition()).start(monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    (request,) = run.sent("createTrainingJob.sync")
    return request


def test_spare_capacity_is_waited_for_a_day_and_checkpoints_are_kept(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = training_request(pytorch, monkeypatch)
    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 48 * HOUR,
        "MaxWaitTimeInSeconds": 72 * HOUR,
    }
    assert "CheckpointConfig" in request
    assert request["ResourceConfig"]["InstanceCount"] == 1
    timeout = pytorch.definition()["States"]["Train"]["TimeoutSeconds"]
    assert timeout > request["StoppingCondition"]["MaxWaitTimeInSeconds"]


def test_instances_that_stay_can_be_several_and_keep_checkpoints_too(
    tmp_path: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesis = synthesise(tmp_path, bundles, training_spot="false", training_instance_count="4")
    request = training_request(synthesis, monkeypatch)
    assert "EnableManagedSpotTraining" not in request
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 48 * HOUR}
    assert "CheckpointConfig" in request
    assert request["ResourceConfig"]["InstanceCount"] == 4


def test_a_job_that_found_no_spare_capacity_says_so(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxWaitTimeExceeded"}
    failures = {"t": [job_failure("Training", "j", **described)]}
    run = Run(pytorch.definition(), job_failures=failures).start(monkeypatch)
    assert run.error == "TrainingFailed"
    told = "it waited too long for spare capacity (setting training_spot)"
    assert run.cause == f"j: {told}"


def test_attempts_after_a_passing_error_share_their_checkpoints(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = job_failure("Training", "t", FailureReason="InternalServerError: try again")
    run = Run(pytorch.definition(), job_failures={"t": [lost, THROTTLED]}).start(monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    requests = run.sent("createTrainingJob.sync")
    assert len({request["TrainingJobName"] for request in requests}) == 3
    assert len({request["CheckpointConfig"]["S3Uri"] for request in requests}) == 1
