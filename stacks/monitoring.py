"""The dashboard, and the alarms that tell the owner; those that roll back are the endpoint's."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.api.rest_api import STAGE
from stacks.endpoint import NAMESPACE
from stacks.fleet import VARIANT
from stacks.service_stack import ServiceStack
from stacks.settings import Settings

_PERIOD = Duration.minutes(5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A metric with the limit above which the owner is told."""

    name: str
    metric: cloudwatch.Metric
    above: float
    description: str
    periods: int = 1


class Monitoring(ServiceStack):
    """Reads metrics only, and names the endpoint literally, so it needs no model to exist."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        machine: sfn.StateMachine,
        function: lambda_.Function,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Translation service: dashboard and alarms",
        )
        self._settings = settings
        watched = _watched(settings, machine, function)
        alarms = [self._alarm(item) for item in watched]
        self._build_dashboard(watched, alarms)

    def _alarm(self, item: Watched) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            item.name,
            metric=item.metric,
            threshold=item.above,
            evaluation_periods=item.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=item.description,
        )
        if self._settings.alarm_topic_arn:
            topic = sns.Topic.from_topic_arn(
                self, f"{item.name}Topic", self._settings.alarm_topic_arn
            )
            alarm.add_alarm_action(actions.SnsAction(topic))
        return alarm

    def _build_dashboard(self, watched: list[Watched], alarms: list[cloudwatch.Alarm]) -> None:
        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        dashboard.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=24))
        dashboard.add_widgets(
            *(
                cloudwatch.GraphWidget(title=item.description, left=[item.metric], width=8)
                for item in watched
            )
        )


def _watched(
    settings: Settings, machine: sfn.StateMachine, function: lambda_.Function
) -> list[Watched]:
    return [*_api(settings), *_function(function), *_endpoint(settings), *_retraining(machine)]


def _api(settings: Settings) -> list[Watched]:
    dimensions = {"ApiName": settings.name, "Stage": STAGE}
    errors = _metric("AWS/ApiGateway", "5XXError", "Average", dimensions)
    latency = _metric("AWS/ApiGateway", "Latency", "p95", dimensions)
    return [
        Watched(
            name="ApiErrors", metric=errors, above=0.05, description="API: share of 5xx answers"
        ),
        Watched(
            name="ApiLatency",
            metric=latency,
            above=10_000,
            description="API: 95th percentile of latency in ms",
            periods=3,
        ),
    ]


def _function(function: lambda_.Function) -> list[Watched]:
    return [
        Watched(
            name="FunctionErrors",
            metric=function.metric_errors(period=_PERIOD),
            above=0,
            description="Lambda: errors",
        ),
        Watched(
            name="FunctionThrottles",
            metric=function.metric_throttles(period=_PERIOD),
            above=0,
            description="Lambda: throttled calls",
        ),
    ]


def _endpoint(settings: Settings) -> list[Watched]:
    dimensions = {"EndpointName": settings.endpoint_name, "VariantName": VARIANT}
    errors = _metric(NAMESPACE, "Invocation5XXErrors", "Sum", dimensions)
    latency = _metric(NAMESPACE, "ModelLatency", "p95", dimensions)
    return [
        Watched(name="EndpointErrors", metric=errors, above=5, description="Endpoint: 5xx answers"),
        Watched(
            name="EndpointLatency",
            metric=latency,
            above=10_000_000,
            description="Endpoint: 95th percentile of latency in µs",
            periods=3,
        ),
    ]


def _retraining(machine: sfn.StateMachine) -> list[Watched]:
    return [
        Watched(
            name="RetrainingFailures",
            metric=machine.metric_failed(period=_PERIOD),
            above=0,
            description="Retraining: failed executions",
        ),
        Watched(
            name="RetrainingTimeouts",
            metric=machine.metric_timed_out(period=_PERIOD),
            above=0,
            description="Retraining: executions that ran out of time",
        ),
    ]


def _metric(
    namespace: str, name: str, statistic: str, dimensions: dict[str, str]
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dimensions,
        period=_PERIOD,
    )
