"""The service is destroyed by the real `cdk destroy --all`, and no service of AWS has any of it.

It runs after every other test, on the deployment that they have used.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from local.deployment import Deployment as LocalDeployment
from local.settings import LocalSettings
from tests.e2e.conftest import LOCAL
from tests.e2e.deployment import Deployment, Execution

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
    "buckets": ("s3", "list_buckets", "Buckets", "Name"),
    "roles": ("iam", "list_roles", "Roles", "RoleName"),
}
"""Of each kind of resource: service, operation, the answer's list, what names one."""
ALWAYS = (
    "endpoints",
    "models",
    "endpoint configurations",
    "functions",
    "REST APIs",
    "state machines",
    "log groups",
    "alarms",
    "dashboards",
    "parameters",
    "buckets",
    "roles",
)
"""What a service that has a model is made of, whatever its settings."""


def existing() -> dict[str, list[str]]:
    """The names of all resources of this machine's AWS that are not the CDK's own."""
    found: dict[str, list[str]] = {}
    for kind, (service, operation, items, name) in LISTINGS.items():
        call: Callable[[], Any] = getattr(boto3.client(service), operation)
        names = [str(item[name]) for item in call()[items]]
        found[kind] = [name for name in names if not name.startswith(BOOTSTRAP)]
    stacks = boto3.client("cloudformation").list_stacks()["StackSummaries"]
    found["stacks"] = [
        stack["StackName"]
        for stack in stacks
        if stack["StackStatus"] not in ENDED and not stack["StackName"].startswith(BOOTSTRAP)
    ]
    return found


@pytest.mark.skipif(not LOCAL, reason="destroys the deployment")
def test_nothing_is_left_of_a_destroyed_service(
    local_state: Path, deployment: Deployment, first_model: Execution
) -> None:
    before = existing()
    assert [kind for kind in ALWAYS if not before[kind]] == []
    # Its job would go on for as long as it takes if nobody stopped it.
    given = {"pretrained_model": first_model.output["model_data"], "promote": False}
    deployment.start(given)
    port = urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
    assert port is not None

    LocalDeployment(LocalSettings(port=port, state_folder=local_state)).destroy()

    assert {kind: names for kind, names in existing().items() if names} == {}
    jobs = boto3.client("sagemaker").list_processing_jobs()["ProcessingJobSummaries"]
    assert not [job for job in jobs if job["ProcessingJobStatus"] == "InProgress"]
