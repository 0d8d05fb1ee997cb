"""The scores of a candidate that was evaluated become metrics; a metric decides nothing."""

from typing import Any

import pytest

from tests.infrastructure.failures import Failure
from tests.infrastructure.retraining_machine import EVALUATION, Run, Start
from tests.infrastructure.synthesis import BUCKET, Synthesis
from tests.infrastructure.test_templates_monitoring import shown

GIVEN = {"pretrained_model": f"s3://{BUCKET}/models/given.tar.gz"}
DENIED = Failure("CloudWatch.CloudWatchException", "not authorized: cloudwatch:PutMetricData")
WRONG = Failure("CloudWatch.InvalidParameterValueException", "the value is too large")


def datum(name: str, value: float) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": "translation"}]
    return {"MetricName": name, "Dimensions": dimensions, "Value": value}


@pytest.mark.parametrize("promote", [True, False])
def test_the_scores_are_published_whatever_the_gate_says(start: Start, promote: bool) -> None:
    verdict = {"promote": promote, "reason": "BLEU 30.00"}
    run = start(evaluation={**EVALUATION, "verdict": verdict})
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["promoted"] is promote
    (request,) = run.sent("putMetricData")
    assert request == {
        "Namespace": "Translation",
        "MetricData": [datum("EvaluationBLEU", 30.0), datum("EvaluationChrF", 55.5)],
    }
    assert run.actions.index("putMetricData") < run.actions.index("listModelPackages")


def test_the_dashboard_shows_what_is_published(start: Start, pytorch: Synthesis) -> None:
    (request,) = start().sent("putMetricData")
    text = shown(pytorch)
    for data in request["MetricData"]:
        (dimension,) = data["Dimensions"]
        parts = (request["Namespace"], data["MetricName"], dimension["Name"], dimension["Value"])
        assert ", ".join(f'"{part}"' for part in parts) in text


def test_without_a_test_set_nothing_is_published(start: Start) -> None:
    unscored = {key: value for key, value in EVALUATION.items() if key != "candidate"}
    run = start(GIVEN, evaluation=unscored)
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["promoted"] is True
    assert run.output["evaluation"] != ""
    assert "putMetricData" not in run.actions


def test_a_model_that_is_forced_without_an_evaluation_publishes_nothing(start: Start) -> None:
    run = start({**GIVEN, "force": True})
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["evaluation"] == ""
    assert "putMetricData" not in run.actions


def test_the_builtin_engine_publishes_nothing(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(builtin.definition(), engine="builtin").start(monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    assert "putMetricData" not in run.actions


@pytest.mark.parametrize(("failure", "attempts"), [(DENIED, 5), (WRONG, 1)])
def test_scores_that_cannot_be_published_stop_no_promotion(
    start: Start, failure: Failure, attempts: int
) -> None:
    run = start(request_failures={"putMetricData": [failure] * attempts})
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["promoted"] is True
    assert len(run.sent("putMetricData")) == attempts
    (package,) = run.sent("createModelPackage")
    assert package["CustomerMetadataProperties"]["bleu"] == "30.00"


def test_a_passing_error_is_repeated(start: Start) -> None:
    error = Failure("CloudWatch.SdkClientException", "Unable to execute HTTP request")
    run = start(request_failures={"putMetricData": [error]})
    assert run.status == "SUCCEEDED", run.cause
    assert len(run.sent("putMetricData")) == 2
