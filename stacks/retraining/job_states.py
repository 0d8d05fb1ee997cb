"""What the three jobs' states have in common: names, retries, and a failure told in words.

Every state machine variable is assigned in one place: `$plan` when the input is checked,
`$failure` wherever something went wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.settings import Settings

MAX_NAME_LENGTH = 63
MAX_WAITS = 5
CAPACITY_WAIT_MINUTES = 10
PENDING_SECONDS = 3600
"""Time for SageMaker to find the instance, pull the image and upload, on top of the run."""
JOB_RETRIES = 3
UNSENT = ["SageMaker.SdkClientException"]
"""A request that SageMaker did not answer. What it does answer has a name of its own for want of
quota, and one for all of throttling, failures of its own and mistakes in the request, which a
retrier cannot tell apart; `repeat_what_passes` does, by the cause."""
REQUEST_WAIT_SECONDS = 10
NO_CAPACITY = "CapacityError"
LOST_INSTANCE = f"{NO_CAPACITY}|InternalServerError"
_REFUSED_FOR_NOW = "Service: .*(Status Code: (429|5[0-9][0-9])|Throttl|TooManyRequests)"
REQUEST_RETRIES = 4
NOTIFY_FAILED = "NotifyFailed"

FAILURE = """{% (
  $cause := $exists($states.errorOutput.Cause) ? $string($states.errorOutput.Cause) : '';
  $isObject := $substring($cause, 0, 1) = '{' and $substring($cause, -1) = '}';
  $job := $isObject ? $parse($cause) : {};
  $name := [$job.TrainingJobName, $job.ProcessingJobName, $job.HyperParameterTuningJobName][0];
  $told := [$job.ExitMessage, $job.FailureReason, $job.errorMessage][$type($) = 'string'];
  $alike := [$job.ProcessingJobStatus, $job.HyperParameterTuningJobStatus][0];
  $status := [$job.TrainingJobStatus, $alike][0];
  $late := 'it ran past its maximum runtime';
  $scarce := 'it waited too long for spare capacity (setting training_spot)';
  $ended := $job.SecondaryStatus = 'MaxRuntimeExceeded' ? $late
    : $job.SecondaryStatus = 'MaxWaitTimeExceeded' ? $scarce
    : $job.TrainingJobStatus = 'Stopped' ? 'it was stopped, by hand or by another program'
    : $alike = 'Stopped' ? 'it was stopped by hand, or ' & $late
    : '';
  $said := [$join($told, ' '), $ended][$ != ''];
  $reason := $count($said) > 0 ? $join($said, '; ')
    : $states.errorOutput.Error = 'States.Timeout' ? 'it ran past its time limit'
    : $exists($status) ? 'it ended as ' & $join([$status, $job.SecondaryStatus], ', ')
    : $cause != '' and $not($isObject) ? $cause
    : $states.errorOutput.Error;
  ($exists($name) ? $name & ': ' : '') & $reason
) %}"""
"""What went wrong in the words of whoever failed. A failed or stopped job's cause is its
description as JSON, which gives no reason for a stop; the cause of an API error is a sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPhase:
    """What tells one job's states from another's."""

    state: str
    letter: str
    error: str
    max_runtime_seconds: int
    runtime_setting: str

    @property
    def failure(self) -> str:
        """`FAILURE`, with the setting to raise when the job's time did not suffice."""
        late = "its maximum runtime"
        return FAILURE.replace(late, f"{late} (setting {self.runtime_setting})")

    @property
    def waits(self) -> str:
        """The variable that counts how often this phase has waited to be repeated."""
        return f"{self.state.lower()}_waits"

    def job_name(self) -> str:
        """An expression for a name that no other attempt of this execution has used."""
        attempt = f"${self.waits} * 10 + $states.context.State.RetryCount"
        return f"{{% $job_prefix & '-{self.letter}' & $string({attempt}) %}}"


def job_prefix(settings: Settings, job_name: str) -> str:
    """An expression for the start of all job names: the service's name, then the plan's.

    The machine's role is held to the service's part; a plan's name that is too long to follow it
    is cut and told apart by a hash.
    """
    kept = MAX_NAME_LENGTH - len(settings.job_name_start) - len("-t99")
    return (
        f"{{% '{settings.job_name_start}' & ($length({job_name}) <= {kept} ? {job_name} : "
        f"$substring({job_name}, 0, {kept - 9}) & '-' & "
        f"$substring($hash({job_name}, 'SHA-256'), 0, 8)) %}}"
    )


