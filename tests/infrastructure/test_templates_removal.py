"""A destroyed service leaves no log group, no running execution and no full group behind."""

import json
from typing import Any

import pytest

from tests.infrastructure.synthesis import Synthesis

STACKS = ("Storage", "Retraining", "Endpoint", "Bulk", "Api", "Monitoring")
EVERY = pytest.mark.parametrize("synthesis", ["pytorch", "chosen", "serverless", "local"])


@EVERY
def test_every_log_group_ends_its_logs_and_goes_with_its_stack(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(synthesis)
    groups = [
        group
        for stack in STACKS
        for group in found.resources(stack, "AWS::Logs::LogGroup").values()
    ]
    assert len(groups) > 5
    days = 30 if synthesis == "chosen" else 90
    assert {group["DeletionPolicy"] for group in groups} == {"Delete"}
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {days}


@EVERY
def test_nothing_but_the_owners_data_is_retained(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(synthesis)
    kept = {
        resource["Type"]
        for stack in STACKS
        for resource in found.resources(stack).values()
        if resource.get("DeletionPolicy") == "Retain"
    }
    # The account's role and setting for API Gateway's logs belong to all of its APIs.
    shared = {"AWS::IAM::Role", "AWS::ApiGateway::Account"}
    assert kept - shared <= ({"AWS::S3::Bucket"} if synthesis in ("pytorch", "chosen") else set())


def leftovers(synthesis: Synthesis, stack: str) -> dict[str, Any]:
    return dict(synthesis.one(stack, "AWS::CloudFormation::CustomResource"))


@pytest.mark.parametrize("stack", ["Retraining", "Bulk"])
def test_executions_are_stopped_before_their_machine_goes(pytorch: Synthesis, stack: str) -> None:
    (machine,) = pytorch.resources(stack, "AWS::StepFunctions::StateMachine")
    resource = leftovers(pytorch, stack)
    assert resource["Properties"]["StateMachines"] == [{"Ref": machine}]
    assert machine in resource["DependsOn"]
    name = "translation-retraining" if stack == "Retraining" else "translation-bulk"
    (stopping,) = [
        one for one in pytorch.statements(stack) if one["Action"] == "states:StopExecution"
    ]
    assert f":execution:{name}:*" in json.dumps(stopping["Resource"])


def test_models_of_stopped_bulk_translations_go_with_their_stack(
    pytorch: Synthesis, chosen: Synthesis
) -> None:
    for synthesis, name in ((pytorch, "translation"), (chosen, "german")):
        assert leftovers(synthesis, "Bulk")["Properties"]["ModelPrefixes"] == [f"{name}--bulk--"]
        deleting = [
            resource
            for policy_name, policy in synthesis.resources("Bulk", "AWS::IAM::Policy").items()
            if policy_name.startswith("Removal")
            for one in policy["Properties"]["PolicyDocument"]["Statement"]
            if one["Action"] == "sagemaker:DeleteModel"
            for resource in [one["Resource"]]
        ]
        assert len(deleting) == 1
        assert json.dumps(deleting[0]).endswith(f':model/{name}--bulk--*"]]}}')


def test_logs_of_bulk_translations_go_with_their_stack(pytorch: Synthesis) -> None:
    properties = leftovers(pytorch, "Bulk")["Properties"]
    assert properties["SharedLogGroups"] == ["/aws/sagemaker/TransformJobs"]
    assert properties["LogStreamPrefix"] == "translation--bulk--"


def test_packages_and_sagemakers_logs_go_with_retraining(
    pytorch: Synthesis, serverless: Synthesis
) -> None:
    resource = leftovers(pytorch, "Retraining")
    properties = resource["Properties"]
    assert properties["ModelPackageGroups"] == ["translation"]
    assert set(pytorch.resources("Retraining", "AWS::SageMaker::ModelPackageGroup")) <= set(
        resource["DependsOn"]
    )
    assert properties["LogGroups"] == ["/aws/sagemaker/Endpoints/translation"]
    assert properties["LogRetentionDays"] == 90
    assert properties["SharedLogGroups"] == [
        "/aws/sagemaker/ProcessingJobs",
        "/aws/sagemaker/TrainingJobs",
    ]
    assert properties["LogStreamPrefix"] == "translation--"
    other = leftovers(serverless, "Retraining")["Properties"]["LogGroups"]
    assert other == ["/aws/sagemaker/Endpoints/translation--serverless"]


@pytest.mark.parametrize(
    ("stack", "prefix"), [("Retraining", "translation--"), ("Bulk", "translation--bulk--")]
)
def test_only_this_services_streams_of_shared_log_groups_can_be_deleted(
    pytorch: Synthesis, stack: str, prefix: str
) -> None:
    (statement,) = [
        one for one in pytorch.statements(stack) if one["Action"] == "logs:DeleteLogStream"
    ]
    resources = statement["Resource"]
    for resource in resources if isinstance(resources, list) else [resources]:
        assert json.dumps(resource).endswith(f':log-stream:{prefix}*"]]}}')
