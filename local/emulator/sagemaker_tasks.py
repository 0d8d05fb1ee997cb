"""The optimised SageMaker integrations: a task that starts a job and, with .sync, waits for it."""

import json
from collections.abc import Callable
from typing import Any

from local.emulator.authorization import authorize
from local.emulator.roles import assume
from local.emulator.running_tasks import CURRENT, ExecutionEndedError
from local.sagemaker.control_plane import ControlPlane
from local.sagemaker.errors import ResourceInUseError, SageMakerError, ValidationError
from local.sagemaker.job import Job
from local.sagemaker.permissions import needs

STATES = "states.amazonaws.com"
_TAG = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
_POLL_SECONDS = 0.2


def job_task(
    sfn: Any, control_plane: ControlPlane, kind: type[Job]
) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """The dispatch function of `arn:aws:states:::sagemaker:create…Job[.sync]`."""
    operation = f"Create{kind.prefix}"

    def dispatch(resource: str, data: dict[str, Any]) -> dict[str, Any]:
        request = {**data, "Tags": [*data.get("Tags", []), _TAG]}
        try:
            _authorize(control_plane, operation, request, waits=resource.endswith(".sync"))
            answer = control_plane.call(operation, request)
        except SageMakerError as error:
            raise sfn._ExecutionError(*_api_error(error)) from error
        if not resource.endswith(".sync"):
            return answer
        return _follow(sfn, control_plane.jobs.get(kind, request[f"{kind.prefix}Name"]))

    return dispatch


def _authorize(
    control_plane: ControlPlane, operation: str, request: dict[str, Any], *, waits: bool
) -> None:
    task = CURRENT.get()
    if task is None:
        raise ValidationError("a SageMaker task runs in an execution")
    session = assume(task.role_arn, "StepFunctions", STATES)
    found = needs(control_plane.host, operation, request)
    if waits:
        for verb in ("Describe", "Stop"):
            found += needs(control_plane.host, operation.replace("Create", verb), request)
    for need in found:
        authorize(session["AWS_ACCESS_KEY_ID"], need)


def _api_error(error: SageMakerError) -> tuple[str, str]:
    named = isinstance(error, ResourceInUseError)
    name = "ResourceInUseException" if named else "AmazonSageMakerException"
    cause = (
        f"{error.message} (Service: AmazonSageMaker; Status Code: {error.status}; "
        f"Error Code: {error.code})"
    )
    return f"SageMaker.{name}", cause


def _follow(sfn: Any, job: Job) -> dict[str, Any]:
    task = CURRENT.get()
    while not job.wait(_POLL_SECONDS):
        if task is not None and task.cancelled.is_set():
            _stop(job)
            raise ExecutionEndedError(f"{job.name} was stopped with its execution")
    description: dict[str, Any] = _in_milliseconds(job.describe())
    if job.status != "Completed":
        raise sfn._ExecutionError("States.TaskFailed", json.dumps(description, ensure_ascii=False))
    return description


def _stop(job: Job) -> None:
    try:
        job.stop()
    except ValidationError:
        # It ended by itself in between.
        return


def _in_milliseconds(value: Any) -> Any:
    """Step Functions hands times over as whole milliseconds."""
    if isinstance(value, dict):
        return {
            key: round(item * 1000) if _is_time(key, item) else _in_milliseconds(item)
            for key, item in value.items()
        }
    return [_in_milliseconds(item) for item in value] if isinstance(value, list) else value


def _is_time(key: str, value: Any) -> bool:
    return key.endswith(("Time", "Timestamp")) and isinstance(value, float)
