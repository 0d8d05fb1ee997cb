"""What a job of the local SageMaker gives as its failure's reason."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local.sagemaker.host import Host
from local.sagemaker.training import TrainingJob

REQUEST: dict[str, Any] = {
    "TrainingJobName": "job-1",
    "AlgorithmSpecification": {"TrainingImage": "local/training", "TrainingInputMode": "File"},
    "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
}


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    """A job that has not been started, with a log as its process would leave it."""
    log = tmp_path / "job-1.log"
    log.write_text("epoch 2\nepoch 3\n\n", encoding="utf-8")
    host = SimpleNamespace(
        arn=lambda kind, name: f"arn:aws:sagemaker:us-east-1:000000000000:{kind}/{name}",
        log_file=lambda _folder, _name: log,
    )
    return TrainingJob(cast("Host", host), REQUEST)


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (137, "killed by SIGKILL; last line: epoch 3, exit code: 137"),
        (143, "killed by SIGTERM; last line: epoch 3, exit code: 143"),
        (139, "killed by SIGSEGV; last line: epoch 3, exit code: 139"),
        (-9, "killed by SIGKILL; last line: epoch 3, exit code: 137"),
    ],
)
def test_a_killed_job_names_the_signal(job: TrainingJob, exit_code: int, words: str) -> None:
    assert job._algorithm_error("", exit_code) == f"AlgorithmError: {words}"


@pytest.mark.parametrize("exit_code", [1, 128, 255])
def test_a_job_that_ends_by_itself_is_not_called_killed(job: TrainingJob, exit_code: int) -> None:
    assert job._algorithm_error("", exit_code) == f"AlgorithmError: epoch 3, exit code: {exit_code}"


def test_a_jobs_own_reason_comes_before_its_log(job: TrainingJob) -> None:
    reason = job._algorithm_error(" no words wanted\n", 1)
    assert reason == "AlgorithmError: no words wanted, exit code: 1"
