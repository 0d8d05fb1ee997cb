"""Training jobs: channels in, `python -m training` in the place of the image, model.tar.gz out."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.sagemaker.checkpoints import CheckpointSync
from local.sagemaker.container_job import ContainerJob
from local.sagemaker.errors import ValidationError
from local.sagemaker.fleet import Fleet
from local.sagemaker.host import Host, check_image, command, container_path
from local.sagemaker.job import MAX_REASON_LENGTH, read_text, write_text
from local.sagemaker.metrics import compiled, final_metrics
from local.sagemaker.storage import download_prefix, explained, parse_uri, upload_archive
from local.sagemaker.training_hosts import TrainingHosts

TRAIN = ("python", "-m", "training")
_DESCRIBED = (
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "CheckpointConfig",
    "Environment",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "RetryStrategy",
    "VpcConfig",
)


def check_training_request(request: dict[str, Any]) -> None:
    """Refuse what this machine, or AWS beyond its model, does not take.

    Raises:
        ValidationError: names what is wrong.
    """
    algorithm = request["AlgorithmSpecification"]
    if "TrainingImage" not in algorithm:
        raise ValidationError("AlgorithmSpecification.TrainingImage is needed on this machine")
    check_image(algorithm["TrainingImage"])
    compiled(algorithm.get("MetricDefinitions", []))
    stopping = request.get("StoppingCondition") or {}
    wait = stopping.get("MaxWaitTimeInSeconds")
    if request.get("EnableManagedSpotTraining") and wait is None:
        raise ValidationError("MaxWaitTimeInSeconds is needed with EnableManagedSpotTraining")
    if wait is not None and wait < stopping.get("MaxRuntimeInSeconds", 86400):
        raise ValidationError("MaxWaitTimeInSeconds must not be less than MaxRuntimeInSeconds")
    for channel in request.get("InputDataConfig", []):
        _check_channel(channel, algorithm)


def _check_channel(channel: dict[str, Any], algorithm: dict[str, Any]) -> None:
    name = channel["ChannelName"]
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix":
        raise ValidationError(f"channel {name}: only S3Prefix is there on this machine")
    if source.get("S3DataDistributionType", "FullyReplicated") != "FullyReplicated":
        raise ValidationError(f"channel {name}: only FullyReplicated is there on this machine")
    parse_uri(source["S3Uri"])
    mode = channel.get("InputMode") or algorithm.get("TrainingInputMode")
    if mode not in ("File", "FastFile"):
        raise ValidationError(f"channel {name}: input mode {mode} is not there on this machine")
    if channel.get("CompressionType", "None") != "None":
        raise ValidationError(f"channel {name}: CompressionType is not there on this machine")


class TrainingJob(ContainerJob):
    """One training job."""

    kind = "training-job"
    prefix = "TrainingJob"

    def __init__(self, host: Host, request: dict[str, Any]) -> None:
        check_training_request(request)
        super().__init__(host, request)
        self.metrics: list[dict[str, Any]] = []
        self._hosts = TrainingHosts.of(request)
        self._checkpoints: list[CheckpointSync] = []

    @property
    def output_prefix(self) -> str:
        """Where everything the job leaves lies."""
        base = str(self.request["OutputDataConfig"]["S3OutputPath"]).rstrip("/")
        return f"{base}/{self.name}/output"

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeTrainingJob."""
        answer = {
            "TrainingJobName": self.name,
            "TrainingJobArn": self.arn,
            "TrainingJobStatus": self.status,
            "SecondaryStatus": self.transitions[-1]["Status"],
            "SecondaryStatusTransitions": self.transitions,
            "ModelArtifacts": {"S3ModelArtifacts": f"{self.output_prefix}/model.tar.gz"},
            "CreationTime": self.created_at,
            "LastModifiedTime": self.modified_at,
            **{key: self.request[key] for key in _DESCRIBED if key in self.request},
        }
        if self.failure_reason:
            answer["FailureReason"] = self.failure_reason
        if self.metrics:
            answer["FinalMetricDataList"] = self.metrics
        if self.started_at is not None:
            answer["TrainingStartTime"] = self.started_at
        if self.started_at is not None and self.ended_at is not None:
            seconds = max(1, round(self.ended_at - self.started_at))
            answer |= {"TrainingEndTime": self.ended_at, "TrainingTimeInSeconds": seconds}
            answer["BillableTimeInSeconds"] = seconds
        return answer

    def _download(self, s3: Any, root: Path) -> None:
        first, *_ = self._hosts.folders(root)
        config = first / "input" / "config"
        write_text(
            config / "hyperparameters.json", json.dumps(self.request.get("HyperParameters", {}))
        )
        write_text(config / "inputdataconfig.json", json.dumps(self._input_data_config()))
        (first / "input" / "data").mkdir()
        for channel in self.request.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            download_prefix(s3, uri, first / "input" / "data" / channel["ChannelName"])
        self._hosts.prepare(root)
        self._checkpoints = list(self._restored(s3, root))

    def _restored(self, s3: Any, root: Path) -> Iterator[CheckpointSync]:
        checkpoint = self.request.get("CheckpointConfig")
        if not checkpoint:
            return
        for folder in self._hosts.folders(root):
            saved = container_path(folder, checkpoint.get("LocalPath", "/opt/ml/checkpoints"))
            sync = CheckpointSync(s3, checkpoint["S3Uri"], saved)
            with explained(f"cannot restore {checkpoint['S3Uri']}"):
                sync.restore()
            yield sync

    def _input_data_config(self) -> dict[str, dict[str, str]]:
        algorithm = self.request["AlgorithmSpecification"]
        config = {}
        for channel in self.request.get("InputDataConfig", []):
            source = channel["DataSource"]["S3DataSource"]
            config[channel["ChannelName"]] = {
                "TrainingInputMode": channel.get("InputMode", algorithm["TrainingInputMode"]),
                "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
            }
        return config

    def _command(self) -> list[str]:
        algorithm = self.request["AlgorithmSpecification"]
        entrypoint = algorithm.get("ContainerEntrypoint", TRAIN)
        return command(entrypoint, algorithm.get("ContainerArguments", []))

    def _environment(self) -> dict[str, str]:
        own = {"TRAINING_JOB_NAME": self.name, "TRAINING_JOB_ARN": self.arn}
        return {**self._hosts.environment, **self.request.get("Environment", {}), **own}

    def _launch(self, root: Path) -> Fleet:
        return Fleet([self._container(folder) for folder in self._hosts.folders(root)])

    def _run(self, root: Path) -> tuple[int, bool]:
        deadline = time.monotonic() + self.max_runtime_seconds
        while True:
            code, in_time = self._attempt(root, deadline)
            if not self._is_interrupted(code):
                return code, in_time
            self._start_anew(root)

    def _attempt(self, root: Path, deadline: float) -> tuple[int, bool]:
        for checkpoints in self._checkpoints:
            checkpoints.start()
        code = 0
        try:
            code, in_time = self._follow(self._launch(root), deadline)
        finally:
            for checkpoints in self._checkpoints:
                if self._is_interrupted(code):
                    checkpoints.abandon()
                else:
                    checkpoints.stop()
        return code, in_time

    def _is_interrupted(self, code: int) -> bool:
        """Whether a host was lost, not only what ran on it, and the job is one that goes on.

        A launcher that dies is the host that AWS takes back.
        """
        is_spot = bool(self.request.get("EnableManagedSpotTraining"))
        return code < 0 and is_spot and not self._stop.is_set()

    def _start_anew(self, root: Path) -> None:
        """On a fresh host, with the checkpoints that S3 has."""
        self._enter("InProgress", "Interrupted", "A host was lost")
        for path in list(root.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._enter("InProgress", "Downloading", "Downloading input data")
        self._download(self.host.s3(self.request["RoleArn"]), root)
        self._enter("InProgress", "Training", "The container runs")

    def _upload(self, s3: Any, root: Path, exit_code: int) -> None:
        definitions = self.request["AlgorithmSpecification"].get("MetricDefinitions", [])
        self.metrics = final_metrics(self.log, definitions)
        output = self._hosts.gather(root, "output/data")
        if any(output.iterdir()):
            upload_archive(s3, output, f"{self.output_prefix}/output.tar.gz")
        if exit_code == 0 or self._stop.is_set():
            model = self._hosts.gather(root, "model")
            upload_archive(s3, model, f"{self.output_prefix}/model.tar.gz")

    def _own_reason(self, root: Path) -> str:
        reasons = (
            read_text(folder / "output" / "failure", MAX_REASON_LENGTH)
            for folder in self._hosts.folders(root)
        )
        return next(filter(None, reasons), "")
