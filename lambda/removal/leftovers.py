"""What CloudFormation cannot delete by itself: full buckets, full groups, running executions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

POLL_SECONDS = 2.0
_MAX_KEYS = 1000
"""S3's limit for one request."""


class UnfinishedError(Exception):
    """More is left than the function's time allows; the next attempt goes on from there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """Removes things one after another until the time is used up."""

    client: Callable[[str], Any]
    """Makes a client of the service with this name."""
    seconds_left: Callable[[], float]
    reserve_seconds: float = 20.0

    def empty_bucket(self, bucket: str) -> int:
        """Delete every version of every object, and what uploads have left; the count."""
        s3 = self.client("s3")
        number = 0
        try:
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                number += self._delete_versions(s3, bucket, found)
            for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
                for upload in page.get("Uploads", []):
                    s3.abort_multipart_upload(
                        Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
        except ClientError as error:
            _ignore(error, "NoSuchBucket")
        return number

    def _delete_versions(self, s3: Any, bucket: str, found: list[dict[str, Any]]) -> int:
        for start in range(0, len(found), _MAX_KEYS):
            self._check_time(f"the bucket {bucket}")
            objects = [
                {"Key": one["Key"], "VersionId": one["VersionId"]}
                for one in found[start : start + _MAX_KEYS]
            ]
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            for failed in answer.get("Errors", []):
                raise UnfinishedError(
                    f"{failed['Key']} in the bucket {bucket} cannot be deleted: "
                    f"{failed.get('Message')}"
                )
        return len(found)

    def empty_model_group(self, group: str) -> int:
        """Delete every package of a model package group, which is deleted only when empty."""
        sagemaker = self.client("sagemaker")
        number = 0
        while True:
            listed = sagemaker.list_model_packages(ModelPackageGroupName=group, MaxResults=100)
            if not listed["ModelPackageSummaryList"]:
                return number
            for package in listed["ModelPackageSummaryList"]:
                self._check_time(f"the model package group {group}")
                sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
                number += 1

    def delete_models(self, prefix: str) -> int:
        """Delete the models of executions that were stopped before they did it; the count."""
        sagemaker = self.client("sagemaker")
        pages = sagemaker.get_paginator("list_models").paginate(NameContains=prefix)
        # Listed to the end first, because deleting would move the pages.
        listed = [model["ModelName"] for page in pages for model in page["Models"]]
        names = [name for name in listed if name.startswith(prefix)]
        for name in names:
            self._check_time(f"the models {prefix}*")
            sagemaker.delete_model(ModelName=name)
        return len(names)

    def stop_executions(self, machine: str) -> int:
        """Stop what runs, and with it the jobs, which would go on and be billed."""
        stepfunctions = self.client("stepfunctions")
        stopped: set[str] = set()
        while True:
            running = stepfunctions.list_executions(
                stateMachineArn=machine, statusFilter="RUNNING", maxResults=100
            )["executions"]
            for execution in running:
                arn = execution["executionArn"]
                if arn not in stopped:
                    stepfunctions.stop_execution(executionArn=arn, cause="The service is removed")
                    stopped.add(arn)
            if not running:
                return len(stopped)
            self._check_time(f"the executions of {machine}")
            time.sleep(POLL_SECONDS)

    def delete_log_group(self, group: str) -> None:
        """Delete a log group that SageMaker made."""
        try:
            self.client("logs").delete_log_group(logGroupName=group)
        except ClientError as error:
            _ignore(error, "ResourceNotFoundException")

    def delete_log_streams(self, group: str, prefix: str) -> int:
        """Delete this service's streams out of a log group that the whole account shares."""
        logs = self.client("logs")
        number = 0
        try:
            while True:
                listed = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
                if not listed["logStreams"]:
                    return number
                for stream in listed["logStreams"]:
                    self._check_time(f"the log group {group}")
                    logs.delete_log_stream(
                        logGroupName=group, logStreamName=stream["logStreamName"]
                    )
                    number += 1
        except ClientError as error:
            _ignore(error, "ResourceNotFoundException")
        return number

    def _check_time(self, what: str) -> None:
        if self.seconds_left() < self.reserve_seconds:
            raise UnfinishedError(f"{what}: there is more than fits in one attempt; destroy again")


def keep_logs_for(client: Callable[[str], Any], group: str, days: int) -> None:
    """Give a log group that SageMaker will write to, or has written to, an end to its logs."""
    logs = client("logs")
    try:
        logs.create_log_group(logGroupName=group)
    except ClientError as error:
        _ignore(error, "ResourceAlreadyExistsException")
    logs.put_retention_policy(logGroupName=group, retentionInDays=days)


def _ignore(error: ClientError, code: str) -> None:
    if error.response["Error"]["Code"] != code:
        raise error
