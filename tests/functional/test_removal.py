"""What the custom resource removes when its stack is destroyed, against the AWS of this machine."""

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from removal import handler
from removal.leftovers import Removal, UnfinishedError
from tests.functional.local_machine import EVERYTHING, LocalMachine, eventually

WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


@pytest.fixture
def removal(machine: LocalMachine) -> Removal:
    return Removal(client=machine.client, seconds_left=lambda: 900.0)


def new_bucket(machine: LocalMachine) -> str:
    name = "full-" + uuid.uuid4().hex[:8]
    s3 = machine.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "b"):
        s3.put_object(Bucket=name, Key=key, Body=b"text")
    s3.delete_object(Bucket=name, Key="a")
    s3.create_multipart_upload(Bucket=name, Key="half")
    return name


def test_every_version_marker_and_broken_upload_goes(
    machine: LocalMachine, removal: Removal
) -> None:
    bucket = new_bucket(machine)

    assert removal.empty_bucket(bucket) == 4

    machine.client("s3").delete_bucket(Bucket=bucket)
    assert removal.empty_bucket(bucket) == 0


def test_what_does_not_fit_into_the_time_is_said_and_left(machine: LocalMachine) -> None:
    bucket = new_bucket(machine)
    hasty = Removal(client=machine.client, seconds_left=lambda: 5.0)
    with pytest.raises(UnfinishedError, match=f"the bucket {bucket}: .* destroy again"):
        hasty.empty_bucket(bucket)


def test_running_executions_are_stopped(machine: LocalMachine, removal: Removal) -> None:
    role = machine.new_role("states.amazonaws.com", EVERYTHING)
    stepfunctions = machine.client("stepfunctions")
    arn = stepfunctions.create_state_machine(
        name="waiting-" + uuid.uuid4().hex[:8], definition=json.dumps(WAITING), roleArn=role
    )["stateMachineArn"]
    execution = stepfunctions.start_execution(stateMachineArn=arn)["executionArn"]

    assert removal.stop_executions(arn) == 1

    found = stepfunctions.describe_execution(executionArn=execution)
    assert (found["status"], found["cause"]) == ("ABORTED", "The service is removed")


def test_a_model_package_group_is_emptied(machine: LocalMachine, removal: Removal) -> None:
    sagemaker, group = machine.client("sagemaker"), "group-" + uuid.uuid4().hex[:8]
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    for answer in ("one", "two"):
        container = {"Image": "local/serving", "ModelDataUrl": machine.put_model(answer)}
        sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )

    assert removal.empty_model_group(group) == 2

    sagemaker.delete_model_package_group(ModelPackageGroupName=group)


def test_models_of_stopped_bulk_translations_go_and_no_others(
    machine: LocalMachine, removal: Removal
) -> None:
    sagemaker, service = machine.client("sagemaker"), "news" + uuid.uuid4().hex[:8]
    container = {"Image": "local/serving", "ModelDataUrl": machine.put_model("one")}
    others = {f"{service}--night-m0", f"{service}-bulk", f"de-{service}--bulk--night-m0"}
    # More than a page of them.
    left = {f"{service}--bulk--night-m{number}" for number in range(12)}
    for name in others | left:
        sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=machine.role, PrimaryContainer=container
        )

    handler.remove({"ModelPrefixes": [f"{service}--bulk--"]}, removal)

    found = sagemaker.list_models(NameContains=service, MaxResults=100)["Models"]
    assert {model["ModelName"] for model in found} == others
    assert removal.delete_models(f"{service}--bulk--") == 0


def test_only_this_services_streams_leave_a_shared_log_group(
    machine: LocalMachine, removal: Removal
) -> None:
    logs, group = machine.client("logs"), "/shared/" + uuid.uuid4().hex[:8]
    logs.create_log_group(logGroupName=group)
    for stream in ("news--a/algo-1", "news--b/algo-1", "news-de--a/algo-1"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)

    assert removal.delete_log_streams(group, "news--") == 2

    (left,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert left["logStreamName"] == "news-de--a/algo-1"
    assert removal.delete_log_streams("/nothing/here", "news--") == 0
    removal.delete_log_group("/nothing/here")


class CloudFormation:
    """Takes the answers of the function at an address of its own."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                length = int(self.headers["Content-Length"])
                answers.append(json.loads(self.rfile.read(length)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def request(self, kind: str, stack: str, **properties: Any) -> dict[str, Any]:
        return {
            "RequestType": kind,
            "StackId": stack,
            "RequestId": "request",
            "LogicalResourceId": "Removal",
            "ResponseURL": f"http://127.0.0.1:{self.server.server_port}/answer",
            "ResourceProperties": properties,
        }


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    found = CloudFormation()
    yield found
    found.server.shutdown()
    found.server.server_close()


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture
def _clients(machine: LocalMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "client", machine.client)


@pytest.mark.usefixtures("_clients")
def test_while_the_stack_stays_everything_stays(
    machine: LocalMachine, cloudformation: CloudFormation
) -> None:
    bucket, stack = new_bucket(machine), "stays-" + uuid.uuid4().hex[:8]
    handle = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}
    created = machine.client("cloudformation").create_stack(
        StackName=stack, TemplateBody=json.dumps(handle)
    )
    eventually(lambda: status(machine, stack) == "CREATE_COMPLETE")

    event = cloudformation.request("Delete", created["StackId"], Buckets=[bucket])
    handler.lambda_handler(event, Context())

    (answer,) = cloudformation.answers
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "Removal-removal")
    assert machine.client("s3").get_object(Bucket=bucket, Key="b")["Body"].read() == b"text"


def status(machine: LocalMachine, stack: str) -> str:
    (found,) = machine.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return str(found["StackStatus"])


@pytest.mark.usefixtures("_clients")
def test_logs_that_sagemaker_writes_get_an_end(
    machine: LocalMachine, cloudformation: CloudFormation
) -> None:
    group = "/aws/sagemaker/Endpoints/" + uuid.uuid4().hex[:8]
    for kind in ("Create", "Update"):
        event = cloudformation.request(kind, "any", LogGroups=[group], LogRetentionDays="30")
        handler.lambda_handler(event, Context())

    assert [answer["Status"] for answer in cloudformation.answers] == ["SUCCESS", "SUCCESS"]
    (found,) = machine.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 30


@pytest.mark.usefixtures("_clients")
def test_a_failure_is_answered_with_its_reason(cloudformation: CloudFormation) -> None:
    handler.lambda_handler(cloudformation.request("Delete", "no-such-stack"), Context())

    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "no-such-stack" in answer["Reason"]
    assert len(json.dumps(answer)) < 4096


def test_an_address_that_is_none_is_refused(cloudformation: CloudFormation) -> None:
    event = cloudformation.request("Create", "any") | {"ResponseURL": "file:///etc/passwd"}
    with pytest.raises(ValueError, match="not an address"):
        handler.lambda_handler(event, Context())


def test_clients_are_those_of_the_functions_own_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    handler.client.cache_clear()
    assert handler.client("sagemaker") is handler.client("sagemaker")
