"""Stops an execution; Step Functions then stops the job that it waits for."""

from typing import Any

from botocore.exceptions import ClientError as AwsError

from client.executions import Execution
from client.failures import ClientError

ERROR = "Cancelled"
CAUSE = "stopped with the client's command cancel"


def running_execution(states: Any, state_machine_arn: str, wanted: str | None) -> Execution:
    """The execution that is meant: by name or ARN, or the one that runs.

    Raises:
        ClientError: none runs, or several do and none was named.
    """
    if wanted:
        arn = wanted if wanted.startswith("arn:") else _arn(state_machine_arn, wanted)
        return Execution(arn=arn, states=states)
    found = states.list_executions(stateMachineArn=state_machine_arn, statusFilter="RUNNING")
    names = [execution["name"] for execution in found["executions"]]
    if len(names) > 1:
        raise ClientError(f"{len(names)} executions run; name one: {', '.join(names)}")
    if not names:
        raise ClientError("no execution runs")
    return Execution(arn=found["executions"][0]["executionArn"], states=states)


def cancel(execution: Execution) -> None:
    """Stop an execution.

    Raises:
        ClientError: there is none, or it has ended by itself.
    """
    states = execution.states
    try:
        status = str(states.describe_execution(executionArn=execution.arn)["status"])
    except AwsError as error:
        if error.response.get("Error", {}).get("Code") != "ExecutionDoesNotExist":
            raise
        raise ClientError(f"there is no execution {execution.arn}") from error
    if status != "RUNNING":
        raise ClientError(f"{execution.arn} does not run any more, it is {status}")
    states.stop_execution(executionArn=execution.arn, error=ERROR, cause=CAUSE)


def _arn(state_machine_arn: str, name: str) -> str:
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
