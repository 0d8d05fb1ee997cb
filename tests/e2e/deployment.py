"""A deployed service as its owner sees it: its bucket, its state machine, its API."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3

from tests.e2e.rest_api import RestApi
from tests.published_metrics import maxima

EXECUTION_SECONDS = float(os.environ.get("E2E_EXECUTION_SECONDS", "600"))
METRIC_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """An execution that has ended."""

    name: str
    status: str
    output: dict[str, Any]
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """Reads its addresses from the variables that `make env` prints."""

    api: RestApi
    bucket: str
    state_machine: str

    @classmethod
    def from_environment(cls) -> "Deployment":
        return cls(
            api=RestApi.from_environment(),
            bucket=os.environ["TRANSLATION_BUCKET"],
            state_machine=os.environ["STATE_MACHINE_ARN"],
        )

    def upload(self, folder: Path, prefix: str) -> dict[str, str]:
        """Upload a corpus; the answer is the `corpus` of an execution's input."""
        s3 = boto3.client("s3")
        names = {
            "source": "train.en",
            "target": "train.de",
            "validation_source": "validation.en",
            "validation_target": "validation.de",
        }
        for name in names.values():
            s3.upload_file(str(folder / name), self.bucket, f"{prefix}/{name}")
        return {key: f"s3://{self.bucket}/{prefix}/{name}" for key, name in names.items()}

    def start(self, content: dict[str, Any]) -> str:
        """Start an execution; the answer is its ARN."""
        started = boto3.client("stepfunctions").start_execution(
            stateMachineArn=self.state_machine,
            name=f"e2e-{uuid4().hex[:12]}",
            input=json.dumps(content),
        )
        return str(started["executionArn"])

    def wait(self, execution_arn: str) -> Execution:
        """Wait for an execution's end.

        Raises:
            TimeoutError: it took longer than E2E_EXECUTION_SECONDS.
        """
        client = boto3.client("stepfunctions")
        deadline = time.monotonic() + EXECUTION_SECONDS
        while time.monotonic() < deadline:
            described = client.describe_execution(executionArn=execution_arn)
            if described["status"] != "RUNNING":
                return Execution(
                    name=described["name"],
                    status=described["status"],
                    output=json.loads(described.get("output") or "{}"),
                    error=described.get("error", ""),
                    cause=described.get("cause", ""),
                )
            time.sleep(0.5)
        raise TimeoutError(f"{execution_arn} runs longer than {EXECUTION_SECONDS:.0f} s")

    def retrain(self, content: dict[str, Any]) -> Execution:
        return self.wait(self.start(content))

    def has_published(self, metric: str, score: float) -> bool:
        """Whether a score of the last hour is this one; CloudWatch may show it minutes later."""
        cloudwatch = boto3.client("cloudwatch")
        service = self.state_machine.rpartition(":")[2].removesuffix("-retraining")
        deadline = time.monotonic() + METRIC_SECONDS
        while (
            score not in (shown := maxima(cloudwatch, service, metric))
            and time.monotonic() < deadline
        ):
            time.sleep(1)
        return score in shown

    def training_job(self) -> str:
        """The training job of the model that is being served."""
        answer = self.api.call("GET", "/model")
        assert answer.status == 200, answer.body
        return str(answer.json()["training_job"])
