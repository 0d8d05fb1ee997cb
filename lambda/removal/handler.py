"""The function's way in: CloudFormation says create, update or delete, and waits for an answer."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from removal import answers
from removal.leftovers import Removal, keep_logs_for

logger = Logger()


def lambda_handler(event: Mapping[str, Any], context: Any) -> None:
    """Carry out one request and answer it, whatever happens."""
    reason = ""
    try:
        _carry_out(event, lambda: context.get_remaining_time_in_millis() / 1000)
    except Exception as error:  # Unanswered, CloudFormation would wait for an hour.
        logger.exception("failed")
        reason = f"{type(error).__name__}: {error}"
    answers.send(event, reason=reason)


def _carry_out(event: Mapping[str, Any], seconds_left: Callable[[], float]) -> None:
    wanted: Mapping[str, Any] = event["ResourceProperties"]
    if event["RequestType"] != "Delete":
        for group in wanted.get("LogGroups", []):
            keep_logs_for(client, group, int(wanted["LogRetentionDays"]))
        return
    if not _is_deleted(event["StackId"]):
        # The resource alone goes, because a setting has changed or a creation is rolled back.
        logger.info("the stack stays, so everything stays")
        return
    remove(wanted, Removal(client=client, seconds_left=seconds_left))


def remove(wanted: Mapping[str, Any], removal: Removal) -> None:
    """Remove what the resource's properties name; what is gone already is no mistake."""
    for machine in wanted.get("StateMachines", []):
        logger.info("stopped", executions=removal.stop_executions(machine))
    for prefix in wanted.get("ModelPrefixes", []):
        logger.info("deleted", models=removal.delete_models(prefix), prefix=prefix)
    for group in wanted.get("ModelPackageGroups", []):
        logger.info("deleted", group=group, packages=removal.empty_model_group(group))
    for bucket in wanted.get("Buckets", []):
        logger.info("emptied", bucket=bucket, versions=removal.empty_bucket(bucket))
    for group in wanted.get("LogGroups", []):
        removal.delete_log_group(group)
    for group in wanted.get("SharedLogGroups", []):
        streams = removal.delete_log_streams(group, wanted["LogStreamPrefix"])
        logger.info("deleted", group=group, streams=streams)


def _is_deleted(stack_id: str) -> bool:
    (stack,) = client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"]
    return bool(stack["StackStatus"] == "DELETE_IN_PROGRESS")


@cache
def client(service: str) -> Any:
    """A client of the function's own credentials, made when it is first needed."""
    return boto3.client(service)
