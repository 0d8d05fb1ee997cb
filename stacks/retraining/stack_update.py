"""One update of the endpoint stack, from its start to an endpoint that agrees with it.

Used twice: to promote a candidate and to go back to the model before it. The stack is asked
until it rests; then the endpoint is believed, not the stack, because SageMaker can fall back to
the old configuration while the stack reports success.
"""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import FAILURE, integration, retry_request
from stacks.retraining.roles import ENDPOINT_RESOURCE_TYPES
from stacks.settings import Settings

MAX_POLLS = 480
"""Two hours on AWS; an endpoint's own update may take one."""
MAX_BUSY_WAITS = 120
STACK_ERRORS = ["CloudFormation.CloudFormationException", "CloudFormation.SdkClientException"]
_ENDPOINT_ERRORS = ["SageMaker.SageMakerException", "SageMaker.SdkClientException"]
_NO_UPDATES = "{% $contains($failure, 'No updates are to be performed') %}"
_BUSY = (
    "{% $contains($failure, /_IN_PROGRESS state|Rate exceeded|Throttling/) "
    f"and $busy_waits < {MAX_BUSY_WAITS} %}}"
)
_MOVING = "$contains($stack.status, /_IN_PROGRESS$/)"
_ENDPOINT_MOVING = "$endpoint.status in ['Creating', 'Updating', 'SystemUpdating', 'RollingBack']"
PROMOTED = {
    "model_data": "ModelDataUrl",
    "description": "ModelDescriptionUrl",
    "engine": "ModelEngine",
}
"""What a promotion moves, never a part of it: the machine's name and the stack's parameter."""


def promoted_values(stack: str) -> str:
    """JSONata for the members of an object with what a described stack serves; needs `$text`."""
    return ",\n    ".join(
        f"'{name}': $text({stack}.Parameters[ParameterKey = '{key}'].ParameterValue)"
        for name, key in PROMOTED.items()
    )


