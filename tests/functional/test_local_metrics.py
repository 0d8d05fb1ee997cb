"""Metrics on this machine: what a state machine's task writes is read back through boto3."""

import uuid
from typing import Any

from tests.functional.local_machine import LocalMachine
from tests.functional.test_local_state_machines import Execution
from tests.published_metrics import maxima


def published(service: str, **scores: float) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": service}]
    return {
        "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricData",
        "Arguments": {
            "Namespace": "Translation",
            "MetricData": [
                {"MetricName": name, "Dimensions": dimensions, "Value": f"{{% {value} %}}"}
                for name, value in scores.items()
            ],
        },
    }


def writing(namespace: str) -> list[dict[str, Any]]:
    return [
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": namespace}},
        }
    ]


def test_a_task_leaves_its_data_in_the_metrics_of_its_service(machine: LocalMachine) -> None:
    ours, other = (f"service-{uuid.uuid4().hex[:8]}" for _ in range(2))
    cloudwatch = machine.client("cloudwatch")
    task = published(ours, EvaluationBLEU=31.25, EvaluationChrF=55.5)
    ended = Execution(machine, task, statements=writing("Translation")).ended()
    assert ended["status"] == "SUCCEEDED", ended
    assert maxima(cloudwatch, ours, "EvaluationBLEU") == [31.25]
    assert maxima(cloudwatch, ours, "EvaluationChrF") == [55.5]
    assert maxima(cloudwatch, other, "EvaluationBLEU") == []


def test_a_policy_can_ask_for_the_namespace(machine: LocalMachine) -> None:
    service = f"service-{uuid.uuid4().hex[:8]}"
    cloudwatch = machine.client("cloudwatch")
    task = published(service, EvaluationBLEU=31.25)
    ended = Execution(machine, task, statements=writing("Other")).ended()
    assert ended["error"] == "CloudWatch.CloudWatchException"
    assert "not authorized to perform: cloudwatch:PutMetricData" in ended["cause"]
    assert maxima(cloudwatch, service, "EvaluationBLEU") == []
