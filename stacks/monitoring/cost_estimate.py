"""An estimate of what instances cost, as metric math over what they report of themselves.

Every instance of an endpoint or a job reports its processor's load once a minute; the number of
these reports, divided by 60, is instance hours.
"""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.monitoring.metrics import of_endpoint, of_instances, search
from stacks.monitoring.prices import READ_ON, REGION, SERVERLESS_GB_SECOND, hourly_price
from stacks.settings import Settings

HOUR = Duration.hours(1)
_SECONDS = 3600
_LOAD = "CPUUtilization"


@dataclass(frozen=True, kw_only=True, slots=True)
class CostItem:
    """What one part costs in each hour, or its instance hours where no price is known."""

    name: str
    expression: cloudwatch.IMetric
    is_priced: bool


def cost_items(settings: Settings) -> list[CostItem]:
    """The endpoint and every kind of job."""
    return [
        _serverless(settings) if settings.endpoint_serverless else _endpoint(settings),
        _jobs(settings, "training", "TrainingJobs", settings.training_instance_type),
        _jobs(settings, "processing", "ProcessingJobs", settings.processing_instance_type),
        _jobs(settings, "bulk translation", "TransformJobs", settings.transform_instance_type),
    ]


def explanation(settings: Settings) -> str:
    """Which prices are counted with, in Markdown."""
    title = (
        "**Estimate, not a bill.** On-demand prices in US dollars an hour "
        f"({REGION}, read {READ_ON}, or setting `instance_prices`); spot is cheaper, "
        "other services are left out. See `docs/costs.md`."
    )
    lines = [title, ""]
    for use, instance_type in _instance_types(settings).items():
        price = hourly_price(settings, instance_type)
        shown = f"${price:g}" if price is not None else "unknown: set `instance_prices`"
        lines.append(f"- {use}: {instance_type}, {shown}")
    return "\n".join(lines)


def _instance_types(settings: Settings) -> dict[str, str]:
    types = {
        "training": settings.training_instance_type,
        "processing": settings.processing_instance_type,
        "bulk translation": settings.transform_instance_type,
    }
    if settings.endpoint_serverless:
        return types
    return {"endpoint": settings.endpoint_instance_type} | types


def _endpoint(settings: Settings) -> CostItem:
    reports = of_instances(settings, _LOAD, "SampleCount", period=HOUR)
    return _priced(
        settings,
        "endpoint",
        settings.endpoint_instance_type,
        "FILL(endpoint_reports, 0) / 60",
        {"endpoint_reports": reports},
    )


def _jobs(settings: Settings, name: str, kind: str, instance_type: str) -> CostItem:
    reports = search(f"/aws/sagemaker/{kind}", "Host", _LOAD, settings, "SampleCount", _SECONDS)
    return _priced(settings, name, instance_type, f"FILL(SUM({reports}), 0) / 60", {})


def _priced(
    settings: Settings,
    name: str,
    instance_type: str,
    hours: str,
    metrics: dict[str, cloudwatch.IMetric],
) -> CostItem:
    price = hourly_price(settings, instance_type)
    return CostItem(
        name=name,
        is_priced=price is not None,
        expression=cloudwatch.MathExpression(
            expression=hours if price is None else f"{hours} * {price:g}",
            using_metrics=metrics,
            label=f"{name}, $" if price is not None else f"{name}, instance hours",
            period=HOUR,
        ),
    )


def _serverless(settings: Settings) -> CostItem:
    latency = of_endpoint(settings, "ModelLatency", "Sum").with_(period=HOUR)
    second = SERVERLESS_GB_SECOND * settings.serverless_memory_mb / 1024
    # SageMaker reports latency in microseconds.
    return CostItem(
        name="endpoint",
        is_priced=True,
        expression=cloudwatch.MathExpression(
            expression=f"FILL(endpoint_time, 0) / 1000000 * {second:.8f}",
            using_metrics={"endpoint_time": latency},
            label="endpoint, $",
            period=HOUR,
        ),
    )
