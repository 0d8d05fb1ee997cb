"""Endpoints on this machine: CloudFormation switches models, callers notice nothing."""

import json
import threading
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any, Self

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.functional.local_machine import LocalMachine, alive, eventually


def template(machine: LocalMachine, name: str) -> str:
    resources: dict[str, Any] = {
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": machine.role,
                "EnableNetworkIsolation": True,
                "PrimaryContainer": {
                    "Image": "local/serving",
                    "ModelDataUrl": {"Ref": "ModelDataUrl"},
                },
            },
        },
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {
                        "VariantName": "AllTraffic",
                        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                        "InstanceType": "ml.c6i.large",
                        "InitialInstanceCount": "1",
                        "InitialVariantWeight": 1,
                    }
                ]
            },
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": name,
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "RetainAllVariantProperties": True,
            },
        },
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "DependsOn": "Endpoint",
            "Properties": {
                "ServiceNamespace": "sagemaker",
                "ResourceId": f"endpoint/{name}/variant/AllTraffic",
                "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
                "MinCapacity": 1,
                "MaxCapacity": 2,
            },
        },
        "Scaling": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "load",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 100,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                    },
                },
            },
        },
        "Record": {
            "Type": "AWS::SSM::Parameter",
            "DependsOn": "Endpoint",
            "Properties": {"Type": "String", "Value": {"Ref": "ModelDataUrl"}},
        },
    }
    has_model = {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelDataUrl"}, ""]}]}
    return json.dumps(
        {
            "Parameters": {"ModelDataUrl": {"Type": "String", "Default": ""}},
            "Conditions": {"HasModel": has_model},
            "Resources": {
                key: value | {"Condition": "HasModel"} for key, value in resources.items()
            }
            | {"Always": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        }
    )


class EndpointStack:
    """A stack as the service's own, with the stand-in for serving behind it."""

    def __init__(self, machine: LocalMachine) -> None:
        self.machine = machine
        self.name = "endpoint-" + uuid.uuid4().hex[:8]
        self._stacks = machine.client("cloudformation")
        self._runtime = machine.client("sagemaker-runtime")
        body = template(machine, self.name)
        self._stacks.create_stack(StackName=self.name, TemplateBody=body)
        assert self.settled() == "CREATE_COMPLETE"

    def promote(self, uri: str) -> str:
        self._stacks.update_stack(
            StackName=self.name,
            UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": "ModelDataUrl", "ParameterValue": uri}],
        )
        return self.settled()

    def settled(self) -> str:
        def look() -> str | None:
            (stack,) = self._stacks.describe_stacks(StackName=self.name)["Stacks"]
            status = str(stack["StackStatus"])
            return None if status.endswith("IN_PROGRESS") else status

        return eventually(look)

    def invoke(self, body: bytes = b"hello") -> bytes:
        answer = self._runtime.invoke_endpoint(
            EndpointName=self.name, Body=body, ContentType="text/plain", Accept="text/x-answer"
        )
        assert answer["ContentType"] == "text/x-answer"
        assert answer["InvokedProductionVariant"] == "AllTraffic"
        content: bytes = answer["Body"].read()
        return content

    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.machine.client("sagemaker").describe_endpoint(
            EndpointName=self.name
        )
        return found

    def log(self) -> Path:
        config = self.describe()["EndpointConfigName"]
        return self.machine.settings.logs / "endpoints" / self.name / f"{config}.log"

    def processes(self) -> list[int]:
        """The serving processes, found by the folder that they run in."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"/endpoints/{self.name}-" in str((folder / "cwd").readlink()):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found


@pytest.fixture
def stack(machine: LocalMachine) -> EndpointStack:
    return EndpointStack(machine)


def test_a_stack_without_a_model_has_no_endpoint(stack: EndpointStack) -> None:
    with pytest.raises(ClientError, match=f"Endpoint {stack.name} of account .* not found"):
        stack.invoke()
    with pytest.raises(ClientError, match="Could not find endpoint"):
        stack.describe()


class Callers:
    """Threads that call without a pause while something happens to the endpoint."""

    def __init__(self, stack: EndpointStack) -> None:
        self.answers: list[bytes] = []
        self.failures: list[BaseException] = []
        self._stack = stack
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(4)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        while not self._ended.is_set():
            try:
                self.answers.append(self._stack.invoke(b"sleep 0.05"))
            except (BotoCoreError, ClientError) as error:
                self.failures.append(error)


def test_a_switch_fails_no_call_and_ends_the_old_process(stack: EndpointStack) -> None:
    assert stack.promote(stack.machine.put_model("one")) == "UPDATE_COMPLETE"
    assert stack.invoke() == b"one"
    before, first_log = stack.processes(), stack.log()
    with Callers(stack) as callers:
        assert stack.promote(stack.machine.put_model("two")) == "UPDATE_COMPLETE"
        eventually(lambda: callers.answers[-1] == b"two" or None)
    assert callers.failures == []
    assert set(callers.answers) == {b"one", b"two"}
    assert stack.describe()["EndpointStatus"] == "InService"
    assert not any(alive(pid) for pid in before)
    assert stack.log() != first_log


def unusable_model(machine: LocalMachine, kind: str) -> str:
    if kind == "corrupt":
        return machine.put(f"models/{uuid.uuid4().hex}/model.tar.gz", b"\x1f\x8b half an archive")
    if kind == "missing":
        return f"s3://{machine.bucket}/models/{uuid.uuid4().hex}/model.tar.gz"
    return machine.put_model("broken")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("corrupt", "not a usable .tar.gz"),
        ("missing", "cannot download"),
        ("crashes on load", "the model cannot be loaded"),
    ],
)
def test_an_unusable_model_leaves_the_old_one_serving_without_a_failed_call(
    stack: EndpointStack, kind: str, reason: str
) -> None:
    stack.promote(stack.machine.put_model("one"))
    config = stack.describe()["EndpointConfigName"]
    serving = stack.processes()
    with Callers(stack) as callers:
        uri = unusable_model(stack.machine, kind)
        assert stack.promote(uri) == "UPDATE_ROLLBACK_COMPLETE"
    assert callers.failures == []
    assert set(callers.answers) == {b"one"}
    found = stack.describe()
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", config)
    assert reason in found["FailureReason"]
    assert stack.processes() == serving
    assert stack.promote(stack.machine.put_model("two")) == "UPDATE_COMPLETE"
    assert stack.invoke() == b"two"
    assert "FailureReason" not in stack.describe()


def test_a_crash_on_load_names_the_log(stack: EndpointStack) -> None:
    stack.promote(stack.machine.put_model("one"))
    stack.promote(stack.machine.put_model("broken"))
    assert f"/logs/endpoints/{stack.name}/" in stack.describe()["FailureReason"]


def test_going_back_from_a_model_that_answers_wrongly_fails_no_call(stack: EndpointStack) -> None:
    right = stack.machine.put_model("one")
    stack.promote(right)
    with Callers(stack) as callers:
        assert stack.promote(stack.machine.put_model("wrong")) == "UPDATE_COMPLETE"
        assert stack.invoke() == b"wrong"
        assert stack.promote(right) == "UPDATE_COMPLETE"
        eventually(lambda: callers.answers[-1] == b"one" or None)
    assert callers.failures == []
    assert set(callers.answers) == {b"one", b"wrong"}
    assert "FailureReason" not in stack.describe()


def test_a_failing_first_model_leaves_nothing(stack: EndpointStack) -> None:
    assert stack.promote(stack.machine.put_model("broken")) == "UPDATE_ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="Could not find endpoint"):
        stack.describe()
    assert stack.processes() == []


def test_an_emptied_parameter_stops_the_process(stack: EndpointStack) -> None:
    stack.promote(stack.machine.put_model("one"))
    assert stack.processes()
    assert stack.promote("") == "UPDATE_COMPLETE"
    assert eventually(lambda: stack.processes() == [] or None)
    with pytest.raises(ClientError, match="not found"):
        stack.invoke()


def test_the_containers_refusal_comes_through(stack: EndpointStack) -> None:
    stack.promote(stack.machine.put_model("one"))
    with pytest.raises(ClientError) as refused:
        stack.invoke(b"refuse")
    answer = refused.value.response
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == 400
    assert json.loads(answer["OriginalMessage"]) == {"message": "no", "code": "bad_request"}


def test_a_dead_process_is_replaced(stack: EndpointStack) -> None:
    stack.promote(stack.machine.put_model("one"))
    with pytest.raises(ClientError) as died:
        stack.invoke(b"die")
    assert died.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    refusals = set()

    def answer() -> bytes | None:
        try:
            return stack.invoke()
        except ClientError as error:
            refusals.add(error.response["Error"]["Code"])
            return None

    assert eventually(answer) == b"one"
    assert refusals <= {"ServiceUnavailable"}


def test_a_body_over_the_limit_is_refused(stack: EndpointStack) -> None:
    stack.promote(stack.machine.put_model("one"))
    with pytest.raises(ClientError, match="less than or equal to 6291456"):
        stack.invoke(b"x" * 6_291_457)


def test_an_unsigned_call_is_refused(stack: EndpointStack) -> None:
    stack.promote(stack.machine.put_model("one"))
    url = f"{stack.machine.settings.endpoint_url}/endpoints/{stack.name}/invocations"
    for headers in ({}, {"Authorization": "Bearer let-me-in"}):
        request = urllib.request.Request(url, data=b"hello", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 403
        refused.value.close()
    stranger = stack.machine.client(
        "sagemaker-runtime", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with pytest.raises(ClientError, match="UnrecognizedClient"):
        stranger.invoke_endpoint(EndpointName=stack.name, Body=b"hello")


def test_deleting_the_stack_deletes_the_endpoint(stack: EndpointStack) -> None:
    stack.promote(stack.machine.put_model("one"))
    stack.machine.client("cloudformation").delete_stack(StackName=stack.name)
    assert eventually(lambda: stack.processes() == [] or None)
