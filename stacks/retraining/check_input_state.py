"""The state that has a function check an execution's input, before anything is paid for."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import FAILURE, fail_state, integration, retry_request

_LAMBDA_ERRORS = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
_REFUSALS = (
    ("InputRefused", "InvalidInput", "InputError"),
    ("QuotaTooSmall", "InsufficientQuota", "InsufficientQuotaError"),
    ("InputNotChecked", "InputCheckFailed", "States.ALL"),
)
"""The state, the execution's error, and the function's."""


def check_input_state(
    scope: Construct,
    function: lambda_.Function,
    *,
    assign: Mapping[str, Any],
) -> sfn.CustomState:
    """`CheckInput`: assigns `$plan`, and what else is to begin with.

    Args:
        scope: the machine's construct.
        function: is given the execution's name and input, and answers with the plan.
        assign: further variables.
    """
    task = sfn.CustomState(
        scope,
        "CheckInput",
        state_json={
            "Type": "Task",
            "Resource": integration("lambda:invoke"),
            "Arguments": {
                "FunctionName": function.function_arn,
                "Payload": {
                    "execution": "{% $states.context.Execution.Name %}",
                    "input": "{% $states.input %}",
                },
            },
            "Assign": {"plan": "{% $states.result.Payload %}", **assign},
            "Output": {},
        },
    )
    retry_request(task, _LAMBDA_ERRORS)
    for state, error, caught in _REFUSALS:
        failed = fail_state(scope, state, error=error)
        task.add_catch(failed, errors=[caught], assign={"failure": FAILURE})
    return task