_STACK = f"""{{% (
  $described := $states.result.Stacks[0];
  $text := function($value) {{ $type($value) = 'string' ? $value : '' }};
  {{
    'status': $described.StackStatus,
    'reason': $text($described.StackStatusReason),
    {promoted_values("$described")},
    'config': $text($described.Outputs[OutputKey = 'EndpointConfigName'].OutputValue)
  }}
) %}}"""
_ENDPOINT = """{% (
  $text := function($value) { $type($value) = 'string' ? $value : '' };
  {
    'status': $states.result.EndpointStatus,
    'config': $states.result.EndpointConfigName,
    'failure': $text($states.result.FailureReason)
  }
) %}"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """Where an update can end; each finds what happened in `$failure` or `$stack`."""

    agreed: sfn.IChainable
    """The endpoint serves what the stack says."""
    emptied: sfn.IChainable
    """The stack is as wanted, and wants no endpoint."""
    busy: sfn.IChainable | None
    """Somebody else was updating the stack; `None` tries the same update again."""
    refused: sfn.IChainable
    """The update did not begin, or its progress could not be seen."""
    rolled_back: sfn.IChainable
    rollback_failed: sfn.IChainable
    disagreed: sfn.IChainable
    """The stack says success, the endpoint serves something else."""
    endless: sfn.IChainable


class StackUpdate:
    """The states of one update; `entry` is the first of them."""

    def __init__(
        self, scope: Construct, prefix: str, *, settings: Settings, target: str, outcomes: Outcomes
    ) -> None:
        self._scope = scope
        self._prefix = prefix
        self._settings = settings
        self._target = target
        self._outcomes = outcomes
        wait = self._wait("WaitForStack")
        describe = self._describe_stack()
        wait.next(describe)
        describe.next(self._judge_stack(wait))
        self.entry = self._update(describe)
        self.entry.next(wait)

    def _update(self, describe: sfn.CustomState) -> sfn.CustomState:
        promoted = ", ".join(
            f"{{'ParameterKey': '{key}', 'ParameterValue': ${self._target}.{name}}}"
            for name, key in PROMOTED.items()
        )
        parameters = f"{{% $append([{promoted}], $other_parameters) %}}"
        task = self._task(
            "UpdateStack",
            "aws-sdk:cloudformation:updateStack",
            {
                "StackName": self._settings.endpoint_stack_name,
                "UsePreviousTemplate": True,
                "Parameters": parameters,
                "ResourceTypes": list(ENDPOINT_RESOURCE_TYPES),
            },
            {"polls": 0},
        )
        refused = self._choice("UpdateRefused")
        refused.when(sfn.Condition.jsonata(_NO_UPDATES), describe)
        busy_wait = self._wait("WaitForOtherUpdate", {"busy_waits": "{% $busy_waits + 1 %}"})
        busy_wait.next(self._outcomes.busy or task)
        refused.when(sfn.Condition.jsonata(_BUSY), busy_wait)
        refused.otherwise(self._outcomes.refused)
        _catch(task, refused, {"polls": 0})
        return task

    def _describe_stack(self) -> sfn.CustomState:
        task = self._task(
            "DescribeStack",
            "aws-sdk:cloudformation:describeStacks",
            {"StackName": self._settings.endpoint_stack_name},
            {"stack": _STACK, "polls": "{% $polls + 1 %}"},
        )
        retry_request(task, STACK_ERRORS)
        _catch(task, self._outcomes.refused)
        return task

    def _judge_stack(self, wait: sfn.Wait) -> sfn.Choice:
        target = self._target
        agrees = [f"$stack.{name} = ${target}.{name}" for name in PROMOTED]
        reached = " and ".join(["$contains($stack.status, /_COMPLETE$/)", *agrees])
        choice = self._choice("StackRests")
        for condition, outcome in (
            (f"{_MOVING} and $polls < {MAX_POLLS}", wait),
            (_MOVING, self._outcomes.endless),
            ("$stack.status = 'UPDATE_ROLLBACK_FAILED'", self._outcomes.rollback_failed),
            (f"{reached} and ${target}.model_data = ''", self._outcomes.emptied),
            (reached, self._describe_endpoint()),
        ):
            choice.when(sfn.Condition.jsonata(f"{{% {condition} %}}"), outcome)
        return choice.otherwise(self._outcomes.rolled_back)

    def _describe_endpoint(self) -> sfn.CustomState:
        task = self._task(
            "DescribeEndpoint",
            "aws-sdk:sagemaker:describeEndpoint",
            {"EndpointName": self._settings.endpoint_name},
            {"endpoint": _ENDPOINT, "polls": "{% $polls + 1 %}"},
        )
        retry_request(task, _ENDPOINT_ERRORS)
        _catch(task, self._outcomes.refused)
        wait = self._wait("WaitForEndpoint")
        wait.next(task)
        task.next(self._judge_endpoint(wait))
        return task

    def _judge_endpoint(self, wait: sfn.Wait) -> sfn.Choice:
        # Names are compared without case, because SageMaker lower-cases them in places.
        agrees = (
            "$endpoint.status = 'InService' and $endpoint.failure = '' "
            "and $lowercase($endpoint.config) = $lowercase($stack.config)"
        )
        choice = self._choice("EndpointAgrees")
        for condition, outcome in (
            (agrees, self._outcomes.agreed),
            (f"{_ENDPOINT_MOVING} and $polls < {MAX_POLLS}", wait),
            (_ENDPOINT_MOVING, self._outcomes.endless),
        ):
            choice.when(sfn.Condition.jsonata(f"{{% {condition} %}}"), outcome)
        return choice.otherwise(self._outcomes.disagreed)

    def _task(
        self, state: str, action: str, arguments: dict[str, Any], assign: dict[str, Any]
    ) -> sfn.CustomState:
        state_json = {
            "Type": "Task",
            "Resource": integration(action),
            "Arguments": arguments,
            "Assign": assign,
            "Output": {},
        }
        return sfn.CustomState(self._scope, f"{self._prefix}{state}", state_json=state_json)

    def _wait(self, state: str, assign: dict[str, Any] | None = None) -> sfn.Wait:
        seconds = Duration.seconds(self._settings.poll_seconds)
        return sfn.Wait.jsonata(
            self._scope,
            f"{self._prefix}{state}",
            time=sfn.WaitTime.duration(seconds),
            assign=assign,
        )

    def _choice(self, state: str) -> sfn.Choice:
        return sfn.Choice.jsonata(self._scope, f"{self._prefix}{state}")


def _catch(
    task: sfn.CustomState, handler: sfn.IChainable, assign: dict[str, Any] | None = None
) -> None:
    assigned = {"failure": FAILURE, **(assign or {})}
    task.add_catch(handler, errors=["States.ALL"], assign=assigned)
