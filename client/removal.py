"""Says what destroying the service removes and what stays: `python -m client.removal -c name=…`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as AwsError

from client.translation import aws_session

DELETED = (
    "the endpoint with its models, its configurations, its scaling and its alarms",
    "the REST API, all functions, both state machines, rules and schedules; executions are stopped",
    "the topic of notifications with its subscriptions, and its key after seven days",
    "every model package of the model package group, and the group",
    "all log groups of these, and this service's streams in the log groups of SageMaker's jobs",
    "the dashboard and the alarms",
)
KEPT = (
    "images and bundles that the CDK has uploaded; npx cdk gc --unstable=gc removes them",
    "API Gateway's role for writing logs, which the whole account shares and which costs nothing",
    "the history of jobs, which SageMaker keeps and does not charge for",
)


def main(argv: Sequence[str]) -> int:
    """Print both lists; 1 where nothing can be asked."""
    try:
        outputs = stack_outputs(aws_session().create_client("cloudformation"), _name(argv))
    except (AwsError, BotoCoreError) as error:
        print(f"removal: the storage stack could not be looked at: {error}", file=sys.stderr)
        return 1
    print("\n".join(announcement(outputs)), flush=True)
    return 0


def announcement(outputs: Mapping[str, str]) -> list[str]:
    """The lines to print, given the outputs of the storage stack as it is deployed now."""
    buckets = [outputs[key] for key in ("BucketName", "AccessLogBucketName") if key in outputs]
    are_deleted = outputs.get("BucketRemoval") == "delete"
    named = [f"the bucket {bucket}" for bucket in buckets]
    deleted = [*DELETED, *(f"{name} WITH EVERYTHING IN IT" for name in named if are_deleted)]
    kept = [*(f"{name} with all that is in it" for name in named if not are_deleted), *KEPT]
    lines = ["This is deleted:", *(f"  - {line}" for line in deleted)]
    lines += ["This stays:", *(f"  - {line}" for line in kept)]
    if named and not are_deleted:
        lines.append(
            "To delete the buckets too, deploy once with the setting bucket_removal=delete and "
            "destroy then."
        )
    return lines


def stack_outputs(client: Any, name: str) -> dict[str, str]:
    """The outputs of the service's storage stack.

    Raises:
        ClientError: botocore's; there is no such stack, or it may not be looked at.
    """
    (stack,) = client.describe_stacks(StackName=f"{name}-storage")["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


def _name(argv: Sequence[str]) -> str:
    """The service's name out of the options that the CDK's command line gets as well."""
    parser = argparse.ArgumentParser(prog="python -m client.removal", description=__doc__)
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    given, _ = parser.parse_known_args(argv)
    settings = dict(text.partition("=")[::2] for text in given.context)
    return str(settings.get("name", "translation"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
