"""What only AWS can run: the built-in algorithm's requests, in every region that has its image.

The stacks name no region, so one synthesis is rendered as CloudFormation would in each of them.
"""

import re
from functools import cache
from typing import Any

import pytest

from stacks.builtin_images import ACCOUNTS
from stacks.instance_types import TRAINING_STORAGE_GB
from tests.infrastructure.bulk_machine import BulkRun
from tests.infrastructure.retraining_machine import Run
from tests.infrastructure.service_models import check_request
from tests.infrastructure.synthesis import ACCOUNT, REGION, Synthesis, rendered
from training.built_in import BUILT_IN

SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}
EVERY_REGION = pytest.mark.parametrize("region", sorted(ACCOUNTS))
TRAIN = "sagemaker:createTrainingJob.sync"
TUNE = "sagemaker:createHyperParameterTuningJob.sync"
MODEL_OF_BULK = "aws-sdk:sagemaker:createModel"
TRANSFORM = "sagemaker:createTransformJob.sync"
MODEL = "s3://translation-bucket/executions/e/model/job/output/model.tar.gz"


def of_region(values: dict[str, str], region: str, otherwise: str) -> str:
    return next((value for start, value in values.items() if region.startswith(start)), otherwise)


def image(region: str) -> str:
    suffix = of_region(SUFFIXES, region, "amazonaws.com")
    return f"{ACCOUNTS[region]}.dkr.ecr.{region}.{suffix}/seq2seq:1"


def role_start(region: str) -> str:
    return f"arn:{of_region(PARTITIONS, region, 'aws')}:iam::{ACCOUNT}:role/"


@pytest.fixture(scope="module")
def asked(builtin: Synthesis) -> dict[str, dict[str, Any]]:
    """What executions ask for at home, by action; the fake has checked it all."""
    with pytest.MonkeyPatch.context() as patch:
        given = {"hyperparameters": {"optimized_metric": "bleu", "batch_size": 128}}
        trained = Run(builtin.definition(), engine="builtin").start(patch, given)
        tuned = Run(builtin.definition(), engine="builtin")
        tuned.start(patch, {"tuning": {"max_jobs": 4}})
        bulk = BulkRun(builtin.definition("Bulk"))
        assert bulk.served is not None
        bulk.served["engine"] = "builtin"
        bulk.start(patch, {"input": "s3://translation-bucket/bulk/news.txt"})
    for run in (trained, tuned, bulk):
        assert run.status == "SUCCEEDED", run.cause
    runs = {TRAIN: trained, TUNE: tuned, MODEL_OF_BULK: bulk, TRANSFORM: bulk}
    return {action: run.sent(action.rpartition(":")[2])[0] for action, run in runs.items()}


def request_in(
    builtin: Synthesis, asked: dict[str, dict[str, Any]], stack: str, action: str, region: str
) -> Any:
    """The request of a region: as at home, but for what the region's own definition spells out."""
    there, here = (
        arguments_of(definition_in(builtin, stack, place), action) for place in (region, REGION)
    )
    return _moved(there, here, asked[action])


@cache
def definition_in(builtin: Synthesis, stack: str, region: str) -> dict[str, Any]:
    return builtin.definition(stack, region)


def arguments_of(definition: dict[str, Any], action: str) -> Any:
    (found,) = (
        state["Arguments"]
        for state in definition["States"].values()
        if state.get("Resource", "").endswith(f":states:::{action}")
    )
    return found


def _moved(there: Any, here: Any, asked: Any) -> Any:
    if isinstance(there, dict):
        assert there.keys() == here.keys() == asked.keys()
        return {key: _moved(there[key], here[key], asked[key]) for key in there}
    if isinstance(there, list):
        parts = zip(there, here, asked, strict=True)
        return [_moved(*part) for part in parts]
    if there == here:
        # The same words or the same expression; what it came to at home is what it comes to.
        return asked
    expression = re.fullmatch(r"\{% (.*) %\}", str(there), flags=re.DOTALL)
    return _chosen(expression[1], asked, here) if expression else there


def _chosen(expression: str, asked: Any, here: str) -> str:
    """The literal in an expression that names the region, where the one of home was taken."""
    at_home = re.findall(r"'([^']*)'", here)
    index = at_home.index(asked)
    return str(re.findall(r"'([^']*)'", expression)[index])


@EVERY_REGION
def test_jobs_ask_for_what_the_algorithm_can(
    builtin: Synthesis, asked: dict[str, dict[str, Any]], region: str
) -> None:
    training = request_in(builtin, asked, "Retraining", TRAIN, region)
    check_request("sagemaker", "CreateTrainingJob", training)
    check_training(training, region)
    check_names(training["HyperParameters"])
    tuning = request_in(builtin, asked, "Retraining", TUNE, region)
    check_request("sagemaker", "CreateHyperParameterTuningJob", tuning)
    definition = tuning["TrainingJobDefinition"]
    check_training(definition, region)
    check_names(definition["StaticHyperParameters"])
    for ranges in tuning["HyperParameterTuningJobConfig"]["ParameterRanges"].values():
        check_names({found["Name"] for found in ranges})
    for request in (training, definition):
        assert request["RoleArn"].startswith(role_start(region))


