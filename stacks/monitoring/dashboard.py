"""One page with what an owner looks at: calls, the endpoint, executions, scores and cost."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.translation import ErrorCode
from stacks.monitoring.cost_estimate import cost_items, explanation
from stacks.monitoring.metrics import (
    PERIOD,
    of_endpoint,
    of_errors,
    of_evaluation,
    of_instances,
    of_requests,
    search,
)
from stacks.service_metrics import SCORES
from stacks.settings import Settings

TRAINING_METRICS = ("validation:bleu", "validation:accuracy", "validation:perplexity")
_PERCENTILES = ("p50", "p90", "p99")
_DAY = Duration.days(1)
_SCORES_START = "-P90D"
"""Evaluations are rarer than anything else here, so the page's own day would often show none."""
_SCORES_PERIOD = Duration.hours(1)
"""The shortest that CloudWatch keeps for so long."""


class ServiceDashboard(Construct):
    """Reads metrics only; a graph without data is one of something that has not happened yet."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        retraining: sfn.StateMachine,
        bulk: sfn.StateMachine,
        function: lambda_.Function,
        alarms: Sequence[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        dashboard = cloudwatch.Dashboard(self, "Page", default_interval=_DAY)
        status = cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24)
        dashboard.add_widgets(status)
        dashboard.add_widgets(*_calls(settings))
        dashboard.add_widgets(*_answering(settings, function))
        dashboard.add_widgets(*_endpoint(settings))
        dashboard.add_widgets(*_retraining(settings, retraining))
        dashboard.add_widgets(_executions("Bulk translation", bulk))
        dashboard.add_widgets(*_costs(settings))


def _graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    *,
    right: Sequence[cloudwatch.IMetric] = (),
    unit: str | None = None,
    stacked: bool = False,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        right=list(right),
        width=8,
        stacked=stacked,
        left_y_axis=cloudwatch.YAxisProps(label=unit, min=0, show_units=unit is None),
    )


def _calls(settings: Settings) -> list[cloudwatch.IWidget]:
    calls = of_requests(settings, "Requests", "Sum", label="calls")
    characters = of_requests(settings, "Characters", "Sum", label="characters of JSON requests")
    errors = [of_errors(settings, code) for code in ErrorCode]
    return [
        _graph("Calls", [calls]),
        _graph("Errors by code", errors, stacked=True),
        _graph("Characters", [characters]),
    ]


def _answering(settings: Settings, function: lambda_.Function) -> list[cloudwatch.IWidget]:
    whole = [of_requests(settings, "Latency", p, label=f"{p} in all") for p in _PERCENTILES]
    asked = [of_requests(settings, "EndpointLatency", p, label=f"{p}") for p in _PERCENTILES]
    return [
        _graph("Latency of calls", whole, unit="ms"),
        _graph("Latency of the endpoint, network included", asked, unit="ms"),
        _graph(
            "Function",
            [
                function.metric("ConcurrentExecutions", statistic="Maximum", period=PERIOD),
                function.metric_throttles(period=PERIOD),
                function.metric_errors(period=PERIOD),
            ],
        ),
    ]


def _endpoint(settings: Settings) -> list[cloudwatch.IWidget]:
    counts = [
        of_endpoint(settings, name, "Sum")
        for name in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
    ]
    model = [of_endpoint(settings, "ModelLatency", p, label=f"model, {p}") for p in _PERCENTILES]
    overhead = of_endpoint(settings, "OverheadLatency", "p99", label="SageMaker's own, p99")
    return [
        _graph("Endpoint: invocations", counts),
        _graph("Endpoint: latency", [*model, overhead], unit="µs"),
        _serverless_size(settings) if settings.endpoint_serverless else _fleet_size(settings),
    ]


def _fleet_size(settings: Settings) -> cloudwatch.IWidget:
    reports = of_instances(settings, "CPUUtilization", "SampleCount")
    instances = cloudwatch.MathExpression(
        expression=f"reports / {PERIOD.to_minutes():g}",
        using_metrics={"reports": reports},
        label="instances",
        period=PERIOD,
    )
    load = [of_instances(settings, name, "Maximum") for name in ("CPUUtilization", _MEMORY)]
    return _graph("Endpoint: instances, and their load in % of one core", [instances], right=load)


_MEMORY = "MemoryUtilization"


def _serverless_size(settings: Settings) -> cloudwatch.IWidget:
    name = "ServerlessConcurrentExecutionsUtilization"
    busy = of_endpoint(settings, name, "Maximum", label="share of serverless_max_concurrency")
    start = of_endpoint(settings, "ModelSetupTime", "p99", label="cold starts, p99 in µs")
    memory = of_instances(settings, _MEMORY, "Maximum")
    return _graph(
        "Endpoint: calls at once, memory in %, cold starts", [busy, memory], right=[start]
    )


def _executions(title: str, machine: sfn.StateMachine) -> cloudwatch.IWidget:
    executions = [
        machine.metric_started(period=PERIOD),
        machine.metric_succeeded(period=PERIOD),
        machine.metric_failed(period=PERIOD),
        machine.metric_timed_out(period=PERIOD),
        machine.metric_aborted(period=PERIOD),
    ]
    return _graph(f"{title}: executions", executions)


def _retraining(settings: Settings, machine: sfn.StateMachine) -> list[cloudwatch.IWidget]:
    curves = [
        cloudwatch.MathExpression(
            expression=search(
                "/aws/sagemaker/TrainingJobs", "TrainingJobName", name, settings, "Maximum", 60
            ),
            label="",
            period=Duration.minutes(1),
        )
        for name in TRAINING_METRICS
    ]
    scores = cloudwatch.SingleValueWidget(
        title="Scores of the last candidate that was evaluated",
        metrics=[of_evaluation(settings, name).with_(period=_SCORES_PERIOD) for name in SCORES],
        width=8,
        start=_SCORES_START,
        sparkline=True,
        full_precision=False,
    )
    return [
        _executions("Retraining", machine),
        _graph("Training: scores on the validation set", curves),
        scores,
    ]


def _costs(settings: Settings) -> list[cloudwatch.IWidget]:
    items = cost_items(settings)
    priced = [item.expression for item in items if item.is_priced]
    unpriced = [item.expression for item in items if not item.is_priced]
    return [
        _graph("Estimated cost of each hour", priced, right=unpriced, unit="$", stacked=True),
        cloudwatch.TextWidget(markdown=explanation(settings), width=16, height=6),
    ]
