"""The service is destroyed by the real `cdk destroy --all`, and no service of AWS has any of it.

It runs after every other test, on the deployment that they have used.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from local.deployment import Deployment as LocalDeployment
from local.settings import LocalSettings
from tests.e2e.conftest import LOCAL, REPOSITORY
from tests.e2e.deployment import EXECUTION_SECONDS, Deployment

BOOTSTRAP = ("cdk-hnb659fds-", "/cdk-bootstrap/", "CDKToolkit")
"""What belongs to the CDK's own stack, which every service of the account shares."""
ENDED = ("DELETE_COMPLETE",)
LISTINGS: dict[str, tuple[str, str, str, str]] = {
    "endpoints": ("sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    "models": ("sagemaker", "list_models", "Models", "ModelName"),
    "endpoint configurations": (
        "sagemaker",
        "list_endpoint_configs",
        "EndpointConfigs",
        "EndpointConfigName",
    ),
    "model package groups": (
        "sagemaker",
        "list_model_package_groups",
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupName",
    ),
    "model packages": (
        "sagemaker",
        "list_model_packages",
        "ModelPackageSummaryList",
        "ModelPackageArn",
    ),
    "functions": ("lambda", "list_functions", "Functions", "FunctionName"),
    "REST APIs": ("apigateway", "get_rest_apis", "items", "name"),
    "API keys": ("apigateway", "get_api_keys", "items", "id"),
    "usage plans": ("apigateway", "get_usage_plans", "items", "id"),
    "state machines": ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "rules": ("events", "list_rules", "Rules", "Name"),
    "schedules": ("scheduler", "list_schedules", "Schedules", "Name"),
    "log groups": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "alarms": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "dashboards": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "parameters": ("ssm", "describe_parameters", "Parameters", "Name"),
    "topics": ("sns", "list_topics", "Topics", "TopicArn"),
    "subscriptions": ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "keys": ("kms", "list_keys", "Keys", "KeyId"),
    "buckets": ("s3", "list_buckets", "Buckets", "Name"),
    "roles": ("iam", "list_roles", "Roles", "RoleName"),
}
"""Of each kind of resource: service, operation, the answer's list, what names one."""
COVERED = {
    "AWS::ApiGateway::ApiKey": "API keys",
    "AWS::ApiGateway::RestApi": "REST APIs",
    "AWS::ApiGateway::UsagePlan": "usage plans",
    "AWS::CloudWatch::Alarm": "alarms",
    "AWS::CloudWatch::Dashboard": "dashboards",
    "AWS::Events::Rule": "rules",
    "AWS::IAM::Role": "roles",
    "AWS::KMS::Key": "keys",
    "AWS::Lambda::Function": "functions",
    "AWS::Logs::LogGroup": "log groups",
    "AWS::S3::Bucket": "buckets",
    "AWS::SNS::Subscription": "subscriptions",
    "AWS::SNS::Topic": "topics",
    "AWS::SSM::Parameter": "parameters",
    "AWS::SageMaker::Endpoint": "endpoints",
    "AWS::SageMaker::EndpointConfig": "endpoint configurations",
    "AWS::SageMaker::Model": "models",
    "AWS::SageMaker::ModelPackageGroup": "model package groups",
    "AWS::Scheduler::Schedule": "schedules",
    "AWS::StepFunctions::StateMachine": "state machines",
}
"""Which listing would show a resource of this type that CloudFormation has left."""
PARTS = (
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::Stage",
    "AWS::IAM::Policy",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
)
"""What lies inside one of those and cannot be left without it."""
UNLISTED = (
    # What a removal function does, which is no resource.
    "AWS::CloudFormation::CustomResource",
    # Of the endpoint's variant; this machine keeps them in the stack alone.
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
)
ALWAYS = (
    "endpoints",
    "models",
    "endpoint configurations",
    "model package groups",
    "model packages",
    "functions",
    "REST APIs",
    "state machines",
    "log groups",
    "alarms",
    "dashboards",
    "parameters",
    "buckets",
    "roles",
    "rules",
    "topics",
    "subscriptions",
    "keys",
)
"""What a service that has a model, messages and triggers is made of."""
JOBS = (
    ("list_training_jobs", "TrainingJobSummaries"),
    ("list_processing_jobs", "ProcessingJobSummaries"),
    ("list_transform_jobs", "TransformJobSummaries"),
    ("list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries"),
)


def existing() -> dict[str, list[str]]:
    """The names of all resources of this machine's AWS that are not the CDK's own."""
    found: dict[str, list[str]] = {}
    for kind, (service, operation, items, name) in LISTINGS.items():
        names = [str(item[name]) for item in listed(service, operation, items)]
        found[kind] = [name for name in names if not name.startswith(BOOTSTRAP)]
    found["keys"] = [key for key in found["keys"] if key_state(key) != "PendingDeletion"]
    found["stacks"] = stacks()
    return found


def listed(service: str, operation: str, items: str, **asked: str) -> list[dict[str, Any]]:
    """Every item of a list, page after page."""
    client = boto3.client(service)
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate(**asked)
        return [item for page in pages for item in page[items]]
    call: Callable[..., Any] = getattr(client, operation)
    return list(call(**asked)[items])


def key_state(key: str) -> str:
    return str(boto3.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


def stacks() -> list[str]:
    return [
        stack["StackName"]
        for stack in listed("cloudformation", "list_stacks", "StackSummaries")
        if stack["StackStatus"] not in ENDED and not stack["StackName"].startswith(BOOTSTRAP)
    ]


def resource_types() -> set[str]:
    """Of everything that CloudFormation has made for the service."""
    found = (
        listed("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack)
        for stack in stacks()
    )
    return {resource["ResourceType"] for resources in found for resource in resources}


def running_jobs() -> list[dict[str, Any]]:
    return [
        job
        for operation, items in JOBS
        for job in listed("sagemaker", operation, items, StatusEquals="InProgress")
    ]


def stated() -> str:
    """What `make destroy` says first."""
    command = [sys.executable, "-m", "client.removal"]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not LOCAL, reason="the buckets of another deployment may stay")
def test_what_goes_is_announced(deployment: Deployment) -> None:
    buckets = listed("s3", "list_buckets", "Buckets")
    names = [name for one in buckets if not (name := str(one["Name"])).startswith(BOOTSTRAP)]
    assert deployment.bucket in names
    assert len(names) == 2

    goes, _, stays = stated().partition("This stays:")

    assert goes.startswith("This is deleted:\n")
    for name in names:
        assert f"\n  - the bucket {name} WITH EVERYTHING IN IT\n" in goes
        assert name not in stays
    assert "\n  - images and bundles that the CDK has uploaded" in stays


@pytest.mark.skipif(not LOCAL, reason="destroys the deployment")
@pytest.mark.usefixtures("first_model")
def test_nothing_is_left_of_a_destroyed_service(
    local_state: Path, deployment: Deployment, corpus: dict[str, str]
) -> None:
    before = existing()
    assert [kind for kind in ALWAYS if not before[kind]] == []
    assert resource_types() - {*COVERED, *PARTS, *UNLISTED} == set()
    # Nothing but the destruction ends it so soon.
    job = training_job_of(deployment.start({"corpus": corpus, "max_lines": 6000}))
    port = urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
    assert port is not None

    LocalDeployment(LocalSettings(port=port, state_folder=local_state)).destroy()

    assert {kind: names for kind, names in existing().items() if names} == {}
    # Its last days are free of charge, and it cannot be deleted sooner.
    assert {key_state(key) for key in before["keys"]} == {"PendingDeletion"}
    assert running_jobs() == []
    described = boto3.client("sagemaker").describe_training_job(TrainingJobName=job)
    # It has failed where the bucket went before it could save what it had.
    assert described["TrainingJobStatus"] in ("Stopping", "Stopped", "Failed")


def training_job_of(execution_arn: str) -> str:
    """The name of an execution's training job, once it runs."""
    deadline = time.monotonic() + EXECUTION_SECONDS
    asked = {"NameContains": execution_arn.rpartition(":")[2], "StatusEquals": "InProgress"}
    while time.monotonic() < deadline:
        for job in listed("sagemaker", "list_training_jobs", "TrainingJobSummaries", **asked):
            return str(job["TrainingJobName"])
        time.sleep(0.2)
    raise TimeoutError(f"{execution_arn} started no training within {EXECUTION_SECONDS:.0f} s")
