"""What starts executions on this machine besides people, and who is told how they end."""

import json
import uuid
from typing import Any

import pytest

from tests.functional.local_machine import LocalMachine, eventually, policy
from tests.functional.test_local_state_machines import Execution

MANIFEST = "manifests/retrain.json"
PUBLISH = "arn:aws:states:::aws-sdk:sns:publish"


class Machine:
    """A state machine that ends at once with its input, or waits."""

    def __init__(self, machine: LocalMachine, *, waits: int = 0, **definition: Any) -> None:
        self.states = machine.client("stepfunctions")
        self.local = machine
        state = {"Type": "Wait", "Seconds": waits} if waits else {"Type": "Pass"}
        whole = {"StartAt": "Only", "States": {"Only": {**state, "End": True}}, **definition}
        self.arn = self.states.create_state_machine(
            name="machine-" + uuid.uuid4().hex[:8],
            definition=json.dumps(whole),
            roleArn=machine.new_role(
                "states.amazonaws.com", [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
            ),
        )["stateMachineArn"]

    def rule(self, *, allowed: bool = True, **rule: Any) -> str:
        """A rule that starts this machine with a role of its own."""
        events = self.local.client("events")
        name = "rule-" + uuid.uuid4().hex[:8]
        resource = self.arn if allowed else f"{self.arn}-other"
        statement = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": resource}
        role = self.local.new_role("events.amazonaws.com", [statement])
        events.put_rule(Name=name, **rule)
        target = {"Id": "1", "Arn": self.arn, "RoleArn": role, "Input": '{"manifest": "here"}'}
        events.put_targets(Rule=name, Targets=[target])
        return name

    def executions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.states.list_executions(stateMachineArn=self.arn)[
            "executions"
        ]
        return found


def object_pattern(bucket: str) -> str:
    return json.dumps(
        {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [bucket]}, "object": {"key": [MANIFEST]}},
        }
    )


@pytest.fixture
def listened(machine: LocalMachine) -> str:
    """A bucket of a stack that tells EventBridge of its objects."""
    name = "bucket-" + uuid.uuid4().hex[:8]
    properties = {
        "BucketName": name,
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    }
    template = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}}
    stacks = machine.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return name


def test_one_manifest_starts_one_execution_and_other_files_none(
    machine: LocalMachine, listened: str
) -> None:
    started, forbidden = Machine(machine), Machine(machine)
    pattern = object_pattern(listened)
    started.rule(EventPattern=pattern)
    forbidden.rule(EventPattern=pattern, allowed=False)
    s3 = machine.client("s3")
    for key in ("executions/e1/train/train.rec", "manifests/retrain.json.tmp", "corpora/a.en"):
        s3.put_object(Bucket=listened, Key=key, Body=b"{}")
    s3.put_object(Bucket=listened, Key=MANIFEST, Body=b"{}")
    (execution,) = eventually(started.executions)
    described = started.states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"manifest": "here"}
    assert forbidden.executions() == []
    s3.delete_object(Bucket=listened, Key=MANIFEST)
    s3.put_object(Bucket=listened, Key=MANIFEST, Body=b'{"promote": false}')
    eventually(lambda: len(started.executions()) == 2 or None)


def test_a_bucket_that_tells_nobody_starts_nothing(machine: LocalMachine) -> None:
    started = Machine(machine)
    started.rule(EventPattern=object_pattern(machine.bucket))
    machine.put(MANIFEST, b"{}")
    assert started.executions() == []


class Topic:
    """A topic whose messages end in a queue."""

    def __init__(self, machine: LocalMachine) -> None:
        name = "told-" + uuid.uuid4().hex[:8]
        self._sqs = machine.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )
        sns = machine.client("sns")
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        queue_arn = attributes["Attributes"]["QueueArn"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
        }
        self._sqs.set_queue_attributes(
            QueueUrl=self._queue, Attributes={"Policy": policy([allowed])}
        )
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=queue_arn)

    def message(self) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self._sqs.receive_message(QueueUrl=self._queue, WaitTimeSeconds=1)
            messages = found.get("Messages", [])
            return json.loads(messages[0]["Body"]) if messages else None

        return eventually(look)


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_an_execution_that_cannot_tell_its_end_is_told_of(
    machine: LocalMachine, status: str
) -> None:
    limit = {"TimeoutSeconds": 1} if status == "TIMED_OUT" else {}
    waiting, topic = Machine(machine, waits=60, **limit), Topic(machine)
    events, name = machine.client("events"), "rule-" + uuid.uuid4().hex[:8]
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [waiting.arn], "status": ["ABORTED", "TIMED_OUT"]},
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    transformer = {
        "InputPathsMap": {"status": "$.detail.status", "execution": "$.detail.executionArn"},
        "InputTemplate": '"it ended as <status>: <execution>"',
    }
    target = {"Id": "1", "Arn": topic.arn, "InputTransformer": transformer}
    events.put_targets(Rule=name, Targets=[target])
    arn = waiting.states.start_execution(stateMachineArn=waiting.arn)["executionArn"]
    if status == "ABORTED":
        waiting.states.stop_execution(executionArn=arn)
    assert f"it ended as {status}: {arn}" in topic.message()["Message"]


def test_states_publish_with_the_machines_role(machine: LocalMachine) -> None:
    topic = Topic(machine)
    arguments = {
        "TopicArn": topic.arn,
        "Subject": "translation: a new model is served",
        "Message": "Why: it is better\nby far",
        "MessageAttributes": {"outcome": {"DataType": "String", "StringValue": "promoted"}},
    }
    task = {"Resource": PUBLISH, "Arguments": arguments}
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": f"{topic.arn}-other"}
    ended = Execution(machine, task, statements=[statement]).ended()
    assert ended["status"] == "FAILED"
    assert ended["error"].startswith("Sns.")
    statement["Resource"] = topic.arn
    ended = Execution(machine, task, statements=[statement]).ended()
    assert ended["status"] == "SUCCEEDED", ended
    message = topic.message()
    assert message["Subject"] == arguments["Subject"]
    assert message["Message"] == arguments["Message"]
    assert message["MessageAttributes"]["outcome"]["Value"] == "promoted"
