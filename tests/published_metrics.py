"""What a service has published to CloudWatch of its candidates."""

from datetime import UTC, datetime, timedelta
from typing import Any


def maxima(cloudwatch: Any, service: str, metric: str) -> list[float]:
    """The highest value of each minute of the last hour; one minute sees one candidate at most."""
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_statistics(
        Namespace="Translation",
        MetricName=metric,
        Dimensions=[{"Name": "service", "Value": service}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )
    return [float(point["Maximum"]) for point in answer["Datapoints"]]
