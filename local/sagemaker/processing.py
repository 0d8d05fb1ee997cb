"""Processing jobs: S3 inputs and outputs around one command, under /opt/ml/processing."""

import json
from pathlib import Path
from typing import Any

from local.sagemaker.container_job import ContainerJob
from local.sagemaker.errors import ValidationError
from local.sagemaker.host import Host, check_image, command, container_path
from local.sagemaker.job import MAX_REASON_LENGTH, read_text, write_text
from local.sagemaker.storage import download_prefix, parse_uri, upload_folder

_DESCRIBED = (
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "StoppingCondition",
    "AppSpecification",
    "Environment",
    "NetworkConfig",
    "RoleArn",
)
_LOCAL_ROOT = "/opt/ml/processing/"


def check_processing_request(request: dict[str, Any]) -> None:
    """Refuse what this machine, or AWS beyond its model, does not take.

    Raises:
        ValidationError: names what is wrong.
    """
    application = request["AppSpecification"]
    check_image(application["ImageUri"])
    if not application.get("ContainerEntrypoint"):
        raise ValidationError("AppSpecification.ContainerEntrypoint is needed on this machine")
    if request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] != 1:
        raise ValidationError("ClusterConfig.InstanceCount must be 1: this is one machine")
    for part in _inputs(request):
        if part.get("S3DataType", "S3Prefix") != "S3Prefix":
            raise ValidationError("ProcessingInputs: only S3Prefix is there on this machine")
    for part in [*_inputs(request), *_outputs(request)]:
        parse_uri(part["S3Uri"])
        if not part.get("LocalPath", "").startswith(_LOCAL_ROOT):
            raise ValidationError(
                f"LocalPath must start with {_LOCAL_ROOT}, not {part.get('LocalPath')!r}"
            )


def _inputs(request: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for part in request.get("ProcessingInputs", []):
        if "S3Input" not in part:
            raise ValidationError(f"ProcessingInputs: {part['InputName']}: S3Input is needed")
        found.append(part["S3Input"])
    return found


def _outputs(request: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for part in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "S3Output" not in part:
            raise ValidationError(f"ProcessingOutputs: {part['OutputName']}: S3Output is needed")
        found.append(part["S3Output"])
    return found


class ProcessingJob(ContainerJob):
    """One processing job."""

    kind = "processing-job"
    prefix = "ProcessingJob"

    def __init__(self, host: Host, request: dict[str, Any]) -> None:
        check_processing_request(request)
        super().__init__(host, request)
        self.exit_message = ""

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeProcessingJob."""
        answer = {
            "ProcessingJobName": self.name,
            "ProcessingJobArn": self.arn,
            "ProcessingJobStatus": self.status,
            "CreationTime": self.created_at,
            "LastModifiedTime": self.modified_at,
            **{key: self.request[key] for key in _DESCRIBED if key in self.request},
        }
        optional = {
            "FailureReason": self.failure_reason,
            "ExitMessage": self.exit_message,
            "ProcessingStartTime": self.started_at,
            "ProcessingEndTime": self.ended_at,
        }
        return answer | {key: value for key, value in optional.items() if value}

    def _download(self, s3: Any, root: Path) -> None:
        write_text(root / "config" / "processingjobconfig.json", json.dumps(self.describe()))
        hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
        write_text(root / "config" / "resourceconfig.json", json.dumps(hosts))
        (root / "output").mkdir()
        for part in _inputs(self.request):
            download_prefix(s3, part["S3Uri"], container_path(root, part["LocalPath"]))
        for part in _outputs(self.request):
            container_path(root, part["LocalPath"]).mkdir(parents=True, exist_ok=True)

    def _command(self) -> list[str]:
        application = self.request["AppSpecification"]
        arguments = application.get("ContainerArguments", [])
        return command(application["ContainerEntrypoint"], arguments)

    def _environment(self) -> dict[str, str]:
        own = {"PROCESSING_JOB_NAME": self.name, "PROCESSING_JOB_ARN": self.arn}
        return {**self.request.get("Environment", {}), **own}

    def _upload(self, s3: Any, root: Path, exit_code: int) -> None:
        del exit_code  # AWS uploads the outputs of failed jobs too.
        for part in _outputs(self.request):
            upload_folder(s3, container_path(root, part["LocalPath"]), part["S3Uri"])

    def _own_reason(self, root: Path) -> str:
        self.exit_message = read_text(root / "output" / "message", MAX_REASON_LENGTH)
        # Who reads the reason finds the message beside it, as on AWS.
        return "See ExitMessage" if self.exit_message else ""
