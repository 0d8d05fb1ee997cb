"""What the prototype of conditional endpoints was found to trip over stays true of the stack."""

import json
import re
from typing import Any

import pytest

from protocol.retraining import InputError, RetrainingInput
from stacks.builtin_images import ACCOUNTS, NO_REGISTRY
from stacks.retraining.roles import ENDPOINT_RESOURCE_TYPES
from stacks.retraining.stack_update import PROMOTED
from tests.infrastructure.synthesis import REGISTRY, Synthesis, rendered

AWS_IMAGES = {
    "pytorch": f"{REGISTRY}/serving:1",
    "builtin": "685385470294.dkr.ecr.eu-west-1.amazonaws.com/seq2seq:1",
}
LOCAL_IMAGES = {"pytorch": "local/serving", "builtin": "local/seq2seq"}
ENGINES = pytest.mark.parametrize("engine", ["pytorch", "builtin", "local", "chosen"])


@pytest.fixture
def endpoint(pytorch: Synthesis) -> dict[str, Any]:
    return dict(pytorch.one("Endpoint", "AWS::SageMaker::Endpoint")["Properties"])


@ENGINES
def test_it_holds_no_iam_and_only_what_a_promotion_may_touch(
    engine: str, request: pytest.FixtureRequest
) -> None:
    resources = request.getfixturevalue(engine).resources("Endpoint")
    types = {resource["Type"] for resource in resources.values()}
    assert types <= set(ENDPOINT_RESOURCE_TYPES)
    assert not any(name.startswith("AWS::IAM::") for name in ENDPOINT_RESOURCE_TYPES)


@ENGINES
def test_without_a_model_nothing_exists(engine: str, request: pytest.FixtureRequest) -> None:
    template = request.getfixturevalue(engine).template("Endpoint")
    assert all(resource["Condition"] == "HasModel" for resource in template["Resources"].values())
    assert all(output["Condition"] == "HasModel" for output in template["Outputs"].values())
    expected = {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelDataUrl"}, ""]}]}
    assert template["Conditions"]["HasModel"] == expected


@ENGINES
def test_the_parameters_are_the_promotions_and_no_others(
    engine: str, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue(engine).template("Endpoint")
    assert list(template["Parameters"]) == list(PROMOTED.values())
    assert {parameter["Default"] for parameter in template["Parameters"].values()} == {""}
    assert "Rules" not in template


def test_nothing_conditional_is_exported(pytorch: Synthesis) -> None:
    outputs = pytorch.template("Endpoint")["Outputs"]
    assert list(outputs) == ["EndpointConfigName"]
    assert "Export" not in outputs["EndpointConfigName"]


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("", True),
        ("s3://bucket/executions/a/model/j/output/model.tar.gz", True),
        ("s3://bucket/model.zip", False),
        ('s3://bucket/a".tar.gz', False),
        ("s3://bucket/a b.tar.gz", False),
        ("s3://bucket/a\\b.tar.gz", False),
        ("s3://bucket/.tar.gz", False),
        ("s3://b/a.tar.gz", False),
        ("https://bucket/model.tar.gz", False),
    ],
)
def test_a_url_that_would_break_the_record_is_refused(
    pytorch: Synthesis, url: str, accepted: bool
) -> None:
    pattern = pytorch.template("Endpoint")["Parameters"]["ModelDataUrl"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, url)) is accepted
    if url:
        assert accepted_at_input(url) is accepted


def accepted_at_input(url: str) -> bool:
    """What an execution's input may name is what the stack takes at the last step."""
    try:
        return RetrainingInput.parse({"pretrained_model": url}).pretrained_model == url
    except InputError:
        return False


def test_the_endpoints_name_is_literal_and_the_others_are_generated(pytorch: Synthesis) -> None:
    assert pytorch.one("Endpoint", "AWS::SageMaker::Endpoint")["Properties"]["EndpointName"] == (
        "translation"
    )
    model = pytorch.one("Endpoint", "AWS::SageMaker::Model")["Properties"]
    config = pytorch.one("Endpoint", "AWS::SageMaker::EndpointConfig")["Properties"]
    assert "ModelName" not in model
    assert "EndpointConfigName" not in config
    assert model["PrimaryContainer"]["ModelDataUrl"] == {"Ref": "ModelDataUrl"}


def test_a_promotion_keeps_the_scaled_out_count(endpoint: dict[str, Any]) -> None:
    assert endpoint["RetainAllVariantProperties"] is True


def test_without_scaling_a_changed_count_is_taken_from_the_configuration(
    chosen: Synthesis,
) -> None:
    endpoint = chosen.one("Endpoint", "AWS::SageMaker::Endpoint")["Properties"]
    assert endpoint["RetainAllVariantProperties"] is False
    config = chosen.one("Endpoint", "AWS::SageMaker::EndpointConfig")["Properties"]
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == 2


