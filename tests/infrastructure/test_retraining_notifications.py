"""Every end of an execution is told, in words; what cannot be told changes no end."""

import json
from typing import Any

import pytest

from stacks.retraining.notifications import UNTOLD
from tests.infrastructure.failures import Failure
from tests.infrastructure.fake_stack import FakeStack
from tests.infrastructure.retraining_machine import EVALUATION, Run, Start, states_reached
from tests.infrastructure.synthesis import BUCKET, Synthesis, rendered

CONSOLE = "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/"
OLD = {"ModelDataUrl": "s3://b/old.tar.gz", "ModelDescriptionUrl": "s3://b/d", "ModelEngine": ""}


@pytest.fixture
def start(told: Synthesis, monkeypatch: pytest.MonkeyPatch) -> Start:
    definition = told.definition()

    def run(content: dict[str, Any] | None = None, **fake: Any) -> Run:
        return Run(definition, **fake).start(monkeypatch, content, "Nightly_Run.7")

    return run


def message(run: Run) -> dict[str, Any]:
    (published,) = run.sent("publish")
    return published


def outcome(run: Run) -> str:
    attributes = message(run)["MessageAttributes"]
    assert attributes["service"]["StringValue"] == "translation"
    return str(attributes["outcome"]["StringValue"])


def test_a_promotion_is_told_with_its_reason_and_its_links(start: Start) -> None:
    run = start()
    assert run.status == "SUCCEEDED", run.cause
    assert outcome(run) == "promoted"
    assert message(run)["Subject"] == "translation: a new model is served"
    lines = message(run)["Message"].splitlines()
    assert lines[:2] == ["translation: a new model is served.", ""]
    assert f"Why: {run.output['reason']}" in lines
    assert f"Model: {run.output['model_data']}" in lines
    assert f"Package: {run.output['model_package']}" in lines
    (link,) = [line for line in lines if line.startswith("Execution: ")]
    assert link.startswith(f"Execution: {CONSOLE}details/arn:aws:states:eu-west-1:")
    assert link.endswith(":Nightly_Run.7")


def test_a_candidate_that_was_not_to_be_promoted_is_told(start: Start) -> None:
    run = start({"promote": False})
    assert outcome(run) == "not_promoted"
    assert "Why: promotion was not asked for" in message(run)["Message"]


def test_a_refusal_is_told_with_the_gates_reason_the_scores_and_the_report(start: Start) -> None:
    refusal = {**EVALUATION, "verdict": {"promote": False, "reason": "BLEU 20.00 is 9.00 below"}}
    run = start(evaluation=refusal)
    assert outcome(run) == "not_promoted"
    lines = message(run)["Message"].splitlines()
    assert "Why: BLEU 20.00 is 9.00 below" in lines
    scored = EVALUATION["candidate"]
    assert f"Scores: BLEU {scored['bleu']:.2f}, chrF {scored['chrf']:.2f}" in lines
    folder = f"s3://{BUCKET}/executions/Nightly_Run.7/evaluation"
    assert f"Report: {folder}/report.html" in lines


def test_a_failure_is_told_with_its_error_and_cause(start: Start) -> None:
    run = start({"max_lines": -1})
    assert (run.status, run.error) == ("FAILED", "InvalidInput")
    assert run.cause == "max_lines must be a positive whole number or null, not -1"
    assert outcome(run) == "failed"
    assert message(run)["Subject"] == "translation: retraining failed (InvalidInput)"
    assert f"Why: {run.cause}" in message(run)["Message"]
    assert CONSOLE in message(run)["Message"]


@pytest.mark.parametrize("wrong", ["rolls back", "falls back silently", "answers"])
def test_a_rollback_is_told_as_one(start: Start, wrong: str) -> None:
    stack = FakeStack()
    stack.serve(OLD)
    if wrong == "answers":
        run = start(stack=stack, answers=["falsch"] * 4)
    else:
        stack.ends = [wrong]
        run = start(stack=stack)
    assert run.status == "FAILED"
    assert outcome(run) == "rolled_back"
    assert f"the promotion was rolled back ({run.error})" in message(run)["Subject"]
    assert f"Why: {run.cause}" in message(run)["Message"]
    assert stack.parameters["ModelDataUrl"] == OLD["ModelDataUrl"]


@pytest.mark.parametrize("content", [{}, {"promote": False}, {"max_lines": -1}])
def test_a_topic_that_does_not_answer_changes_no_end(start: Start, content: dict[str, Any]) -> None:
    expected = start(content)
    gone = [Failure("Sns.NotFoundException", "Topic does not exist")]
    run = start(content, request_failures={"publish": gone})
    assert (run.status, run.error, run.cause, run.output) == (
        expected.status,
        expected.error,
        expected.cause,
        expected.output,
    )


def test_no_end_is_left_untold(told: Synthesis) -> None:
    definition = told.definition()
    states = definition["States"]
    assert states_reached(definition) == set(states)
    ends = {
        name
        for name, state in states.items()
        if state["Type"] in ("Fail", "Succeed") or state.get("End")
    }
    telling = {
        name for name, state in states.items() if state.get("Resource", "").endswith("sns:publish")
    }
    assert ends == {"Failed", "Finish", "NotPromoted", "Promoted"}
    for name, state in states.items():
        following = {state.get("Next"), state.get("Default")}
        following |= {choice["Next"] for choice in state.get("Choices", [])}
        following |= {catch["Next"] for catch in state.get("Catch", [])}
        assert name in telling or not following & ends
    assert all(states[name]["Catch"][0]["ErrorEquals"] == ["States.ALL"] for name in telling)


