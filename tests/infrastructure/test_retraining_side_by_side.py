"""Two executions of the synthesised state machine at once."""

import json
from typing import Any

import pytest

from tests.infrastructure.failures import Failure
from tests.infrastructure.fake_stack import FakeStack
from tests.infrastructure.retraining_machine import START_DATE, Run, Start
from tests.infrastructure.synthesis import BUCKET, Synthesis, rendered

OLDER = ("nightly-1", "2025-12-31T23:00:00.123Z")
SAME_MOMENT_BEFORE, SAME_MOMENT_AFTER = ("A-run", START_DATE), ("Zz-run", START_DATE)
NEWER = ("nightly-3", "2026-01-01T00:00:00.007Z")
OTHER_MODEL = {
    "ModelDataUrl": "s3://b/executions/other/model.tar.gz",
    "ModelDescriptionUrl": "s3://b/executions/other/description",
    "ModelEngine": "pytorch",
}


@pytest.mark.parametrize("older", [[OLDER], [NEWER, SAME_MOMENT_BEFORE], [NEWER, OLDER]])
def test_an_execution_is_refused_while_an_older_one_runs(
    start: Start, older: list[tuple[str, str]]
) -> None:
    run = start(running=[older])
    assert (run.status, run.error) == ("FAILED", "AnotherIsRunning")
    assert older[-1][0] in run.cause
    assert older[-1][1] in run.cause
    assert '"wait": true' in run.cause
    assert run.actions == ["invoke", "listExecutions"]


def test_the_oldest_of_several_is_named(start: Start) -> None:
    run = start(running=[[SAME_MOMENT_BEFORE, OLDER]])
    assert OLDER[0] in run.cause


def test_newer_executions_are_no_hindrance(start: Start) -> None:
    run = start(running=[[NEWER, SAME_MOMENT_AFTER]])
    assert run.status == "SUCCEEDED", run.cause


def test_an_execution_waits_for_older_ones_when_asked_to(start: Start) -> None:
    run = start({"wait": True}, running=[[NEWER, OLDER], [OLDER], [OLDER], [NEWER]])
    assert run.status == "SUCCEEDED", run.cause
    assert run.actions.count("listExecutions") == 4
    assert run.naps[:4] == [300, 300, 300, 15]


def test_executions_that_cannot_be_listed_are_told(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition())

    def refuse(_request: dict[str, Any]) -> Any:
        raise Failure("Sfn.SfnException", "not authorized to perform: states:ListExecutions")

    monkeypatch.setattr(run, "_list_executions", refuse)
    run.start(monkeypatch)
    assert run.error == "ExecutionsUnknown"
    assert "states:ListExecutions" in run.cause
    assert run.actions.count("listExecutions") == 5


def promoted_meanwhile(monkeypatch: pytest.MonkeyPatch, run: Run, model: dict[str, str]) -> None:
    """Let something else be served once the candidate is there."""
    described = run.stack.describe
    looks = iter(range(1000))

    def describe() -> dict[str, Any]:
        if next(looks) == 1:
            run.stack.serve(model)
        return described()

    monkeypatch.setattr(run.stack, "describe", describe)


@pytest.mark.parametrize("force", [False, True])
def test_a_promotion_in_between_stops_this_one(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    run = Run(pytorch.definition())
    promoted_meanwhile(monkeypatch, run, OTHER_MODEL)
    run.start(monkeypatch, {"force": force})
    assert (run.status, run.error) == ("FAILED", "BaselineChanged")
    assert "s3://b/executions/other/model.tar.gz was promoted" in run.cause
    assert "no model. Nothing was switched" in run.cause
    assert "updateStack" not in run.actions
    assert run.stack.parameters["ModelDataUrl"] == OTHER_MODEL["ModelDataUrl"]


def test_a_model_taken_away_in_between_is_told(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = FakeStack()
    stack.serve(OTHER_MODEL)
    run = Run(pytorch.definition(), stack=stack)
    promoted_meanwhile(monkeypatch, run, dict.fromkeys(OTHER_MODEL, ""))
    run.start(monkeypatch)
    assert run.error == "BaselineChanged"
    assert run.cause.startswith("While this execution ran, the model was taken away; this")
    assert "compared with s3://b/executions/other/model.tar.gz." in run.cause


def test_a_promotion_that_somebody_elses_update_went_before_is_stopped_too(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition(), stack=FakeStack(busy=1))
    update = run.stack.update

    def update_after_another(request: dict[str, Any]) -> None:
        try:
            update(request)
        finally:
            run.stack.serve(OTHER_MODEL)

    monkeypatch.setattr(run.stack, "update", update_after_another)
    run.start(monkeypatch)
    assert run.error == "BaselineChanged"


def test_an_endpoint_stack_that_is_not_there_is_told_at_once(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition())

    def missing(_request: dict[str, Any]) -> Any:
        raise Failure("CloudFormation.CloudFormationException", "Stack does not exist")

    monkeypatch.setattr(run, "_describe_stacks", missing)
    run.start(monkeypatch)
    assert (run.error, run.cause) == ("BaselineUnknown", "Stack does not exist")
    assert "createProcessingJob.sync" not in run.actions


def test_only_this_machines_executions_can_be_listed(pytorch: Synthesis) -> None:
    (machine,) = pytorch.resources("Retraining", "AWS::StepFunctions::StateMachine")
    statements = [
        statement
        for statement in pytorch.statements("Retraining")
        if "states:ListExecutions" in statement["Action"]
    ]
    # The machine itself, and the function that stops what runs when the service is destroyed.
    assert len(statements) == 2
    for statement in statements:
        assert statement["Action"] == "states:ListExecutions"
        listed = rendered(statement["Resource"], pytorch.template("Retraining"))
        assert listed == machine or listed.endswith(":stateMachine:translation-retraining")
        assert BUCKET not in json.dumps(statement)
