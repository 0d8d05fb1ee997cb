"""The processing jobs before and after the translation: split the input, join the answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import (
    FAILURE,
    JobPhase,
    fail_state,
    integration,
    job_state,
    retry_request,
)
from stacks.retraining.preprocess_state import processing_cluster
from stacks.settings import Settings

MODEL_FOLDER = "/opt/ml/processing/input/model"
_MODEL_INPUT = {
    # A built-in model's archive does not tell its vocabularies; the folder that describes it does.
    "S3Uri": "{% $served.engine = 'builtin' ? $served.description : $served.model_data %}",
    "LocalPath": MODEL_FOLDER,
    "S3DataType": "S3Prefix",
    "S3InputMode": "File",
    "S3DataDistributionType": "FullyReplicated",
    "S3CompressionType": "None",
}


class FileStates:
    """Makes the states that run `bulk.split` and `bulk.join` and read what those say."""

    def __init__(
        self, scope: Construct, *, settings: Settings, image_uri: str, role_arn: str, bucket: str
    ) -> None:
        self._scope = scope
        self._settings = settings
        self._image_uri = image_uri
        self._role_arn = role_arn
        self._bucket = bucket

    def split(self) -> sfn.CustomState:
        """`Split`: needs `$plan` and `$served`."""
        arguments = {
            "--input": "{% $plan.input %}",
            "--output": "{% $plan.output %}",
            "--shard-lines": "{% $plan.shard_lines %}",
        }
        return self._job("Split", "s", "bulk.split", arguments)

    def join(self) -> sfn.CustomState:
        """`Join`: needs `$transform_seconds` too."""
        arguments = {"--transform-seconds": "{% $string($transform_seconds) %}"}
        return self._job("Join", "j", "bulk.join", arguments)

    def read(self, state: str, file: str, variable: str) -> sfn.CustomState:
        """Assigns what a job has left in the execution's folder."""
        task = sfn.CustomState(
            self._scope,
            state,
            state_json={
                "Type": "Task",
                "Resource": integration("aws-sdk:s3:getObject"),
                "Arguments": {
                    "Bucket": self._bucket,
                    "Key": f"{{% $plan.execution_folder & '/{file}' %}}",
                },
                "Assign": {variable: "{% $parse($states.result.Body) %}"},
                "Output": {},
            },
        )
        retry_request(task, ["S3.SdkClientException", "S3.S3Exception"])
        failed = fail_state(self._scope, f"{state}Failed", error=f"{state}Failed")
        task.add_catch(failed, errors=["States.ALL"], assign={"failure": FAILURE})
        return task

    def _job(self, state: str, letter: str, module: str, own: Mapping[str, str]) -> sfn.CustomState:
        phase = JobPhase(
            state=state,
            letter=letter,
            error=f"{state}Failed",
            max_runtime_seconds=self._settings.processing_max_runtime_hours * 3600,
            runtime_setting="processing_max_runtime_hours",
        )
        arguments: dict[str, Any] = {
            "ProcessingJobName": phase.job_name(),
            "RoleArn": self._role_arn,
            "AppSpecification": {
                "ImageUri": self._image_uri,
                "ContainerEntrypoint": ["python", "-m", module],
                "ContainerArguments": self._arguments(own),
            },
            "ProcessingResources": processing_cluster(self._settings),
            "ProcessingInputs": [{"InputName": "model", "S3Input": _MODEL_INPUT}],
            "StoppingCondition": {"MaxRuntimeInSeconds": phase.max_runtime_seconds},
        }
        return job_state(self._scope, phase, resource="createProcessingJob", arguments=arguments)

    def _arguments(self, own: Mapping[str, str]) -> Sequence[str]:
        folder = f"{{% 's3://{self._bucket}/' & $plan.execution_folder %}}"
        shared = {
            "--execution-folder": folder,
            "--model-data": "{% $served.model_data %}",
            "--target-language": "{% $served.target_language %}",
        }
        return [word for pair in {**shared, **own}.items() for word in pair]