def test_one_instance_switches_at_once_and_bakes(endpoint: dict[str, Any]) -> None:
    policy = endpoint["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    assert policy["TerminationWaitInSeconds"] == 300
    assert 600 <= policy["MaximumExecutionTimeoutInSeconds"] <= 28_800


@pytest.mark.parametrize("synthesis", ["chosen", "scaled"])
def test_two_instances_get_a_canary_of_one_with_and_without_scaling(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(synthesis)
    endpoint = found.one("Endpoint", "AWS::SageMaker::Endpoint")["Properties"]
    assert endpoint["RetainAllVariantProperties"] is (synthesis == "scaled")
    traffic = endpoint["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert traffic["Type"] == "CANARY"
    assert traffic["CanarySize"] == {"Type": "INSTANCE_COUNT", "Value": 1}


def test_alarms_judge_the_new_configuration_only(
    pytorch: Synthesis, endpoint: dict[str, Any]
) -> None:
    alarms = pytorch.resources("Endpoint", "AWS::CloudWatch::Alarm")
    (config,) = pytorch.resources("Endpoint", "AWS::SageMaker::EndpointConfig")
    by_config = {"Fn::GetAtt": [config, "EndpointConfigName"]}
    for alarm in alarms.values():
        dimensions = {d["Name"]: d["Value"] for d in alarm["Properties"]["Dimensions"]}
        assert dimensions["EndpointName"] == "translation"
        assert dimensions["EndpointConfigName"] == by_config
        # A name of its own for each configuration: an updated alarm would keep its old state.
        assert by_config in alarm["Properties"]["AlarmName"]["Fn::Join"][1]
    rollback = endpoint["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert {alarm["AlarmName"]["Ref"] for alarm in rollback} == set(alarms)


def test_nothing_before_the_endpoint_needs_the_endpoint(pytorch: Synthesis) -> None:
    (name,) = pytorch.resources("Endpoint", "AWS::SageMaker::Endpoint")
    for resource_type in ("Model", "EndpointConfig"):
        resource = pytorch.one("Endpoint", f"AWS::SageMaker::{resource_type}")
        assert name not in json.dumps(resource)
    for alarm in pytorch.resources("Endpoint", "AWS::CloudWatch::Alarm").values():
        assert name not in json.dumps(alarm)


def test_scaling_follows_the_endpoint_by_its_literal_name(pytorch: Synthesis) -> None:
    target = pytorch.one("Endpoint", "AWS::ApplicationAutoScaling::ScalableTarget")
    (endpoint,) = pytorch.resources("Endpoint", "AWS::SageMaker::Endpoint")
    assert target["DependsOn"] == [endpoint]
    assert target["Properties"]["ResourceId"] == "endpoint/translation/variant/AllTraffic"
    assert target["Properties"]["MinCapacity"] == 1
    assert target["Properties"]["MaxCapacity"] == 2


def test_equal_limits_mean_no_scaling(chosen: Synthesis) -> None:
    types = {resource["Type"] for resource in chosen.resources("Endpoint").values()}
    assert not any(name.startswith("AWS::ApplicationAutoScaling") for name in types)


@ENGINES
def test_the_record_is_written_after_the_endpoint_and_names_its_model(
    engine: str, request: pytest.FixtureRequest
) -> None:
    synthesis = request.getfixturevalue(engine)
    record = synthesis.one("Endpoint", "AWS::SSM::Parameter")
    assert record["DependsOn"] == list(synthesis.resources("Endpoint", "AWS::SageMaker::Endpoint"))
    name = "german" if engine == "chosen" else "translation"
    assert record["Properties"]["Name"] == f"/{name}/model"
    separator, parts = record["Properties"]["Value"]["Fn::Join"]
    for model_engine in ("pytorch", "builtin"):
        chosen = [chosen_by_engine(part, model_engine) for part in parts]
        value = separator.join(part if isinstance(part, str) else part["Ref"] for part in chosen)
        assert json.loads(value) == {
            "model_data": "ModelDataUrl",
            "description": "ModelDescriptionUrl",
            "engine": model_engine,
            "source_language": "en",
            "target_language": "de-AT" if engine == "chosen" else "de",
        }


def test_the_containers_have_no_network(pytorch: Synthesis) -> None:
    model = pytorch.one("Endpoint", "AWS::SageMaker::Model")["Properties"]
    assert model["EnableNetworkIsolation"] is True


def chosen_by_engine(value: Any, engine: str) -> Any:
    """What CloudFormation makes of a value that may depend on the parameter ModelEngine."""
    if isinstance(value, dict) and "Fn::If" in value:
        condition, builtin, other = value["Fn::If"]
        assert condition == "ModelIsBuiltin"
        return builtin if engine == "builtin" else other
    return value


@ENGINES
def test_the_image_is_the_models_and_not_the_deployments(
    engine: str, request: pytest.FixtureRequest
) -> None:
    synthesis = request.getfixturevalue(engine)
    template = synthesis.template("Endpoint")
    by_parameter = {"Fn::Equals": [{"Ref": "ModelEngine"}, "builtin"]}
    assert template["Conditions"]["ModelIsBuiltin"] == by_parameter
    assert template["Parameters"]["ModelEngine"]["AllowedValues"] == ["", "pytorch", "builtin"]
    container = synthesis.one("Endpoint", "AWS::SageMaker::Model")["Properties"]["PrimaryContainer"]
    image = container["Image"]
    assert image.keys() == {"Fn::If"}
    found = {
        model_engine: rendered(chosen_by_engine(image, model_engine), template)
        for model_engine in ("pytorch", "builtin")
    }
    assert found == (LOCAL_IMAGES if engine == "local" else AWS_IMAGES)


def test_another_engine_leaves_what_is_served_as_it_is(
    pytorch: Synthesis, builtin: Synthesis
) -> None:
    before, after = pytorch.template("Endpoint"), builtin.template("Endpoint")
    for part in ("Parameters", "Conditions", "Resources", "Outputs"):
        assert after[part] == before[part]


def test_regions_without_the_builtin_image_are_refused_only_where_it_is_needed(
    pytorch: Synthesis, builtin: Synthesis
) -> None:
    for stack in ("Retraining", "Endpoint"):
        (needed,) = builtin.template(stack)["Mappings"].values()
        assert needed == {region: {"account": account} for region, account in ACCOUNTS.items()}
        (found,) = pytorch.template(stack)["Mappings"].values()
        assert found.items() >= needed.items()
        assert found["mx-central-1"] == {"account": NO_REGISTRY}
    assert len(ACCOUNTS) == 37
    assert ACCOUNTS["us-east-1"] == "811284229777"
