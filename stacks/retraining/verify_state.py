"""The smoke test of a candidate: it must answer in the serving code before it is promoted."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.artifacts import MANIFEST, VERIFICATION
from stacks.retraining.job_states import (
    FAILURE,
    JobPhase,
    fail_state,
    integration,
    job_state,
    retry_request,
    s3_uri,
)
from stacks.retraining.preprocess_state import processing_cluster, processing_output
from stacks.settings import Settings

ENTRYPOINT = ["python", "-m", "serving.verify"]
MODEL_FOLDER = "/opt/ml/processing/input/model"
DESCRIPTION = "description"
ERROR = "VerificationFailed"
WRITER = "smoke test"
S3_ERRORS = ["S3.SdkClientException", "S3.S3Exception"]


def verify_state(
    scope: Construct, *, settings: Settings, image_uri: str, role_arn: str, bucket: str
) -> sfn.CustomState:
    """`Verify`: writes `executions/<execution>/description/`."""
    phase = JobPhase(
        state="Verify",
        letter="v",
        error=ERROR,
        max_runtime_seconds=settings.verification_max_runtime_minutes * 60,
        runtime_setting="verification_max_runtime_minutes",
    )
    description = processing_output(
        DESCRIPTION, f"/opt/ml/processing/output/{DESCRIPTION}", s3_uri(bucket, DESCRIPTION)
    )
    arguments: dict[str, Any] = {
        "ProcessingJobName": phase.job_name(),
        "RoleArn": role_arn,
        "AppSpecification": {"ImageUri": image_uri, "ContainerEntrypoint": ENTRYPOINT},
        "ProcessingResources": processing_cluster(settings),
        "ProcessingInputs": [{"InputName": "model", "S3Input": _MODEL_INPUT}],
        "ProcessingOutputConfig": {"Outputs": [description]},
        "StoppingCondition": {"MaxRuntimeInSeconds": phase.max_runtime_seconds},
        "NetworkConfig": {"EnableNetworkIsolation": True},
    }
    return job_state(scope, phase, resource="createProcessingJob", arguments=arguments)


_MODEL_INPUT = {
    "S3Uri": "{% $model_data %}",
    "LocalPath": MODEL_FOLDER,
    "S3DataType": "S3Prefix",
    "S3InputMode": "File",
    "S3DataDistributionType": "FullyReplicated",
    "S3CompressionType": "None",
}


def read_verification_state(scope: Construct, *, bucket: str) -> sfn.CustomState:
    """`ReadVerification`: assigns `$verification`, before anything is switched."""
    return read_file_state(
        scope,
        "ReadVerification",
        bucket=bucket,
        path=f"{DESCRIPTION}/{VERIFICATION}",
        assign={"verification": "{% $parse($states.result.Body) %}"},
        error=ERROR,
        writer=WRITER,
    )


def read_manifest_state(scope: Construct, *, bucket: str) -> sfn.CustomState:
    """`ReadManifest`: assigns `$metrics`, which a model that was given has from its training."""
    return read_file_state(
        scope,
        "ReadManifest",
        bucket=bucket,
        path=f"{DESCRIPTION}/{MANIFEST}",
        assign={"metrics": _METRICS},
        error=ERROR,
        writer=WRITER,
    )


_METRICS = """{% $parse(
  $replace($states.result.Body, /: *(NaN|-?Infinity)/, ': null')
).metrics %}"""
"""Python writes what JSON has no number for by these names."""


def read_file_state(
    scope: Construct,
    state: str,
    *,
    bucket: str,
    path: str,
    assign: Mapping[str, str],
    error: str,
    writer: str,
) -> sfn.CustomState:
    """Read a file of this execution, which its writer may have left unreadable."""
    task = sfn.CustomState(
        scope,
        state,
        state_json={
            "Type": "Task",
            "Resource": integration("aws-sdk:s3:getObject"),
            "Arguments": {
                "Bucket": bucket,
                "Key": f"{{% $plan.execution_prefix & '/{path}' %}}",
            },
            "Assign": assign,
            "Output": {},
        },
    )
    retry_request(task, S3_ERRORS)
    file = path.rpartition("/")[2]
    failed = fail_state(
        scope,
        f"{state}Failed",
        error=error,
        cause=f"'The {writer} left no readable {file}: ' & $failure",
    )
    task.add_catch(failed, errors=["States.ALL"], assign={"failure": FAILURE})
    return task
