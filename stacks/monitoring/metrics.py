"""The metrics of each part of the service, by the names that AWS or the service gives them."""

import re
from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.api.rest_api import STAGE
from stacks.fleet import VARIANT
from stacks.service_metrics import NAMESPACE, score_dimensions
from stacks.settings import Settings

PERIOD = Duration.minutes(5)


def metric(
    namespace: str,
    name: str,
    statistic: str,
    dimensions: Mapping[str, str],
    *,
    period: Duration = PERIOD,
    label: str | None = None,
) -> cloudwatch.Metric:
    """One metric, every five minutes unless told otherwise."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dict(dimensions),
        period=period,
        label=label,
    )


def of_api(settings: Settings, name: str, statistic: str) -> cloudwatch.Metric:
    """What API Gateway counts at the stage."""
    dimensions = {"ApiName": settings.name, "Stage": STAGE}
    return metric("AWS/ApiGateway", name, statistic, dimensions)


def of_requests(
    settings: Settings, name: str, statistic: str, *, label: str | None = None
) -> cloudwatch.Metric:
    """What the function writes of every request."""
    dimensions = {"service": f"{settings.name}-api"}
    return metric(NAMESPACE, name, statistic, dimensions, label=label)


def of_errors(settings: Settings, code: str) -> cloudwatch.Metric:
    """How many answers had this code."""
    dimensions = {"service": f"{settings.name}-api", "code": code}
    return metric(NAMESPACE, "Errors", "Sum", dimensions, label=code)


def of_endpoint(
    settings: Settings, name: str, statistic: str, *, label: str | None = None
) -> cloudwatch.Metric:
    """What SageMaker counts before the containers."""
    return metric("AWS/SageMaker", name, statistic, _variant(settings), label=label)


def of_instances(
    settings: Settings, name: str, statistic: str, *, period: Duration = PERIOD
) -> cloudwatch.Metric:
    """What the endpoint's instances report once a minute, each for itself."""
    namespace = "/aws/sagemaker/Endpoints"
    return metric(namespace, name, statistic, _variant(settings), period=period)


def of_evaluation(settings: Settings, name: str) -> cloudwatch.Metric:
    """A candidate's score on the test set, published by the state machine."""
    return metric(NAMESPACE, name, "Maximum", score_dimensions(settings), label=name)


def search(
    namespace: str, dimension: str, name: str, settings: Settings, statistic: str, seconds: int
) -> str:
    """CloudWatch's search for a metric of all of this service's jobs.

    A job's dimension starts with the service's name. CloudWatch compares words, not beginnings,
    so a service whose name holds all of this one's words is found as well.
    """
    words = " AND ".join(re.findall(r"[a-z0-9]+", settings.name))
    found = f'{{"{namespace}",{dimension}}} MetricName="{name}" {dimension}=({words})'
    return f"SEARCH('{found}', '{statistic}', {seconds})"


def _variant(settings: Settings) -> dict[str, str]:
    return {"EndpointName": settings.endpoint_name, "VariantName": VARIANT}
