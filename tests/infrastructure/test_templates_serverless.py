"""Serverless inference: what AWS refuses there is left out, and the endpoint has another name."""

import json
from typing import Any

import pytest

from stacks.settings import Settings
from tests.infrastructure.service_models import check_request
from tests.infrastructure.synthesis import Synthesis

ENDPOINT = "translation--serverless"


def properties(synthesis: Synthesis, kind: str) -> dict[str, Any]:
    return dict(synthesis.one("Endpoint", f"AWS::SageMaker::{kind}")["Properties"])


def named(value: Any) -> Any:
    """The properties with a name in place of each reference, as in the request."""
    match value:
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            return name
        case {"Fn::If": [_, _, other]}:
            return named(other)
        case {"Fn::GetStackOutput": _}:
            return "arn:aws:iam::123456789012:role/endpoint"
        case dict():
            return {key: named(item) for key, item in value.items()}
        case list():
            return [named(item) for item in value]
    return value


def test_the_requests_are_what_sagemaker_takes(serverless: Synthesis) -> None:
    config = named(properties(serverless, "EndpointConfig"))
    check_request("sagemaker", "CreateEndpointConfig", config | {"EndpointConfigName": "config"})
    endpoint = named(properties(serverless, "Endpoint"))
    request = {key: endpoint[key] for key in ("EndpointName", "EndpointConfigName")}
    check_request("sagemaker", "CreateEndpoint", request)
    (variant,) = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 20}
    assert not {"InstanceType", "InitialInstanceCount"} & variant.keys()


def test_what_serverless_inference_refuses_is_left_out(serverless: Synthesis) -> None:
    model, endpoint = properties(serverless, "Model"), properties(serverless, "Endpoint")
    assert model["EnableNetworkIsolation"] is False
    assert "VpcConfig" not in model
    assert "DeploymentConfig" not in endpoint
    assert endpoint["RetainAllVariantProperties"] is False
    types = {resource["Type"] for resource in serverless.resources("Endpoint").values()}
    assert types == {
        "AWS::SSM::Parameter",
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Model",
    }


def test_the_switch_is_another_endpoint_which_everything_names(
    pytorch: Synthesis, serverless: Synthesis
) -> None:
    assert properties(pytorch, "Endpoint")["EndpointName"] == "translation"
    assert properties(serverless, "Endpoint")["EndpointName"] == ENDPOINT
    asked = {
        state["Arguments"]["EndpointName"]
        for state in serverless.definition()["States"].values()
        if "EndpointName" in state.get("Arguments", {})
    }
    assert asked == {ENDPOINT}
    functions = serverless.resources("Api", "AWS::Lambda::Function").values()
    variables = [function["Properties"]["Environment"]["Variables"] for function in functions]
    assert {found["ENDPOINT_NAME"] for found in variables if "ENDPOINT_NAME" in found} == {ENDPOINT}
    for stack in ("Api", "Retraining"):
        for statement in serverless.statements(stack):
            if "sagemaker:InvokeEndpoint" in json.dumps(statement["Action"]):
                assert f":endpoint/{ENDPOINT}" in json.dumps(statement["Resource"])


@pytest.mark.parametrize("name", ["news", "translation"])
def test_no_other_service_can_have_the_endpoints_name(name: str) -> None:
    settings = Settings(name=name, endpoint_serverless=True)
    assert "--" in settings.endpoint_name
    check_request(
        "sagemaker",
        "CreateEndpoint",
        {"EndpointName": settings.endpoint_name, "EndpointConfigName": "config"},
    )
