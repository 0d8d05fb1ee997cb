"""What is true of all templates: identities that must not move, names, tags, linting, alarms."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Validations
from aws_cdk.aws_s3 import Bucket
from cdk_nag import AwsSolutionsChecks

from stacks.service_stack import ServiceStack
from stacks.settings import Settings
from tests.infrastructure.synthesis import Synthesis

STACKS = ("Storage", "Retraining", "Endpoint", "Bulk", "Api", "Monitoring")
EVERY = pytest.mark.parametrize("synthesis", ["pytorch", "builtin", "local", "chosen", "told"])
FROZEN = {
    "Storage": {
        "Bucket83908E77": "AWS::S3::Bucket",
        "AccessLogBucketDA470295": "AWS::S3::Bucket",
    },
    "Retraining": {
        "RetrainingStateMachine88099325": "AWS::StepFunctions::StateMachine",
        "RetrainingLogs69FBA9E0": "AWS::Logs::LogGroup",
        "CheckInputLogs05D1F39D": "AWS::Logs::LogGroup",
    },
    "Endpoint": {"ServedEndpoint90DE822C": "AWS::SageMaker::Endpoint"},
    "Api": {
        "ApiRestApiE35FEAFE": "AWS::ApiGateway::RestApi",
        "ApiAccessLog713001CC": "AWS::Logs::LogGroup",
        "ApiExecutionLog4D3E3207": "AWS::Logs::LogGroup",
        "TranslateApiLogsEA0B926C": "AWS::Logs::LogGroup",
    },
}
"""A logical id that changes makes CloudFormation replace the resource and lose what is in it."""


@EVERY
def test_stateful_resources_keep_their_logical_ids(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    for stack, frozen in FROZEN.items():
        resources = request.getfixturevalue(synthesis).resources(stack)
        found = {name: resources[name]["Type"] for name in frozen if name in resources}
        assert found == frozen


@EVERY
def test_stacks_are_named_after_the_service(synthesis: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(synthesis).folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    name = "german" if synthesis == "chosen" else "translation"
    stacks = {
        key: artifact["properties"]
        for key, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert {key: value["stackName"] for key, value in stacks.items()} == {
        stack: f"{name}-{stack.lower()}" for stack in STACKS
    }
    assert all(value["tags"] == {"service": name} for value in stacks.values())


def test_the_account_and_region_are_the_deployers(pytorch: Synthesis) -> None:
    manifest = json.loads((pytorch.folder / "manifest.json").read_text(encoding="utf-8"))
    places = {
        artifact.get("environment")
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert places == {"aws://unknown-account/unknown-region"}


@EVERY
def test_cdk_nag_and_the_cdk_have_not_even_a_warning(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(synthesis).folder / "validation-report.json"
    assert json.loads(path.read_text(encoding="utf-8"))["pluginReports"] == []


@EVERY
def test_cfn_lint_finds_nothing(synthesis: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(synthesis).folder
    templates = [str(folder / f"{stack}.template.json") for stack in STACKS]
    command = [str(Path(sys.executable).with_name("cfn-lint")), *templates]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@EVERY
def test_no_template_reports_to_anybody_or_brings_its_own_functions(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    for stack in STACKS:
        types = {
            resource["Type"]
            for resource in request.getfixturevalue(synthesis).resources(stack).values()
        }
        assert "AWS::CDK::Metadata" not in types
        assert not [name for name in types if name.startswith("Custom::")]


def test_the_local_deployment_uses_the_callers_credentials(local: Synthesis) -> None:
    manifest = json.loads((local.folder / "manifest.json").read_text(encoding="utf-8"))
    for artifact in manifest["artifacts"].values():
        assert "assumeRoleArn" not in artifact.get("properties", {})


def test_nothing_on_one_machine_needs_docker(local: Synthesis) -> None:
    for path in local.folder.glob("*.assets.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["dockerImages"] == {}


def test_alarms_cover_every_part_and_reach_the_owner(pytorch: Synthesis, chosen: Synthesis) -> None:
    alarms = chosen.resources("Monitoring", "AWS::CloudWatch::Alarm")
    watched = {
        (alarm["Properties"]["Namespace"], alarm["Properties"]["MetricName"])
        for alarm in alarms.values()
    }
    assert watched == {
        ("AWS/ApiGateway", "5XXError"),
        ("AWS/ApiGateway", "Latency"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/SageMaker", "Invocation5XXErrors"),
        ("AWS/SageMaker", "ModelLatency"),
        ("AWS/States", "ExecutionsFailed"),
        ("AWS/States", "ExecutionsTimedOut"),
    }
    topic = ["arn:aws:sns:eu-west-1:123456789012:alarms"]
    assert all(alarm["Properties"]["AlarmActions"] == topic for alarm in alarms.values())
    silent = pytorch.resources("Monitoring", "AWS::CloudWatch::Alarm")
    assert not [alarm for alarm in silent.values() if "AlarmActions" in alarm["Properties"]]
    assert pytorch.resources("Monitoring", "AWS::CloudWatch::Dashboard")


def test_the_state_machine_logs_everything_and_is_named_for_the_503s_advice(
    pytorch: Synthesis,
) -> None:
    machine = pytorch.one("Retraining", "AWS::StepFunctions::StateMachine")["Properties"]
    assert machine["StateMachineName"] == "translation-retraining"
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    function = pytorch.one("Api", "AWS::Lambda::Function")["Properties"]
    variables = function["Environment"]["Variables"]
    assert variables["STATE_MACHINE_NAME"] == machine["StateMachineName"]


def test_a_finding_stops_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stack = ServiceStack(app, "Open", settings=Settings(), description="a bucket without TLS")
    Bucket(stack, "Bucket")
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()