def test_without_a_topic_nothing_is_published(pytorch: Synthesis) -> None:
    assert "sns:publish" not in json.dumps(pytorch.definition())
    assert not pytorch.resources("Retraining", "AWS::SNS::Topic")
    assert not pytorch.resources("Retraining", "AWS::Events::Rule")


def test_the_services_own_topic_is_encrypted_and_takes_no_plain_text(told: Synthesis) -> None:
    topic = told.one("Retraining", "AWS::SNS::Topic")["Properties"]
    key = told.one("Retraining", "AWS::KMS::Key")
    assert topic["KmsMasterKeyId"]["Fn::GetAtt"][0].startswith("NotificationsKey")
    assert key["DeletionPolicy"] == "Delete"
    assert key["Properties"]["EnableKeyRotation"] is True
    policy = told.one("Retraining", "AWS::SNS::TopicPolicy")["Properties"]["PolicyDocument"]
    denied, allowed = policy["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    subscription = told.one("Retraining", "AWS::SNS::Subscription")["Properties"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "team@example.org")


def test_the_machine_may_publish_to_that_topic_only(told: Synthesis, chosen: Synthesis) -> None:
    for synthesis, encrypted in ((told, True), (chosen, False)):
        statements = synthesis.statements("Retraining")
        (publish,) = [one for one in statements if one["Action"] == "sns:Publish"]
        assert "*" not in json.dumps(publish["Resource"])
        keys = [one for one in statements if "kms:GenerateDataKey" in one["Action"]]
        assert bool(keys) is encrypted
    assert publish["Resource"] == "arn:aws:sns:eu-west-1:123456789012:team"


def untold_rule(told: Synthesis) -> dict[str, Any]:
    (rule,) = [
        rule["Properties"]
        for name, rule in told.resources("Retraining", "AWS::Events::Rule").items()
        if name.startswith("Notifications")
    ]
    return dict(rule)


def test_ends_that_no_state_can_tell_are_told_by_a_rule(told: Synthesis) -> None:
    rule = untold_rule(told)
    assert rule["EventPattern"]["detail"]["status"] == list(UNTOLD)
    (target,) = rule["Targets"]
    assert target["Arn"]["Ref"].startswith("NotificationsTopic")
    text = rendered(target["InputTransformer"]["InputTemplate"], told.template("Retraining"))
    assert f"{CONSOLE}details/<execution>" in text


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_to_the_partitions_console(
    told: Synthesis, monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    page = f"https://{region}.{host}/states/home?region={region}#/v2/executions/details/"
    (target,) = untold_rule(told)["Targets"]
    given = target["InputTransformer"]["InputTemplate"]
    assert f"{page}<execution>" in rendered(given, told.template("Retraining"), region)
    run = Run(told.definition(region=region), region=region).start(monkeypatch)
    partition = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}.get(region, "aws")
    assert f"Execution: {page}arn:{partition}:states:{region}:" in message(run)["Message"]


def triggers(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    found = synthesis.resources("Retraining", "AWS::Events::Rule")
    return {
        name.rstrip("0123456789ABCDEF"): rule["Properties"]
        for name, rule in found.items()
        if not name.startswith("Notifications")
    }


def test_the_schedule_and_the_manifest_start_the_machine_with_the_manifest(
    told: Synthesis,
) -> None:
    found = triggers(told)
    assert found.keys() == {"Schedule", "ManifestCreated"}
    assert found["Schedule"]["ScheduleExpression"] == "rate(7 days)"
    pattern = found["ManifestCreated"]["EventPattern"]
    assert pattern["detail"]["object"] == {"key": ["manifests/retrain.json"]}
    for rule in found.values():
        (target,) = rule["Targets"]
        given = rendered(target["Input"], told.template("Retraining"))
        assert json.loads(given) == {"manifest": f"s3://{BUCKET}/manifests/retrain.json"}


def test_no_job_writes_where_the_manifest_lies(told: Synthesis) -> None:
    written = [
        json.dumps(statement["Resource"])
        for statement in told.statements("Retraining")
        if "s3:PutObject" in statement["Action"]
    ]
    assert written
    assert all("/executions/*" in resource for resource in written)


def test_only_the_manifest_is_read_and_only_where_it_starts_anything(
    told: Synthesis, pytorch: Synthesis
) -> None:
    def readable(synthesis: Synthesis) -> list[str]:
        return [
            rendered(statement["Resource"], synthesis.template("Retraining"))
            for name, policy in synthesis.resources("Retraining", "AWS::IAM::Policy").items()
            if name.startswith("CheckInput")
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if "s3:GetObject" in statement["Action"]
        ]

    assert readable(told) == [f"arn:aws:s3:::{BUCKET}/manifests/retrain.json"]
    assert readable(pytorch) == []
    assert triggers(pytorch) == {}


def test_the_bucket_tells_of_its_objects_only_where_somebody_listens(
    told: Synthesis, pytorch: Synthesis
) -> None:
    def telling(synthesis: Synthesis) -> list[str]:
        buckets = synthesis.resources("Storage", "AWS::S3::Bucket")
        return [
            name
            for name, bucket in buckets.items()
            if "NotificationConfiguration" in bucket["Properties"]
        ]

    assert [name.startswith("Bucket") for name in telling(told)] == [True]
    assert telling(pytorch) == []
