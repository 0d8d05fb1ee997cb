"""Least privilege: who may do what, read off the templates."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from stacks.settings import Settings
from tests.infrastructure.synthesis import CORPUS_KEY, Synthesis, rendered

STACKS = ("Storage", "Retraining", "Endpoint", "Bulk", "Api", "Monitoring")
WITHOUT_RESOURCES = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "sagemaker:ListModelPackages",
    "sagemaker:ListModels",
    "servicequotas:ListAWSDefaultServiceQuotas",
    "servicequotas:ListServiceQuotas",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions that know no resource, by AWS's service authorisation reference."""


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowing(synthesis: Synthesis, stack: str, action: str) -> list[dict[str, Any]]:
    return [
        statement
        for statement in synthesis.statements(stack)
        if action in as_list(statement["Action"])
    ]


@pytest.mark.parametrize("synthesis", ["pytorch", "builtin", "local", "chosen", "told"])
def test_no_action_and_no_resource_is_a_star(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    for stack in STACKS:
        for statement in request.getfixturevalue(synthesis).statements(stack):
            actions = as_list(statement["Action"])
            assert not [action for action in actions if "*" in action]
            if "*" in as_list(statement["Resource"]):
                assert set(actions) <= WITHOUT_RESOURCES


def test_only_the_endpoint_stack_can_be_updated_and_only_its_types(pytorch: Synthesis) -> None:
    (statement,) = allowing(pytorch, "Retraining", "cloudformation:UpdateStack")
    assert statement["Action"] == "cloudformation:UpdateStack"
    assert json.dumps(statement["Resource"]).endswith(':stack/translation-endpoint/*"]]}')
    types = statement["Condition"]["ForAllValues:StringEquals"]["cloudformation:ResourceTypes"]
    assert "AWS::SageMaker::Endpoint" in types
    assert not [name for name in types if "IAM" in name or "*" in name]
    assert statement["Condition"]["Null"] == {
        "cloudformation:ResourceTypes": "false",
        "cloudformation:RoleArn": "true",
        "cloudformation:TemplateUrl": "true",
    }


def test_the_update_names_exactly_the_types_that_the_policy_demands(pytorch: Synthesis) -> None:
    (statement,) = allowing(pytorch, "Retraining", "cloudformation:UpdateStack")
    allowed = statement["Condition"]["ForAllValues:StringEquals"]["cloudformation:ResourceTypes"]
    updates = [
        state["Arguments"]["ResourceTypes"]
        for state in pytorch.definition()["States"].values()
        if state.get("Resource", "").endswith(":updateStack")
    ]
    assert updates == [allowed, allowed]


def test_the_machine_creates_no_endpoint_and_passes_one_role_to_one_service(
    pytorch: Synthesis,
) -> None:
    actions = {
        action
        for statement in pytorch.statements("Retraining")
        for action in as_list(statement["Action"])
    }
    assert not {name for name in actions if name.endswith(("Endpoint", "EndpointConfig"))} - {
        "sagemaker:DescribeEndpoint",
        "sagemaker:InvokeEndpoint",
    }
    (statement,) = allowing(pytorch, "Retraining", "iam:PassRole")
    service = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": service}
    (passed,) = as_list(statement["Resource"])
    assert passed["Fn::GetAtt"][0].startswith("JobsRole")


@pytest.mark.parametrize(
    "action",
    [
        "sagemaker:CreateTrainingJob",
        "sagemaker:StopTrainingJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:StopHyperParameterTuningJob",
        "sagemaker:AddTags",
    ],
)
def test_only_jobs_of_this_service_can_be_started_and_stopped(
    pytorch: Synthesis, action: str
) -> None:
    (statement,) = allowing(pytorch, "Retraining", action)
    for resource in as_list(statement["Resource"]):
        assert json.dumps(resource).endswith('-job/translation--*"]]}')


@pytest.mark.parametrize("neighbour", ["translation-de", "translation2"])
def test_a_service_whose_name_goes_on_has_jobs_of_its_own(
    pytorch: Synthesis, neighbour: str
) -> None:
    ours = [
        statement["Resource"]
        for verb in ("Create", "Describe", "Stop")
        for kind in ("Training", "Processing", "HyperParameterTuning")
        for statement in allowing(pytorch, "Retraining", f"sagemaker:{verb}{kind}Job")
    ]
    assert len(ours) == 9
    template = pytorch.template("Retraining")
    patterns = [rendered(arn, template).rpartition("/")[2] for arn in ours]
    theirs = f"{Settings(name=neighbour).job_name_start}nightly-t0"
    assert not [pattern for pattern in patterns if fnmatchcase(theirs, pattern)]


def test_waiting_for_jobs_needs_step_functions_own_rules(pytorch: Synthesis) -> None:
    (statement,) = allowing(pytorch, "Retraining", "events:PutRule")
    text = json.dumps(statement["Resource"])
    assert "StepFunctionsGetEventsForSageMakerTrainingJobsRule" in text
    assert "StepFunctionsGetEventsForSageMakerProcessingJobsRule" in text


def test_jobs_write_below_executions_only(pytorch: Synthesis) -> None:
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"):
        (statement,) = allowing(pytorch, "Retraining", action)
        assert "/executions/*" in json.dumps(statement["Resource"])


@pytest.mark.parametrize("synthesis", ["pytorch", "builtin", "local"])
def test_the_machine_writes_metrics_of_the_services_own_namespace_only(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(synthesis)
    machine = found.one("Retraining", "AWS::StepFunctions::StateMachine")["Properties"]
    (statement,) = [
        statement
        for policy in found.resources("Retraining", "AWS::IAM::Policy").values()
        if {"Ref": machine["RoleArn"]["Fn::GetAtt"][0]} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "cloudwatch:PutMetricData" in as_list(statement["Action"])
    ]
    assert statement == {
        "Action": "cloudwatch:PutMetricData",
        "Effect": "Allow",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Translation"}},
    }


def test_the_endpoint_may_see_the_alarms_that_roll_it_back(pytorch: Synthesis) -> None:
    assert allowing(pytorch, "Retraining", "cloudwatch:DescribeAlarms")


def test_the_owners_buckets_can_be_read_and_not_written(chosen: Synthesis) -> None:
    named = [
        statement
        for statement in chosen.statements("Retraining")
        if "corpora-a" in json.dumps(statement["Resource"])
    ]
    actions = {action for statement in named for action in as_list(statement["Action"])}
    assert actions == {"s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"}


def test_the_owners_keys_decrypt_through_s3_and_nothing_else(
    pytorch: Synthesis, chosen: Synthesis
) -> None:
    statements = allowing(chosen, "Retraining", "kms:Decrypt")
    assert len(statements) == 2
    for statement in statements:
        assert as_list(statement["Action"]) == ["kms:Decrypt"]
        assert as_list(statement["Resource"]) == [CORPUS_KEY]
        services = statement["Condition"]["StringEquals"]["kms:ViaService"]
        template = chosen.template("Retraining")
        assert [rendered(service, template) for service in as_list(services)] == [
            "s3.eu-north-1.amazonaws.com"
        ]
    assert not allowing(pytorch, "Retraining", "kms:Decrypt")


def test_the_accounts_shared_log_groups_are_not_owned(pytorch: Synthesis) -> None:
    for stack in STACKS:
        for group in pytorch.resources(stack, "AWS::Logs::LogGroup").values():
            assert "/aws/sagemaker" not in json.dumps(group)


def test_the_api_function_asks_one_endpoint_and_reads_one_parameter(pytorch: Synthesis) -> None:
    statements = pytorch.statements("Api")
    actions = {action for statement in statements for action in as_list(statement["Action"])}
    assert actions == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "sagemaker:InvokeEndpoint",
        "ssm:GetParameter",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
    (invoke,) = allowing(pytorch, "Api", "sagemaker:InvokeEndpoint")
    assert json.dumps(invoke["Resource"]).endswith(':endpoint/translation"]]}')
    (parameter,) = allowing(pytorch, "Api", "ssm:GetParameter")
    assert json.dumps(parameter["Resource"]).endswith(':parameter/translation/model"]]}')


def test_the_api_may_do_the_same_whichever_engines_model_is_served(
    pytorch: Synthesis, builtin: Synthesis
) -> None:
    assert builtin.statements("Api") == pytorch.statements("Api")


def test_on_one_machine_there_is_no_registry_to_pull_from(local: Synthesis) -> None:
    assert "ecr:" not in json.dumps(local.statements("Retraining"))


def test_images_are_pulled_from_the_named_repositories(pytorch: Synthesis) -> None:
    assert repositories(pytorch, "JobsRole") == {"training", "serving"}


def test_the_builtin_engines_jobs_pull_its_image(builtin: Synthesis) -> None:
    assert repositories(builtin, "JobsRole") == {"training", "seq2seq"}


@pytest.mark.parametrize("synthesis", ["pytorch", "builtin"])
def test_the_endpoint_may_pull_the_image_of_either_engine(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    found = repositories(request.getfixturevalue(synthesis), "EndpointContainersRole")
    assert found == {"serving", "seq2seq"}


def repositories(synthesis: Synthesis, role: str) -> set[str]:
    """The repositories that a role may pull from."""
    statements = [
        statement
        for name, policy in synthesis.resources("Retraining", "AWS::IAM::Policy").items()
        if name.startswith(role)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    (pulling,) = [one for one in statements if "ecr:BatchGetImage" in one["Action"]]
    template = synthesis.template("Retraining")
    arns = [rendered(arn, template) for arn in as_list(pulling["Resource"])]
    assert not [arn for arn in arns if "*" in arn]
    return {arn.rpartition("/")[2] for arn in arns}
