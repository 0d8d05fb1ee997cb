"""The translation itself: a model of this execution's own, a transform job over its shards.

The served model may be replaced meanwhile; a model of one's own keeps what the shards were made
for.
"""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.bulk import (
    CONCURRENT_TRANSFORMS,
    INVOCATION_SECONDS,
    MAX_PAYLOAD_MB,
    MODEL_ENVIRONMENT,
)
from protocol.recordio import CONTENT_TYPE
from stacks.images import EndpointImages
from stacks.retraining.job_states import (
    FAILURE,
    JOB_RETRIES,
    NO_CAPACITY,
    UNSENT,
    fail_state,
    integration,
    repeat_what_passes,
    retry_request,
)
from stacks.settings import Settings

_MODEL_ERRORS = ["SageMaker.SageMakerException", "SageMaker.SdkClientException"]
_FAILURE = """{% (
  $cause := $exists($states.errorOutput.Cause) ? $string($states.errorOutput.Cause) : '';
  $isObject := $substring($cause, 0, 1) = '{' and $substring($cause, -1) = '}';
  $job := $isObject ? $parse($cause) : {};
  $exists($job.TransformJobName)
    ? $job.TransformJobName & ': ' & [$job.FailureReason, 'it was stopped'][0]
    : $states.errorOutput.Error = 'States.Timeout'
    ? 'the transform job ran past the setting bulk_max_runtime_hours'
    : $cause != '' ? $cause : $states.errorOutput.Error
) %}"""
"""Why the transform job failed; the shards that it did translate are joined all the same."""


TRANSFORM_WAITS = "transform_waits"


class TransformStates:
    """Makes the states between the jobs over files."""

    def __init__(
        self, scope: Construct, *, settings: Settings, images: EndpointImages, role_arn: str
    ) -> None:
        self._scope = scope
        self._settings = settings
        self._images = images
        self._role_arn = role_arn

    def create_model(self) -> sfn.CustomState:
        """`CreateModel`: assigns `$model_name`."""
        builtin = "$served.engine = 'builtin'"
        image = f"{{% {builtin} ? '{self._images.builtin.uri}' : '{self._images.pytorch.uri}' %}}"
        container = {
            "Image": image,
            "ModelDataUrl": "{% $served.model_data %}",
            "Environment": f"{{% {builtin} ? {{}} : {MODEL_ENVIRONMENT} %}}",
        }
        task = self._task(
            "CreateModel",
            "aws-sdk:sagemaker:createModel",
            {
                "ModelName": self._name("m"),
                "ExecutionRoleArn": self._role_arn,
                "PrimaryContainer": container,
                "EnableNetworkIsolation": True,
            },
            {"model_name": "{% $substringAfter($states.result.ModelArn, ':model/') %}"},
        )
        retry_request(task, _MODEL_ERRORS)
        failed = fail_state(self._scope, "ModelNotCreated", error="ModelNotCreated")
        task.add_catch(failed, errors=["States.ALL"], assign={"failure": FAILURE})
        return task

    def transform(self, after: sfn.IChainable) -> sfn.CustomState:
        """`Transform`: assigns `$transform_seconds`, or `$failure`; both ways lead to `after`."""
        task = self._task(
            "Transform",
            "sagemaker:createTransformJob.sync",
            self._transform_request(),
            {
                "transform_seconds": "{% ($states.result.TransformEndTime "
                "- $states.result.TransformStartTime) / 1000 %}",
                "failure": "",
            },
            TimeoutSeconds=self._settings.bulk_max_runtime_hours * 3600,
        )
        task.add_retry(errors=UNSENT, max_attempts=JOB_RETRIES, backoff_rate=2)
        # A job that ran is not repeated whole: the same input, started again, translates less.
        repeat = repeat_what_passes(
            self._scope, task, waits=TRANSFORM_WAITS, scarce=NO_CAPACITY, otherwise=after
        )
        waits = f"{{% ${TRANSFORM_WAITS} + 1 %}}"
        task.add_catch(
            repeat, errors=["States.ALL"], assign={"failure": _FAILURE, TRANSFORM_WAITS: waits}
        )
        task.next(after)
        return task

    def delete_model(self, after: sfn.IChainable) -> sfn.CustomState:
        """`DeleteModel`; a model that stays behind costs nothing and stops nobody."""
        task = self._task(
            "DeleteModel",
            "aws-sdk:sagemaker:deleteModel",
            {"ModelName": "{% $model_name %}"},
            {},
        )
        retry_request(task, _MODEL_ERRORS)
        task.add_catch(after, errors=["States.ALL"])
        task.next(after)
        return task

    def _transform_request(self) -> dict[str, Any]:
        manifest = {"S3DataType": "ManifestFile", "S3Uri": "{% $split.manifest %}"}
        return {
            "TransformJobName": self._name("x", waits=f"${TRANSFORM_WAITS}"),
            "ModelName": "{% $model_name %}",
            "BatchStrategy": "MultiRecord",
            "MaxPayloadInMB": MAX_PAYLOAD_MB,
            "MaxConcurrentTransforms": CONCURRENT_TRANSFORMS,
            "ModelClientConfig": {
                "InvocationsTimeoutInSeconds": INVOCATION_SECONDS,
                "InvocationsMaxRetries": 3,
            },
            "TransformInput": {
                "DataSource": {"S3DataSource": manifest},
                "ContentType": CONTENT_TYPE,
                "SplitType": "RecordIO",
            },
            "TransformOutput": {
                "S3OutputPath": "{% $split.answers %}",
                "Accept": CONTENT_TYPE,
                "AssembleWith": "None",
            },
            "TransformResources": {
                "InstanceType": self._settings.transform_instance_type,
                "InstanceCount": "{% $min([$plan.instances, $split.missing]) %}",
            },
        }

    def _name(self, letter: str, *, waits: str = "0") -> str:
        attempt = f"$string({waits} * 10 + $states.context.State.RetryCount)"
        return f"{{% $job_prefix & '-{letter}' & {attempt} %}}"

    def _task(
        self,
        state: str,
        action: str,
        arguments: dict[str, Any],
        assign: dict[str, Any],
        **more: Any,
    ) -> sfn.CustomState:
        state_json = {
            "Type": "Task",
            "Resource": integration(action),
            "Arguments": arguments,
            **({"Assign": assign} if assign else {}),
            "Output": {},
            **more,
        }
        return sfn.CustomState(self._scope, state, state_json=state_json)
