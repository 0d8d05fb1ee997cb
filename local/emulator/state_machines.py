"""Step Functions as AWS runs it: roles, limits, and an end that ends the jobs too."""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from local.emulator.authorization import authorize
from local.emulator.roles import assume
from local.emulator.running_tasks import (
    CURRENT,
    ExecutionEndedError,
    RunningTask,
    cancel_tasks,
    running,
)
from local.emulator.sagemaker_tasks import job_task
from local.emulator.sdk_tasks import SDK_SERVICES, SdkTasks
from local.sagemaker.control_plane import ControlPlane
from local.sagemaker.errors import SageMakerError
from local.sagemaker.permissions import Need
from local.sagemaker.processing import ProcessingJob
from local.sagemaker.training import TrainingJob
from local.sagemaker.transform import TransformJob
from local.sagemaker.tuning import TuningJob

MAX_STATE_BYTES = 262_144
STATES = "states.amazonaws.com"
_UNCATCHABLE = ("States.DataLimitExceeded", "States.Runtime")
_EXECUTION: ContextVar[dict[str, Any] | None] = ContextVar("execution", default=None)
Dispatch = Callable[[str, Any], Any]


def install(control_plane: ControlPlane, endpoint_url: str) -> None:
    """Change ministack's Step Functions."""
    from ministack.services import stepfunctions as sfn  # noqa: PLC0415 - environment

    # ministack has no SageMaker to integrate with.
    prefix = "arn:aws:states:::sagemaker:create"
    for kind in (TrainingJob, ProcessingJob, TransformJob, TuningJob):
        sfn._SERVICE_DISPATCH[f"{prefix}{kind.prefix}"] = job_task(sfn, control_plane, kind)
    _call_as_the_role(sfn, endpoint_url)
    _know_the_execution(sfn)
    _end_the_jobs(sfn)
    _keep_the_size_limit(sfn)
    _keep_the_time_limit(sfn)


def _call_as_the_role(sfn: Any, endpoint_url: str) -> None:
    # ministack calls services as root and knows neither SageMaker's nor CloudFormation's errors:
    # the calls of these services go through boto3 with the role's credentials.
    tasks = SdkTasks(sfn, endpoint_url)
    original = sfn._invoke_aws_sdk_integration

    def invoke_sdk(resource: str, data: Any) -> Any:
        service, _, action = resource.partition("aws-sdk:")[2].partition(":")
        if service in SDK_SERVICES:
            return tasks.call(service, action, data)
        return original(resource, data)

    sfn._invoke_aws_sdk_integration = invoke_sdk


def _know_the_execution(sfn: Any) -> None:
    # A task must know whose role it uses and which execution it belongs to; ministack tells it
    # neither.
    execute, invoke = sfn._execute_task, sfn._invoke_resource

    def execute_task(
        definition: dict[str, Any], data: Any, execution: dict[str, Any], context: Any
    ) -> Any:
        token = _EXECUTION.set(execution)
        try:
            return execute(definition, data, execution, context)
        finally:
            _EXECUTION.reset(token)

    def invoke_resource(resource: str, data: Any) -> Any:
        if CURRENT.get() is not None:
            return _checked_call(sfn, invoke, resource, data)
        with running(_task_of_this_thread(sfn)):
            return _checked_call(sfn, invoke, resource, data)

    sfn._execute_task, sfn._invoke_resource = execute_task, invoke_resource


def _task_of_this_thread(sfn: Any) -> RunningTask:
    execution = _EXECUTION.get() or {}
    machine = sfn._state_machines.get(execution.get("stateMachineArn"), {})
    return RunningTask(execution.get("executionArn", ""), machine.get("roleArn", ""))


def _checked_call(sfn: Any, invoke: Dispatch, resource: str, data: Any) -> Any:
    task = CURRENT.get()
    if "states:::lambda:invoke" in resource and task is not None:
        _check_lambda(sfn, task, str(data.get("FunctionName", "")))
    result = invoke(resource, data)
    if task is not None and task.cancelled.is_set():
        raise ExecutionEndedError
    return result


