"""Why CloudFormation rolled the endpoint's stack back, in the words of whatever failed.

The stack itself only names its state, and a first endpoint is gone with the rollback, so that the
stack's events are the one place that keeps the reason.
"""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import integration, retry_request
from stacks.retraining.stack_update import STACK_ERRORS
from stacks.settings import Settings

TOO_LONG = "States.DataLimitExceeded"
"""A page of events may be larger than a state may hold; `States.ALL` does not catch it."""
_FAILED = (
    "$contains(ResourceStatus, /_FAILED$/) and $exists(ResourceStatusReason) "
    "and $not($contains(ResourceStatusReason, /cancelled/))"
)
_REASON = f"""{{% (
  $failed := $contains($stack.status, /ROLLBACK/)
    ? $states.result.StackEvents[{_FAILED}].ResourceStatusReason : [];
  [$failed, ''][0]
) %}}"""
"""The newest comes first: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html"""


def rollback_reason_task(
    scope: Construct, state: str, *, settings: Settings, then: sfn.IChainable
) -> sfn.CustomState:
    """Assign `$rollback_reason`, empty where there is none, and go on in any case."""
    state_json: dict[str, Any] = {
        "Type": "Task",
        "Resource": integration("aws-sdk:cloudformation:describeStackEvents"),
        "Arguments": {"StackName": settings.endpoint_stack_name},
        "Assign": {"rollback_reason": _REASON},
        "Output": {},
    }
    task = sfn.CustomState(scope, state, state_json=state_json)
    retry_request(task, STACK_ERRORS)
    for errors in ([TOO_LONG], ["States.ALL"]):
        task.add_catch(then, errors=errors, assign={"rollback_reason": ""})
    task.next(then)
    return task
