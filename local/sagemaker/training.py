"""Training jobs: channels in, `python -m training` in the place of the image, model.tar.gz out."""

import json
from pathlib import Path
from typing import Any

from local.sagemaker.checkpoints import CheckpointSync
from local.sagemaker.container_job import ContainerJob
from local.sagemaker.errors import ValidationError
from local.sagemaker.host import Host, check_image, command, container_path
from local.sagemaker.job import MAX_REASON_LENGTH, read_text, write_text
from local.sagemaker.metrics import compiled, final_metrics
from local.sagemaker.storage import download_prefix, explained, parse_uri, upload_archive

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
# The job runs here, on no instance, whatever type was asked for: nobody pays for a GPU.
_INSTANCE_TYPE = "local"
_GROUP = {"instance_group_name": "homogeneousCluster", "instance_type": _INSTANCE_TYPE}
_RESOURCE_CONFIG = {
    "current_host": "algo-1",
    "current_instance_type": _INSTANCE_TYPE,
    "current_group_name": "homogeneousCluster",
    "hosts": ["algo-1"],
    "instance_groups": [{**_GROUP, "hosts": ["algo-1"]}],
    "network_interface_name": "lo",
}


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
    if request["ResourceConfig"].get("InstanceCount", 1) != 1:
        raise ValidationError("ResourceConfig.InstanceCount must be 1: this is one machine")
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
        self._checkpoints: CheckpointSync | None = None

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
        for folder in ("model", "output/data", "input/data"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        config = root / "input" / "config"
        write_text(
            config / "hyperparameters.json", json.dumps(self.request.get("HyperParameters", {}))
        )
        write_text(config / "inputdataconfig.json", json.dumps(self._input_data_config()))
        write_text(config / "resourceconfig.json", json.dumps(_RESOURCE_CONFIG))
        for channel in self.request.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            download_prefix(s3, uri, root / "input" / "data" / channel["ChannelName"])
        checkpoint = self.request.get("CheckpointConfig")
        if checkpoint:
            saved = container_path(root, checkpoint.get("LocalPath", "/opt/ml/checkpoints"))
            self._checkpoints = CheckpointSync(s3, checkpoint["S3Uri"], saved)
            with explained(f"cannot restore {checkpoint['S3Uri']}"):
                self._checkpoints.restore()

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
        return {**self.request.get("Environment", {}), **own}

    def _run(self, root: Path) -> tuple[int, bool]:
        if self._checkpoints is None:
            return super()._run(root)
        self._checkpoints.start()
        try:
            return super()._run(root)
        finally:
            self._checkpoints.stop()

    def _upload(self, s3: Any, root: Path, exit_code: int) -> None:
        definitions = self.request["AlgorithmSpecification"].get("MetricDefinitions", [])
        self.metrics = final_metrics(self.log, definitions)
        if any((root / "output" / "data").iterdir()):
            upload_archive(s3, root / "output" / "data", f"{self.output_prefix}/output.tar.gz")
        if exit_code == 0 or self._stop.is_set():
            upload_archive(s3, root / "model", f"{self.output_prefix}/model.tar.gz")

    def _own_reason(self, root: Path) -> str:
        return read_text(root / "output" / "failure", MAX_REASON_LENGTH)
