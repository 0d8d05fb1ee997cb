"""The aws-sdk integrations that the service uses, called as AWS does: as the machine's role."""

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from local.emulator.roles import assume
from local.emulator.running_tasks import CURRENT
from local.sagemaker.errors import SageMakerError
from local.settings import REGION

STATES = "states.amazonaws.com"
SDK_SERVICES: Mapping[str, tuple[str, str]] = {
    "cloudformation": ("cloudformation", "CloudFormation"),
    "cloudwatch": ("cloudwatch", "CloudWatch"),
    "sagemaker": ("sagemaker", "SageMaker"),
    "sagemakerruntime": ("sagemaker-runtime", "SageMakerRuntime"),
    "s3": ("s3", "S3"),
    "sfn": ("stepfunctions", "Sfn"),
    "sns": ("sns", "Sns"),
    "ssm": ("ssm", "Ssm"),
}
"""In the ARN, for botocore, and the start of the names of errors."""


class SdkTasks:
    """Calls services over this machine's own endpoint."""

    def __init__(self, sfn: Any, endpoint_url: str) -> None:
        self._sfn = sfn
        self._endpoint_url = endpoint_url
        self._client = functools.lru_cache(maxsize=32)(self._new_client)

    def call(self, service: str, action: str, data: Mapping[str, Any] | None) -> Any:
        """The result, in the spelling of Step Functions.

        Raises:
            _ExecutionError: ministack's, with the error's name and cause as on AWS.
        """
        name, prefix = SDK_SERVICES[service]
        operation = action[0].upper() + action[1:]
        task = CURRENT.get()
        try:
            client = self._client(name, task.role_arn if task else "")
            shape = client.meta.service_model.operation_model(operation)
            answer = client._make_api_call(operation, _wire(data or {}, shape.input_shape))
            return self._result(answer, shape.output_shape)
        except ClientError as error:
            raise self._sfn._ExecutionError(*_named(prefix, shape, error)) from error
        except ParamValidationError as error:
            raise self._sfn._ExecutionError("States.Runtime", str(error)) from error
        except SageMakerError as error:
            raise self._sfn._ExecutionError(f"{prefix}.{prefix}Exception", str(error)) from error
        except BotoCoreError as error:
            raise self._sfn._ExecutionError(f"{prefix}.SdkClientException", str(error)) from error

    def _new_client(self, name: str, role_arn: str) -> Any:
        session = assume(role_arn, "StepFunctions", STATES)
        return boto3.session.Session().client(
            name,
            endpoint_url=self._endpoint_url,
            region_name=REGION,
            aws_access_key_id=session["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=session["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=session["AWS_SESSION_TOKEN"],
            config=Config(proxies={}, read_timeout=70, retries={"total_max_attempts": 1}),
        )

    def _result(self, answer: dict[str, Any], shape: Any) -> Any:
        answer.pop("ResponseMetadata", None)
        plain = _plain(answer)
        return self._sfn._sdk_json_value(plain, shape) if shape is not None else plain


def _wire(data: Mapping[str, Any], shape: Any) -> dict[str, Any]:
    """A body given as an object travels as its JSON.

    Step Functions spells members with a capital; the service itself may not.
    """
    members = {f"{name[0].upper()}{name[1:]}": name for name in shape.members} if shape else {}
    return {
        members.get(key, key): json.dumps(value, ensure_ascii=False)
        if key == "Body" and isinstance(value, dict | list)
        else value
        for key, value in data.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if hasattr(value, "read"):
        value = value.read()
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def _named(prefix: str, operation: Any, error: ClientError) -> tuple[str, str]:
    """The exception's name in the AWS SDK for Java, which Step Functions shows."""
    details, metadata = error.response["Error"], error.response["ResponseMetadata"]
    code = str(details.get("Code", ""))
    modelled = [
        shape.name
        for shape in operation.error_shapes
        if code in (shape.name, shape.metadata.get("error", {}).get("code"))
    ]
    name = modelled[0] if modelled else prefix
    name = name if name.endswith("Exception") else f"{name}Exception"
    cause = (
        f"{details.get('Message', '')} (Service: {prefix}, Status Code: "
        f"{metadata.get('HTTPStatusCode')}, Request ID: {metadata.get('RequestId')})"
    )
    return f"{prefix}.{name}", cause
