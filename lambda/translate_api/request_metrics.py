"""Metrics of every request, in CloudWatch's embedded metric format on the function's log.

One process answers one request at a time, so what is counted belongs to the request at hand.
"""

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from translate_api.answers import Answer

NAMESPACE = "Translation"
_metrics = Metrics(namespace=NAMESPACE)


def count_characters(number: int) -> None:
    """Characters of the sentences that a request in JSON sends."""
    _metrics.add_metric(name="Characters", unit=MetricUnit.Count, value=number)


def endpoint_took(seconds: float) -> None:
    """Time of the call of the endpoint, network included."""
    milliseconds = round(1000 * seconds, 3)
    _metrics.add_metric(name="EndpointLatency", unit=MetricUnit.Milliseconds, value=milliseconds)


def answered(answer: Answer, seconds: float) -> None:
    """Write the request's metrics; errors are counted by their code."""
    milliseconds = round(1000 * seconds, 3)
    _metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    _metrics.add_metric(name="Latency", unit=MetricUnit.Milliseconds, value=milliseconds)
    _metrics.flush_metrics()
    if answer.code is not None:
        with single_metric(
            name="Errors",
            unit=MetricUnit.Count,
            value=1,
            namespace=NAMESPACE,
            default_dimensions={"code": str(answer.code)},
        ):
            pass
