"""Serverless endpoints on this machine: accepted as on AWS, and refused where AWS refuses."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_machine import LocalMachine, eventually

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
INSTANCES = {"InstanceType": "ml.c6i.large", "InitialInstanceCount": 1}


class Hosting:
    """One model, in endpoints of the test's own."""

    def __init__(self, machine: LocalMachine, **model: Any) -> None:
        self.sagemaker = machine.client("sagemaker")
        self.runtime = machine.client("sagemaker-runtime")
        self.name = "serverless-" + uuid.uuid4().hex[:8]
        self.sagemaker.create_model(
            ModelName=self.name,
            ExecutionRoleArn=machine.role,
            PrimaryContainer={"Image": "local/serving", "ModelDataUrl": machine.put_model("yes")},
            **model,
        )

    def config(self, suffix: str, **size: Any) -> str:
        variant = {"VariantName": "AllTraffic", "ModelName": self.name} | size
        name = f"{self.name}-{suffix}"
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        return name


@pytest.fixture(scope="module")
def serving(machine: LocalMachine) -> Iterator[Hosting]:
    hosting = Hosting(machine)
    config = hosting.config("first", ServerlessConfig=SERVERLESS)
    hosting.sagemaker.create_endpoint(EndpointName=hosting.name, EndpointConfigName=config)
    eventually(lambda: described(hosting)["EndpointStatus"] == "InService")
    yield hosting
    hosting.sagemaker.delete_endpoint(EndpointName=hosting.name)


def described(hosting: Hosting) -> dict[str, Any]:
    return dict(hosting.sagemaker.describe_endpoint(EndpointName=hosting.name))


def test_it_answers_and_tells_its_memory(serving: Hosting) -> None:
    (variant,) = described(serving)["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == SERVERLESS
    assert "CurrentInstanceCount" not in variant
    answer = serving.runtime.invoke_endpoint(EndpointName=serving.name, Body=b"hello")
    assert answer["Body"].read() == b"yes"


def test_a_body_over_four_megabytes_is_refused(serving: Hosting) -> None:
    with pytest.raises(ClientError, match="less than or equal to 4194304"):
        serving.runtime.invoke_endpoint(EndpointName=serving.name, Body=b"x" * 4_194_305)


def test_it_never_becomes_a_fleet_under_the_same_name(serving: Hosting) -> None:
    fleet = serving.config("fleet", **INSTANCES)
    with pytest.raises(ClientError, match="create another endpoint"):
        serving.sagemaker.update_endpoint(EndpointName=serving.name, EndpointConfigName=fleet)


def test_a_deployment_policy_is_refused(serving: Hosting) -> None:
    again = serving.config("again", ServerlessConfig=SERVERLESS)
    policy = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    with pytest.raises(ClientError, match="DeploymentConfig is not supported"):
        serving.sagemaker.update_endpoint(
            EndpointName=serving.name,
            EndpointConfigName=again,
            DeploymentConfig={"BlueGreenUpdatePolicy": policy},
        )


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ({"ServerlessConfig": SERVERLESS} | INSTANCES, "exclude each other"),
        ({}, "needs InstanceType and InitialInstanceCount"),
        ({"ServerlessConfig": SERVERLESS | {"MemorySizeInMB": 1500}}, "must be 1024, 2048"),
        ({"ServerlessConfig": SERVERLESS | {"MemorySizeInMB": 7168}}, "less than or equal to 6144"),
        ({"ServerlessConfig": SERVERLESS | {"MaxConcurrency": 201}}, "less than or equal to 200"),
    ],
)
def test_sizes_that_aws_refuses(serving: Hosting, size: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        serving.config("wrong", **size)


def test_an_isolated_model_is_refused(machine: LocalMachine) -> None:
    isolated = Hosting(machine, EnableNetworkIsolation=True)
    with pytest.raises(ClientError, match="does not support EnableNetworkIsolation"):
        isolated.config("config", ServerlessConfig=SERVERLESS)
