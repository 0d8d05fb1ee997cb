"""The dashboard shows every part of the service, and every alarm says where to read what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from protocol.translation import ErrorCode
from stacks.monitoring.prices import INSTANCE_HOUR, hourly_price
from stacks.settings import Settings
from tests.infrastructure.synthesis import Synthesis, rendered

ROOT = Path(__file__).parents[2]
EVERY = pytest.mark.parametrize("synthesis", ["pytorch", "serverless"])


def widgets(synthesis: Synthesis) -> list[dict[str, Any]]:
    """The dashboard's widgets as CloudWatch gets them."""
    template = synthesis.template("Monitoring")
    body = synthesis.one("Monitoring", "AWS::CloudWatch::Dashboard")["Properties"]["DashboardBody"]
    return list(json.loads(printed(body, template))["widgets"])


def printed(value: Any, template: dict[str, Any]) -> str:
    """Outputs of other stacks stand in the text by their names."""
    if isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(printed(part, template) for part in parts)
    if isinstance(value, dict) and "Fn::GetStackOutput" in value:
        return str(value["Fn::GetStackOutput"]["OutputName"])
    if isinstance(value, dict) and not {"Ref"} & value.keys():
        return str(next(iter(value)))
    return rendered(value, template)


def shown(synthesis: Synthesis) -> str:
    return json.dumps([widget["properties"] for widget in widgets(synthesis)])