def _check_lambda(sfn: Any, task: RunningTask, function: str) -> None:
    # ministack invokes functions whatever the role of the state machine may do.
    try:
        session = assume(task.role_arn, "StepFunctions", STATES)
        need = Need(action="lambda:InvokeFunction", resource=function)
        authorize(session["AWS_ACCESS_KEY_ID"], need)
    except SageMakerError as error:
        raise sfn._ExecutionError("Lambda.AWSLambdaException", error.message) from error


def _end_the_jobs(sfn: Any) -> None:
    # Stopping an execution, or a task's time limit, left the job running; and a task that then
    # failed turned the aborted execution into a failed one.
    stop, fail, invoke = sfn._stop_execution, sfn._fail_execution, sfn._invoke_resource_with_timeout

    def stop_execution(data: dict[str, Any]) -> Any:
        answer = stop(data)
        execution = sfn._executions.get(data.get("executionArn")) or {}
        if execution.get("status") == "ABORTED":
            cancel_tasks(execution["executionArn"])
        return answer

    def fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    def invoke_with_timeout(resource: str, data: Any, timeout: float) -> Any:
        with running(_task_of_this_thread(sfn)) as task:
            try:
                return invoke(resource, data, timeout)
            except sfn._ExecutionError as error:
                if error.error == "States.Timeout":
                    task.cancelled.set()
                raise

    sfn._stop_execution, sfn._fail_execution = stop_execution, fail_execution
    sfn._invoke_resource_with_timeout = invoke_with_timeout


def _keep_the_size_limit(sfn: Any) -> None:
    # AWS ends an execution whose state passes 256 KB; ministack carries on.
    for name in ("_execute_task", "_execute_pass", "_execute_parallel", "_execute_map"):
        setattr(sfn, name, _limited(sfn, getattr(sfn, name)))
    matches, start = sfn._error_matches, sfn._start_execution

    # On AWS neither States.ALL nor States.TaskFailed catches these two.
    def error_matches(wanted: list[str], error: str) -> bool:
        if error in _UNCATCHABLE:
            return error in wanted
        return bool(matches(wanted, error))

    def start_execution(data: dict[str, Any]) -> Any:
        if len(str(data.get("input", "")).encode()) > MAX_STATE_BYTES:
            return sfn.error_response_json(
                "ValidationException",
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_STATE_BYTES}",
                400,
            )
        return start(data)

    sfn._error_matches, sfn._start_execution = error_matches, start_execution


def _limited(sfn: Any, execute: Callable[..., Any]) -> Callable[..., Any]:
    def limited(definition: dict[str, Any], data: Any, *rest: Any) -> Any:
        output, following = execute(definition, data, *rest)
        if len(json.dumps(output, ensure_ascii=False).encode()) > MAX_STATE_BYTES:
            name = (rest[-1] or {}).get("State", {}).get("Name", "")
            raise sfn._ExecutionError(
                "States.DataLimitExceeded",
                f"The state/task '{name}' returned a result with a size exceeding the maximum "
                "number of bytes service limit.",
            )
        return output, following

    return limited


def _keep_the_time_limit(sfn: Any) -> None:
    # ministack ignores the state machine's own TimeoutSeconds.
    run = sfn._run_execution

    def run_execution(arn: str) -> None:
        execution = sfn._executions.get(arn) or {}
        seconds = _machine_timeout(sfn._state_machines.get(execution.get("stateMachineArn")))
        if seconds is None:
            run(arn)
            return
        timer = threading.Timer(seconds, _time_out, args=(sfn, execution))
        timer.daemon = True
        timer.start()
        try:
            run(arn)
        finally:
            timer.cancel()

    sfn._run_execution = run_execution


def _machine_timeout(machine: Mapping[str, Any] | None) -> float | None:
    with contextlib.suppress(ValueError, TypeError):
        return float(json.loads((machine or {}).get("definition", "{}")).get("TimeoutSeconds"))
    return None


def _time_out(sfn: Any, execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution |= {"status": "TIMED_OUT", "error": "States.Timeout", "stopDate": sfn.now_iso()}
    sfn._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    sfn._emit_execution_status_event(execution)
    cancel_tasks(execution["executionArn"])
