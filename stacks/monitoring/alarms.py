"""What the owner is told of; the alarms that roll a promotion back are the endpoint's own."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn

from stacks.monitoring.metrics import PERIOD, of_api, of_endpoint
from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A metric with the limit above which the owner is told, and where to read what to do."""

    name: str
    metric: cloudwatch.Metric
    above: float
    description: str
    runbook: str
    """A file below docs/runbooks and a section of it."""
    periods: int = 1


def watched(
    settings: Settings,
    *,
    retraining: sfn.StateMachine,
    bulk: sfn.StateMachine,
    function: lambda_.Function,
) -> list[Watched]:
    """Every alarm of the monitoring stack."""
    return [
        *_api(settings),
        *_function(function),
        *_endpoint(settings),
        *_executions(retraining, name="Retraining", title="Retraining", runbook="retraining"),
        *_executions(bulk, name="Bulk", title="Bulk translation", runbook="bulk"),
    ]


def _api(settings: Settings) -> list[Watched]:
    return [
        Watched(
            name="ApiErrors",
            metric=of_api(settings, "5XXError", "Average"),
            above=0.05,
            description="API: share of 5xx answers",
            runbook="api-alarms.md#errors",
        ),
        Watched(
            name="ApiLatency",
            metric=of_api(settings, "Latency", "p95"),
            above=10_000,
            description="API: 95th percentile of latency in ms",
            runbook="api-alarms.md#latency",
            periods=3,
        ),
    ]


def _function(function: lambda_.Function) -> list[Watched]:
    return [
        Watched(
            name="FunctionErrors",
            metric=function.metric_errors(period=PERIOD),
            above=0,
            description="Lambda: errors",
            runbook="function-alarms.md#errors",
        ),
        Watched(
            name="FunctionThrottles",
            metric=function.metric_throttles(period=PERIOD),
            above=0,
            description="Lambda: throttled calls",
            runbook="function-alarms.md#throttled-calls",
        ),
    ]


def _endpoint(settings: Settings) -> list[Watched]:
    return [
        Watched(
            name="EndpointErrors",
            metric=of_endpoint(settings, "Invocation5XXErrors", "Sum"),
            above=5,
            description="Endpoint: 5xx answers",
            runbook="endpoint-alarms.md#errors-invocation5xxerrors",
        ),
        Watched(
            name="EndpointLatency",
            metric=of_endpoint(settings, "ModelLatency", "p95"),
            above=10_000_000,
            description="Endpoint: 95th percentile of latency in µs",
            runbook="endpoint-alarms.md#latency-modellatency-in-microseconds",
            periods=3,
        ),
    ]


def _executions(machine: sfn.StateMachine, *, name: str, title: str, runbook: str) -> list[Watched]:
    return [
        Watched(
            name=f"{name}Failures",
            metric=machine.metric_failed(period=PERIOD),
            above=0,
            description=f"{title}: failed executions",
            runbook=f"{runbook}-alarms.md#failed-executions",
        ),
        Watched(
            name=f"{name}Timeouts",
            metric=machine.metric_timed_out(period=PERIOD),
            above=0,
            description=f"{title}: executions that ran out of time",
            runbook=f"{runbook}-alarms.md#executions-that-ran-out-of-time",
        ),
    ]