def anchors(document: Path) -> set[str]:
    """The sections of a document by the names that links give them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def descriptions(synthesis: Synthesis) -> list[str]:
    return [
        alarm["Properties"]["AlarmDescription"]
        for stack in ("Monitoring", "Endpoint")
        for alarm in synthesis.resources(stack, "AWS::CloudWatch::Alarm").values()
    ]


def test_every_alarm_names_a_section_of_a_runbook_that_exists(pytorch: Synthesis) -> None:
    found = descriptions(pytorch)
    assert len(found) == 12
    for description in found:
        link = re.search(r"Runbook: (docs/runbooks/[\w-]+\.md)#([\w-]+)$", description)
        assert link, description
        assert link[2] in anchors(ROOT / link[1]), description


@pytest.mark.parametrize(
    ("stack", "name", "runbook"),
    [("Retraining", "Retraining", "retraining"), ("Bulk", "Bulk translation", "bulk")],
)
@pytest.mark.parametrize(
    ("metric", "words", "section"),
    [
        ("ExecutionsFailed", "failed executions", "failed-executions"),
        (
            "ExecutionsTimedOut",
            "executions that ran out of time",
            "executions-that-ran-out-of-time",
        ),
    ],
)
def test_executions_of_either_machine_that_fail_or_last_too_long_are_told(
    pytorch: Synthesis, stack: str, name: str, runbook: str, metric: str, words: str, section: str
) -> None:
    (machine,) = pytorch.resources(stack, "AWS::StepFunctions::StateMachine")
    found = [
        alarm["Properties"]
        for alarm in pytorch.resources("Monitoring", "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"]["MetricName"] == metric
        and machine in json.dumps(alarm["Properties"]["Dimensions"])
    ]
    (alarm,) = found
    assert alarm["AlarmDescription"] == (
        f"{name}: {words}. Runbook: docs/runbooks/{runbook}-alarms.md#{section}"
    )
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_runbooks_can_be_read_where_the_owner_says(serverless: Synthesis) -> None:
    for description in descriptions(serverless):
        assert "Runbook: https://wiki.example/runbooks/" in description


@pytest.mark.parametrize("document", sorted((ROOT / "docs/runbooks").glob("*.md")))
def test_links_between_runbooks_lead_somewhere(document: Path) -> None:
    for path, anchor in re.findall(r"\]\(([\w./-]+\.md)#?([\w-]*)\)", document.read_text()):
        target = (document.parent / path).resolve()
        assert target.is_file(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@EVERY
def test_the_dashboard_shows_calls_errors_latency_and_characters(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    text = shown(request.getfixturevalue(synthesis))
    for name in ("Requests", "Characters", "Latency", "EndpointLatency"):
        assert json.dumps(["Translation", name, "service", "translation-api"])[1:-1] in text
    for code in ErrorCode:
        assert json.dumps(["code", code, "service", "translation-api"])[1:-1] in text
    assert {"p50", "p90", "p99"} <= set(re.findall(r'"stat": "(\w+)"', text))
    assert re.findall(r'"AWS/SageMaker", "ModelLatency"', text)
    assert "ExecutionsFailed" in text


@EVERY
def test_the_dashboard_shows_how_executions_of_either_machine_ended(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(synthesis)
    graphs = {
        widget["properties"]["title"]: json.dumps(widget["properties"]["metrics"])
        for widget in widgets(found)
        if "executions" in widget["properties"].get("title", "")
    }
    assert set(graphs) == {"Retraining: executions", "Bulk translation: executions"}
    for stack, title in (("Retraining", "Retraining"), ("Bulk", "Bulk translation")):
        metrics = graphs[f"{title}: executions"]
        (machine,) = found.resources(stack, "AWS::StepFunctions::StateMachine")
        for ended in ("Succeeded", "Failed", "TimedOut", "Aborted"):
            assert re.search(rf'"Executions{ended}", "StateMachineArn", "\w*{machine}\w*"', metrics)


@EVERY
def test_the_dashboard_shows_training_and_the_last_scores(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    text = shown(request.getfixturevalue(synthesis))
    assert 'MetricName=\\"validation:bleu\\" TrainingJobName=(translation)' in text
    assert '"Translation", "EvaluationBLEU", "service", "translation"' in text


@EVERY
def test_the_last_scores_are_shown_weeks_later_and_not_the_highest(
    synthesis: str, request: pytest.FixtureRequest
) -> None:
    (properties,) = [
        widget["properties"]
        for widget in widgets(request.getfixturevalue(synthesis))
        if widget["properties"].get("title", "").startswith("Scores of the last candidate")
    ]
    assert (properties["view"], properties["start"]) == ("singleValue", "-P90D")
    # The value of the whole range would be its highest, and one of a day the highest of the day.
    assert not properties.get("setPeriodToTimeRange")
    assert properties["sparkline"] is True
    periods = [metric[-1]["period"] for metric in properties["metrics"]]
    assert periods == [3600, 3600]


def test_instances_are_counted_by_what_they_report(pytorch: Synthesis) -> None:
    text = shown(pytorch)
    assert '"/aws/sagemaker/Endpoints", "CPUUtilization", "EndpointName", "translation"' in text
    assert '"expression": "reports / 5"' in text


def test_the_estimate_counts_hours_with_prices(pytorch: Synthesis) -> None:
    text = shown(pytorch)
    assert "FILL(endpoint_reports, 0) / 60 * 0.204" in text
    assert re.search(r"FILL\(SUM\(SEARCH\(.*?TrainingJobs.*?3600\)\), 0\) / 60 \* 1\.408", text)
    assert re.search(r"FILL\(SUM\(SEARCH\(.*?ProcessingJobs.*?3600\)\), 0\) / 60 \* 0\.23", text)
    assert re.search(r"FILL\(SUM\(SEARCH\(.*?TransformJobs.*?3600\)\), 0\) / 60 \* 0\.204", text)
    assert "us-east-1, read 2026-11-23, or setting `instance_prices`" in text


def test_the_owners_prices_go_before_the_known_ones(serverless: Synthesis) -> None:
    text = shown(serverless)
    assert "/ 60 * 2.5" in text
    assert "FILL(endpoint_time, 0) / 1000000 * 0.00006000" in text
    assert "endpoint_reports" not in text


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    settings = Settings(instance_prices='{"ml.x9.large": 3, "ml.m5.xlarge": 0}')
    assert hourly_price(settings, "ml.x9.large") == 3
    assert hourly_price(settings, "ml.m5.xlarge") == 0
    assert hourly_price(settings, "ml.g5.xlarge") == INSTANCE_HOUR["ml.g5.xlarge"]
    assert hourly_price(settings, "ml.unknown.large") is None


def test_metrics_of_a_service_are_found_by_all_words_of_its_name(chosen: Synthesis) -> None:
    assert "TrainingJobName=(german)" in shown(chosen)