def job_state(
    scope: Construct,
    phase: JobPhase,
    *,
    resource: str,
    arguments: Mapping[str, Any],
    assign: Mapping[str, Any] | None = None,
) -> sfn.CustomState:
    """A task that runs a job to its end and, when it fails, ends in the phase's own failure."""
    task = sfn.CustomState(
        scope,
        phase.state,
        state_json={
            "Type": "Task",
            "Resource": integration(f"sagemaker:{resource}.sync"),
            "Arguments": arguments,
            "TimeoutSeconds": phase.max_runtime_seconds + PENDING_SECONDS,
            "Output": {},
            **({"Assign": assign} if assign else {}),
        },
    )
    task.add_retry(
        errors=UNSENT,
        interval=Duration.seconds(10),
        max_attempts=JOB_RETRIES,
        backoff_rate=2,
    )
    failed = fail_state(scope, f"{phase.state}Failed", error=phase.error)
    task.add_catch(
        repeat_what_passes(scope, task, waits=phase.waits, scarce=LOST_INSTANCE, otherwise=failed),
        errors=["States.ALL"],
        assign={"failure": phase.failure, phase.waits: f"{{% ${phase.waits} + 1 %}}"},
    )
    return task


def retry_request(task: sfn.CustomState, errors: list[str]) -> None:
    """Repeat a short request that failed for a passing reason."""
    task.add_retry(
        errors=errors, interval=Duration.seconds(2), max_attempts=REQUEST_RETRIES, backoff_rate=2
    )


def repeat_what_passes(
    scope: Construct, task: sfn.CustomState, *, waits: str, scarce: str, otherwise: sfn.IChainable
) -> sfn.Choice:
    """Where a job's task goes with its `$failure`: to itself after a wait, or on.

    `waits` is the variable that counts the waits; `scarce` is what a job says, as a regular
    expression, that may run another time.
    """
    is_scarce = f"$contains($failure, /{scarce}/)"
    is_refused = f"$contains($failure, /{_REFUSED_FOR_NOW}/)"
    seconds = (
        f"{is_scarce} ? {CAPACITY_WAIT_MINUTES * 60} "
        f": {REQUEST_WAIT_SECONDS} * $power(2, ${waits} - 1)"
    )
    wait = sfn.Wait.jsonata(
        scope, f"{task.id}WaitToRepeat", time=sfn.WaitTime.seconds(f"{{% {seconds} %}}")
    )
    passes = f"{{% ({is_scarce} or {is_refused}) and ${waits} <= {MAX_WAITS} %}}"
    choice = sfn.Choice.jsonata(scope, f"{task.id}MayPass")
    choice.when(sfn.Condition.jsonata(passes), wait.next(task))
    return choice.otherwise(otherwise)


def fail_state(scope: Construct, state: str, *, error: str, cause: str = "$failure") -> sfn.State:
    """A failure whose cause is an expression; the owner is told first, where there is one to tell.

    Whoever tells is called `NOTIFY_FAILED` and finds error and cause in `$ending`.
    """
    told = f"{{% {cause} %}}"
    notify = _ancestors_child(scope, NOTIFY_FAILED)
    if notify is None:
        return sfn.Fail.jsonata(scope, state, error=error, cause=told)
    ending = {"error": error, "cause": told}
    passed = sfn.Pass.jsonata(scope, state, assign={"ending": ending}, outputs={})
    passed.next(notify)
    return passed


def _ancestors_child(scope: Construct, name: str) -> Any:
    children = (ancestor.node.try_find_child(name) for ancestor in reversed(scope.node.scopes))
    return next((child for child in children if child is not None), None)


def integration(action: str) -> str:
    """The ARN of a service integration, in whichever partition this is deployed to."""
    return f"arn:{Aws.PARTITION}:states:::{action}"


def expression(value: Any) -> str:
    """A value of a request as JSONata, the expressions within it taken over as they are."""
    if isinstance(value, dict):
        members = (f"'{key}': {expression(member)}" for key, member in value.items())
        return f"{{ {', '.join(members)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(expression, value))}]"
    if isinstance(value, str):
        inner = value.removeprefix("{%").removesuffix("%}")
        return f"'{value}'" if inner == value else f"({inner.strip()})"
    raise TypeError(f"{value!r} stands in no request here")


def s3_uri(bucket: str, folder: str) -> str:
    """An expression for a folder of this execution in the service's bucket."""
    return f"{{% 's3://{bucket}/' & $plan.execution_prefix & '/{folder}' %}}"