def check_training(request: dict[str, Any], region: str) -> None:
    """The limits that AWS documents for the algorithm and its model of requests does not hold."""
    # No definitions of metrics: SageMaker refuses them for its own algorithms.
    algorithm = {"TrainingImage": image(region), "TrainingInputMode": "File"}
    assert request["AlgorithmSpecification"] == algorithm
    channels = {channel["ChannelName"]: channel for channel in request["InputDataConfig"]}
    assert list(channels) == ["train", "validation", "vocab"]
    for channel in channels.values():
        source = channel["DataSource"]["S3DataSource"]
        assert (channel["InputMode"], source["S3DataType"]) == ("File", "S3Prefix")
        assert source["S3DataDistributionType"] == "FullyReplicated"
    for name in ("train", "validation"):
        assert channels[name]["ContentType"] == "application/x-recordio-protobuf"
    resources = request["ResourceConfig"]
    assert resources["InstanceCount"] == 1
    assert resources["VolumeSizeInGB"] <= TRAINING_STORAGE_GB[resources["InstanceType"]]
    assert "VolumeKmsKeyId" not in resources
    assert not {"EnableManagedSpotTraining", "CheckpointConfig"} & set(request)
    assert request["StoppingCondition"].keys() == {"MaxRuntimeInSeconds"}
    assert request["StoppingCondition"]["MaxRuntimeInSeconds"] <= 28 * 86_400


def check_names(hyperparameters: Any) -> None:
    """The algorithm refuses hyperparameters that it does not know."""
    assert set(hyperparameters) <= {known.name for known in BUILT_IN}


@EVERY_REGION
def test_model_configuration_and_endpoint_are_what_sagemaker_takes(
    builtin: Synthesis, region: str
) -> None:
    template = endpoint_template(builtin)
    model = properties(template, "AWS::SageMaker::Model", region)
    assert model["PrimaryContainer"] == {"Image": image(region), "ModelDataUrl": MODEL}
    assert model["ExecutionRoleArn"].startswith(role_start(region))
    check_request("sagemaker", "CreateModel", {"ModelName": "m", **model})
    config = properties(template, "AWS::SageMaker::EndpointConfig", region)
    check_request("sagemaker", "CreateEndpointConfig", {"EndpointConfigName": "c", **config})
    endpoint = properties(template, "AWS::SageMaker::Endpoint", region)
    retained = endpoint.pop("RetainAllVariantProperties")
    check_request("sagemaker", "CreateEndpoint", endpoint)
    update = {**endpoint, "RetainAllVariantProperties": retained}
    check_request("sagemaker", "UpdateEndpoint", update)


@cache
def endpoint_template(builtin: Synthesis) -> dict[str, Any]:
    return builtin.template("Endpoint")


def properties(template: dict[str, Any], resource_type: str, region: str) -> dict[str, Any]:
    """A resource's properties as CloudFormation hands them on, with a model of the engine."""
    (found,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == resource_type
    )
    return dict(_resolved(found, template, region))


def _resolved(value: Any, template: dict[str, Any], region: str) -> Any:
    match value:
        case {"Fn::If": ["ModelIsBuiltin", builtin, _]}:
            resolved = _resolved(builtin, template, region)
        case {"Ref": "ModelDataUrl"}:
            resolved = MODEL
        case {"Fn::GetStackOutput": {"OutputName": output}} if "Role" in output:
            resolved = f"{role_start(region)}{output}"
        case {"Fn::GetAtt": [name, _]}:
            resolved = name
        case {"Fn::Join": _} | {"Ref": _}:
            resolved = rendered(value, template, region)
        case dict():
            resolved = {key: _resolved(item, template, region) for key, item in value.items()}
        case list():
            resolved = [_resolved(item, template, region) for item in value]
        case _:
            resolved = value
    return resolved


@EVERY_REGION
def test_bulk_translation_calls_the_algorithms_model_in_its_image(
    builtin: Synthesis, asked: dict[str, dict[str, Any]], region: str
) -> None:
    model = request_in(builtin, asked, "Bulk", MODEL_OF_BULK, region)
    check_request("sagemaker", "CreateModel", model)
    assert model["PrimaryContainer"]["Image"] == image(region)
    assert model["ExecutionRoleArn"].startswith(role_start(region))
    transform = request_in(builtin, asked, "Bulk", TRANSFORM, region)
    check_request("sagemaker", "CreateTransformJob", transform)
    assert transform["MaxConcurrentTransforms"] * transform["MaxPayloadInMB"] <= 100
    assert transform["TransformInput"]["ContentType"] == "application/x-recordio-protobuf"


def test_a_region_without_the_image_fails_before_anything_is_built(builtin: Synthesis) -> None:
    with pytest.raises(KeyError, match="mx-central-1"):
        builtin.definition(region="mx-central-1")
