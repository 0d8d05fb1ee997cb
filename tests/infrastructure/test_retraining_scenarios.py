"""The state machine as synthesised, run from start to end against an AWS that is a fake."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from protocol.artifacts import VERIFICATION
from stacks.retraining.rollback_reason import TOO_LONG
from tests.infrastructure.failures import THROTTLED, Failure, api_failure, job_failure
from tests.infrastructure.fake_stack import FakeStack
from tests.infrastructure.retraining_machine import (
    GIVEN_METRICS,
    METRICS,
    SENTENCES,
    Run,
    Start,
    states_reached,
)
from tests.infrastructure.synthesis import BUCKET, Synthesis, synthesise

PRETRAINED = f"s3://{BUCKET}/models/given.tar.gz"
OLD = {
    "ModelDataUrl": "s3://b/executions/old/model.tar.gz",
    "ModelDescriptionUrl": "s3://b/executions/old/d",
    "ModelEngine": "pytorch",
}
NO_MODEL = {"ModelDataUrl": "", "ModelDescriptionUrl": "", "ModelEngine": ""}


def served(engine: str = "pytorch", **changes: Any) -> FakeStack:
    stack = FakeStack(**changes)
    stack.serve({**OLD, "ModelEngine": engine})
    return stack


def served_model(stack: FakeStack) -> dict[str, str]:
    return {key: value for key, value in stack.parameters.items() if key.startswith("Model")}


def test_a_model_is_trained_verified_promoted_and_asked(start: Start) -> None:
    run = start()
    assert run.status == "SUCCEEDED", run.cause
    model = run.stack.parameters["ModelDataUrl"]
    assert (run.output["model_data"], run.output["promoted"]) == (model, True)
    assert run.output["metrics"] == METRICS
    assert model.startswith(
        f"s3://{BUCKET}/executions/Nightly_Run.7/model/translation--nightly-run"
    )
    expected = f"s3://{BUCKET}/executions/Nightly_Run.7/description"
    assert run.stack.parameters["ModelDescriptionUrl"] == expected
    assert run.stack.parameters["ModelEngine"] == "pytorch"
    assert run.stack.parameters["Other"] == "kept"
    assert run.actions[:8] == [
        "invoke",
        "listExecutions",
        "describeStacks",
        "createProcessingJob.sync",
        "createTrainingJob.sync",
        "createProcessingJob.sync",
        "createProcessingJob.sync",
        "getObject",
    ]
    assert run.actions[-2:] == ["invokeEndpoint", "updateModelPackage"]


def test_the_endpoint_is_asked_what_the_candidate_was(start: Start) -> None:
    (request,) = start().sent("invokeEndpoint")
    assert request["EndpointName"] == "translation"
    asked = [{"data": sentence["source"]} for sentence in SENTENCES]
    assert json.loads(request["Body"]) == {"instances": asked}


def test_an_update_passes_no_template_and_only_the_endpoints_types(start: Start) -> None:
    (request,) = start().sent("updateStack")
    assert request["UsePreviousTemplate"] is True
    assert request.keys() == {"StackName", "UsePreviousTemplate", "Parameters", "ResourceTypes"}
    kept = [item for item in request["Parameters"] if item["ParameterKey"] == "Other"]
    assert kept == [{"ParameterKey": "Other", "UsePreviousValue": True}]


def test_one_sentence_is_enough_to_verify_with(start: Start) -> None:
    run = start(sentences=SENTENCES[:1])
    assert run.status == "SUCCEEDED", run.cause


def test_without_promotion_it_ends_after_the_smoke_test(start: Start) -> None:
    run = start({"promote": False})
    assert run.status == "SUCCEEDED"
    assert run.output["promoted"] is False
    assert run.output["metrics"] == METRICS
    assert run.actions[-2:] == ["listModelPackages", "createModelPackage"]
    assert run.stack.parameters["ModelDataUrl"] == ""


def test_a_pretrained_model_goes_straight_to_the_smoke_test(start: Start) -> None:
    run = start({"pretrained_model": PRETRAINED})
    assert (run.output["model_data"], run.output["promoted"]) == (PRETRAINED, True)
    assert run.output["metrics"] == GIVEN_METRICS
    assert run.actions[3:5] == ["createProcessingJob.sync", "getObject"]
    verify, _evaluate = run.sent("createProcessingJob.sync")
    assert verify["ProcessingInputs"][0]["S3Input"]["S3Uri"] == PRETRAINED


def test_a_pretrained_models_metrics_are_told_without_promotion_too(start: Start) -> None:
    infinite = {"validation:bleu": 0.0, "validation:perplexity": float("inf")}
    run = start({"pretrained_model": PRETRAINED, "promote": False}, manifest_metrics=infinite)
    metrics = {"validation:bleu": 0.0, "validation:perplexity": None}
    assert (run.output["metrics"], run.output["promoted"]) == (metrics, False)


def test_a_wrong_input_is_told_in_the_checks_own_words(start: Start) -> None:
    run = start({"max_lines": -1})
    assert (run.status, run.error) == ("FAILED", "InvalidInput")
    assert run.cause == "max_lines must be a positive whole number or null, not -1"


def test_a_check_that_crashes_is_not_called_a_wrong_input(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition())
    crash = Failure("KeyError", json.dumps({"errorMessage": "'BUCKET'", "errorType": "KeyError"}))

    def crashing(_request: dict[str, Any]) -> Any:
        raise crash

    monkeypatch.setattr(run, "_check_input", crashing)
    run.start(monkeypatch)
    assert (run.error, run.cause) == ("InputCheckFailed", "'BUCKET'")


@pytest.mark.parametrize(
    ("letter", "kind", "error"),
    [
        ("p", "Processing", "PreprocessingFailed"),
        ("t", "Training", "TrainingFailed"),
        ("v", "Processing", "VerificationFailed"),
    ],
)
def test_a_failed_job_is_told_with_its_reason_and_not_repeated(
    start: Start, letter: str, kind: str, error: str
) -> None:
    reason = "AlgorithmError: batch_size must be positive"
    failure = job_failure(kind, f"translation-x-{letter}0", FailureReason=reason)
    stack = served()
    before = dict(stack.parameters)
    run = start(job_failures={letter: [failure]}, stack=stack)
    assert (run.status, run.error) == ("FAILED", error)
    assert run.cause == f"translation-x-{letter}0: {reason}"
    assert stack.parameters == before
    assert run.naps == []


def test_a_processing_jobs_exit_message_comes_first(start: Start) -> None:
    failure = job_failure(
        "Processing", "j", ExitMessage="train.en: no such file", FailureReason="ClientError"
    )
    run = start(job_failures={"p": [failure]})
    assert run.cause == "j: train.en: no such file ClientError"


def test_a_job_that_runs_too_long_says_so(start: Start) -> None:
    run = start(job_failures={"t": [Failure("States.Timeout", "")]})
    assert (run.error, run.cause) == ("TrainingFailed", "it ran past its time limit")


@pytest.mark.parametrize(
    ("letter", "described", "cause"),
    [
        (
            "t",
            {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded"},
            "it ran past its maximum runtime (setting training_max_runtime_hours)",
        ),
        (
            "t",
            {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"},
            "it was stopped, by hand or by another program",
        ),
        (
            "t",
            {
                "TrainingJobStatus": "Stopped",
                "SecondaryStatus": "MaxRuntimeExceeded",
                "FailureReason": "Told to end",
            },
            "Told to end; it ran past its maximum runtime (setting training_max_runtime_hours)",
        ),
        (
            "p",
            {"ProcessingJobStatus": "Stopped"},
            (
                "it was stopped by hand, or it ran past its maximum runtime "
                "(setting processing_max_runtime_hours)"
            ),
        ),
        (
            "v",
            {"ProcessingJobStatus": "Stopped"},
            (
                "it was stopped by hand, or it ran past its maximum runtime "
                "(setting verification_max_runtime_minutes)"
            ),
        ),
        (
            "t",
            {"TrainingJobStatus": "Failed", "SecondaryStatus": "Failed"},
            "it ended as Failed, Failed",
        ),
        ("v", {"ProcessingJobStatus": "Failed"}, "it ended as Failed"),
    ],
)
def test_a_job_that_ends_without_a_reason_is_told_by_its_status(
    start: Start, letter: str, described: dict[str, str], cause: str
) -> None:
    kind = "Training" if letter == "t" else "Processing"
    run = start(job_failures={letter: [job_failure(kind, "j", **described)]})
    assert run.status == "FAILED"
    assert run.cause == f"j: {cause}"
    assert "updateStack" not in run.actions


def test_a_refused_request_is_repeated_under_another_name(start: Start) -> None:
    run = start(job_failures={"t": [THROTTLED, THROTTLED]})
    assert run.status == "SUCCEEDED", run.cause
    names = [request["TrainingJobName"] for request in run.sent("createTrainingJob.sync")]
    assert [name.rpartition("-")[2] for name in names] == ["t0", "t10", "t20"]
    assert run.naps[:2] == [10, 20]


@pytest.mark.parametrize("letter", ["p", "t", "v", "e"])
@pytest.mark.parametrize(
    "passing",
    [
        api_failure("InternalFailure", "We encountered an internal error", status=500),
        api_failure("ServiceUnavailable", "Please try again", status=503),
        Failure("SageMaker.SdkClientException", "Unable to execute HTTP request"),
    ],
)
def test_a_failure_of_the_services_own_is_repeated(
    start: Start, letter: str, passing: Failure
) -> None:
    run = start(job_failures={letter: [passing]})
    assert run.status == "SUCCEEDED", run.cause
    assert run.naps[0] == 10


def test_a_request_that_stays_refused_fails_with_the_services_words(start: Start) -> None:
    run = start(job_failures={"t": [THROTTLED] * 9})
    assert (run.error, run.cause) == ("TrainingFailed", THROTTLED.cause)
    assert len(run.sent("createTrainingJob.sync")) == 6
    assert run.naps == [10, 20, 40, 80, 160]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ResourceLimitExceeded", "The account-level service limit 'ml.g5.xlarge for training"),
        ("ValidationException", "1 validation error detected: Value '-1' at 'stoppingCondition"),
        ("AccessDeniedException", "is not authorized to perform: sagemaker:CreateTrainingJob"),
    ],
)
def test_a_request_that_can_never_succeed_is_sent_once(
    start: Start, code: str, message: str
) -> None:
    run = start(job_failures={"t": [api_failure(code, message)] * 9})
    assert run.error == "TrainingFailed"
    assert run.cause.startswith(message)
    assert len(run.sent("createTrainingJob.sync")) == 1
    assert run.naps == []


def test_a_lack_of_capacity_is_waited_out_under_another_name(start: Start) -> None:
    reason = "CapacityError: Unable to provision requested ML compute capacity"
    failure = job_failure("Training", "t", FailureReason=reason)
    run = start(job_failures={"t": [failure, failure]})
    assert run.status == "SUCCEEDED", run.cause
    names = [request["TrainingJobName"] for request in run.sent("createTrainingJob.sync")]
    assert [name.rpartition("-")[2] for name in names] == ["t0", "t10", "t20"]
    assert run.naps[:2] == [600, 600]


def test_a_lasting_lack_of_capacity_fails(start: Start) -> None:
    failure = job_failure("Training", "t", FailureReason="CapacityError: none left")
    run = start(job_failures={"t": [failure] * 20})
    assert run.error == "TrainingFailed"
    assert len(run.sent("createTrainingJob.sync")) == 6


@pytest.mark.parametrize(
    "execution", ["a" * 80, "0-starts-with-a-digit", "Ünïcode und_Zeichen!", "x", "b-" * 25]
)
def test_names_keep_sagemakers_rules_for_any_execution(start: Start, execution: str) -> None:
    run = start(name=execution)
    assert run.status == "SUCCEEDED", run.cause
    for _, request in run.requests:
        name = request.get("TrainingJobName") or request.get("ProcessingJobName")
        assert name is None or name.startswith("translation--")


def test_a_service_with_the_longest_name_keeps_them_too(
    tmp_path: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = "a-name-of-20-letters"
    definition = synthesise(tmp_path, bundles, name=service).definition()
    for execution in ("a" * 80, "b-" * 25):
        stack = FakeStack(name=f"{service}-endpoint")
        run = Run(definition, stack=stack).start(monkeypatch, name=execution)
        assert run.status == "SUCCEEDED", run.cause
        (job,) = run.sent("createTrainingJob.sync")
        assert job["TrainingJobName"].startswith(f"{service}--")
        assert len(job["TrainingJobName"] + "9") <= 63


def test_long_execution_names_that_end_alike_get_different_jobs(start: Start) -> None:
    names = [
        start(name=prefix + "c" * 48).sent("createTrainingJob.sync")[0]["TrainingJobName"]
        for prefix in ("a", "b")
    ]
    assert len(set(names)) == 2


def test_a_promotion_waits_through_the_cleanup(start: Start) -> None:
    run = start(stack=served())
    assert run.status == "SUCCEEDED", run.cause
    assert run.naps == [15, 15, 15]


def test_an_update_that_rolls_back_is_explained_by_the_stacks_events(start: Start) -> None:
    run = start(stack=served(ends=["rolls back"]))
    assert run.error == "PromotionRolledBack"
    assert run.cause == (
        "Rolled back, the model before serves on: the endpoint stack is in "
        "UPDATE_ROLLBACK_COMPLETE. The container did not pass the ping health check."
    )
    assert served_model(run.stack) == OLD
    assert "invokeEndpoint" not in run.actions


def test_a_first_promotion_that_rolls_back_says_that_nothing_is_served(start: Start) -> None:
    run = start(stack=FakeStack(ends=["rolls back"]))
    assert run.error == "PromotionRolledBack"
    assert run.cause == (
        "Rolled back, no model is served, as before: the endpoint stack is in "
        "UPDATE_ROLLBACK_COMPLETE. The container did not pass the ping health check."
    )


@pytest.mark.parametrize("error", ["CloudFormation.ThrottlingException", TOO_LONG])
def test_a_rollback_whose_events_cannot_be_read_is_told_without_them(
    start: Start, error: str
) -> None:
    failures = {"describeStackEvents": [Failure(error, "no events")]}
    run = start(stack=served(ends=["rolls back"]), request_failures=failures)
    assert run.error == "PromotionRolledBack"
    assert run.cause.endswith("the endpoint stack is in UPDATE_ROLLBACK_COMPLETE")


def test_a_rollback_that_fails_points_to_its_runbook(start: Start) -> None:
    run = start(stack=served(ends=["cannot roll back"]))
    assert run.error == "RollbackFailed"
    assert "docs/runbooks/update-rollback-failed.md" in run.cause


def test_an_update_that_never_ends_is_given_up(start: Start) -> None:
    run = start(stack=served(ends=["never ends"]))
    assert run.error == "PromotionTimedOut"
    assert "may still switch" in run.cause
    assert "UPDATE_IN_PROGRESS" in run.cause
    assert sum(run.naps) == 480 * 15


def test_a_silent_fallback_is_found_out_and_undone(start: Start) -> None:
    run = start(stack=served(ends=["falls back silently"]))
    assert run.error == "PromotionRolledBack"
    assert run.cause.endswith("Back to s3://b/executions/old/model.tar.gz.")
    assert "One or more alarms went off." in run.cause
    assert served_model(run.stack) == OLD
    assert "invokeEndpoint" not in run.actions


def test_an_endpoint_that_still_moves_is_waited_for(start: Start) -> None:
    run = start(stack=served(endpoint_status=["Updating", "RollingBack", "InService"]))
    assert run.status == "SUCCEEDED", run.cause


def test_no_updates_is_success_if_the_endpoint_agrees(start: Start) -> None:
    stack = FakeStack()
    run = start({"pretrained_model": PRETRAINED}, stack=stack)
    again = start({"pretrained_model": PRETRAINED}, stack=stack)
    assert (run.status, again.status) == ("SUCCEEDED", "SUCCEEDED")
    assert len(again.sent("updateStack")) == 1
    assert "invokeEndpoint" in again.actions


def test_no_updates_is_failure_if_the_endpoint_serves_something_else(start: Start) -> None:
    stack = FakeStack()
    start({"pretrained_model": PRETRAINED}, stack=stack)
    stack.endpoint_config = "Config-of-before"
    run = start({"pretrained_model": PRETRAINED}, stack=stack)
    assert run.status == "FAILED"
    assert "Config-of-before".lower() in run.cause
    assert "invokeEndpoint" not in run.actions


def test_somebody_elses_update_is_waited_for_and_its_model_remembered(start: Start) -> None:
    run = start(stack=served(busy=3))
    assert run.status == "SUCCEEDED", run.cause
    assert len(run.sent("updateStack")) == 4


def test_an_update_that_is_refused_for_good_fails(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: FakeStack, _request: dict[str, Any]) -> None:
        raise Failure("CloudFormation.CloudFormationException", "AccessDenied for UpdateStack")

    monkeypatch.setattr(FakeStack, "update", refuse)
    run = start()
    assert (run.error, run.cause) == ("PromotionFailed", "AccessDenied for UpdateStack")


@pytest.mark.parametrize(
    "answers",
    [
        ["unterzeichnen ."] * 4,
        ["das ist so cool", "falsch", "falsch", "falsch"],
        ["das ist so cool", "ich bin hier .", "du bist gut !", " "],
        ["das ist so cool"],
    ],
)
def test_a_wrong_translation_puts_the_previous_model_back(start: Start, answers: list[str]) -> None:
    run = start(stack=served(), answers=answers)
    assert run.error == "BadTranslation"
    assert run.cause.endswith("Back to s3://b/executions/old/model.tar.gz.")
    assert served_model(run.stack) == OLD


def test_half_of_the_answers_may_differ(start: Start) -> None:
    answers = ["das ist so cool", "ich bin hier .", "anders", "anders"]
    run = start(answers=answers)
    assert run.status == "SUCCEEDED", run.cause


def test_a_wrong_translation_without_a_previous_model_leaves_none(start: Start) -> None:
    run = start(answers=["", "", "", ""])
    assert run.error == "BadTranslation"
    assert run.cause.endswith("No model is served, as before.")
    assert served_model(run.stack) == NO_MODEL


def test_an_endpoint_that_does_not_answer_counts_as_wrong(start: Start) -> None:
    error = Failure("SageMakerRuntime.ModelErrorException", "Received server error (500)")
    run = start(stack=served(), invoke_failures=[error])
    assert run.error == "BadTranslation"
    assert "Received server error (500)" in run.cause
    assert served_model(run.stack) == OLD


def test_an_answer_that_is_no_json_counts_as_wrong(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition(), stack=served())
    monkeypatch.setattr(run, "_invoke_endpoint", lambda _: {"Body": "<html>"})
    run.start(monkeypatch)
    assert run.error == "BadTranslation"


def test_a_passing_error_of_the_endpoint_is_repeated(start: Start) -> None:
    error = Failure("SageMakerRuntime.ServiceUnavailableException", "busy")
    run = start(invoke_failures=[error, error])
    assert run.status == "SUCCEEDED", run.cause


def test_going_back_that_fails_points_to_the_runbook(start: Start) -> None:
    stack = served(ends=["succeeds", "cannot roll back"])
    run = start(stack=stack, answers=["", "", "", ""])
    assert run.error == "RollbackFailed"
    assert "docs/runbooks/update-rollback-failed.md" in run.cause
    assert "The endpoint translated" in run.cause


def test_an_unreadable_verification_stops_before_anything_is_switched(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition(), stack=served())
    read = run._get_object

    def unreadable(request: dict[str, Any]) -> dict[str, Any]:
        return {"Body": "no json"} if request["Key"].endswith(VERIFICATION) else read(request)

    monkeypatch.setattr(run, "_get_object", unreadable)
    run.start(monkeypatch)
    assert run.error == "VerificationFailed"
    assert "updateStack" not in run.actions


def test_the_builtin_engine_trains_and_promotes(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(builtin.definition(), engine="builtin").start(monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["metrics"] == {}
    assert len(run.sent("createProcessingJob.sync")) == 1
    (training,) = run.sent("createTrainingJob.sync")
    image = "685385470294.dkr.ecr.eu-west-1.amazonaws.com/seq2seq:1"
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    assert training["AlgorithmSpecification"] == algorithm
    assert "CheckpointConfig" not in training
    channels = [channel["ChannelName"] for channel in training["InputDataConfig"]]
    assert channels == ["train", "validation", "vocab"]
    described = run.stack.parameters["ModelDescriptionUrl"]
    assert described == f"s3://{BUCKET}/executions/Nightly_Run.7/vocab"
    (probe,) = run.sent("invokeEndpoint")
    assert json.loads(probe["Body"]) == {"instances": [{"data": "this is so cool"}]}


def test_the_builtin_engine_goes_back_from_an_empty_answer(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(builtin.definition(), engine="builtin", stack=served(), answers=[" "])
    run.start(monkeypatch)
    assert run.error == "BadTranslation"


def test_the_builtin_engine_takes_a_pretrained_model(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(builtin.definition(), engine="builtin")
    run.start(monkeypatch, {"pretrained_model": PRETRAINED})
    assert (run.output["model_data"], run.output["promoted"]) == (PRETRAINED, True)
    assert run.output["metrics"] == {}
    assert run.stack.parameters["ModelDescriptionUrl"] == ""
    assert run.stack.parameters["ModelEngine"] == "builtin"


@pytest.mark.parametrize(("before", "after"), [("pytorch", "builtin"), ("builtin", "pytorch")])
def test_a_promotion_after_another_engines_moves_model_description_and_engine_at_once(
    before: str,
    after: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    definition = request.getfixturevalue(after).definition()
    run = Run(definition, engine=after, stack=served(before)).start(monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    (update,) = run.sent("updateStack")
    given = {
        parameter["ParameterKey"]: parameter["ParameterValue"]
        for parameter in update["Parameters"]
        if "ParameterValue" in parameter
    }
    assert given == served_model(run.stack)
    assert given.keys() == OLD.keys()
    assert given["ModelEngine"] == after
    assert not set(given.values()) & set(OLD.values()) - {after}


@pytest.mark.parametrize(("before", "after"), [("pytorch", "builtin"), ("builtin", "pytorch")])
def test_going_back_to_another_engines_model_puts_all_three_back(
    before: str,
    after: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    definition = request.getfixturevalue(after).definition()
    run = Run(definition, engine=after, stack=served(before), answers=[""])
    run.start(monkeypatch)
    assert run.error == "BadTranslation"
    promotion, restoring = run.sent("updateStack")
    assert {"ParameterKey": "ModelEngine", "ParameterValue": after} in promotion["Parameters"]
    assert restoring["Parameters"][:3] == [
        {"ParameterKey": key, "ParameterValue": value}
        for key, value in {**OLD, "ModelEngine": before}.items()
    ]
    assert served_model(run.stack) == {**OLD, "ModelEngine": before}


def test_an_update_that_left_the_engine_behind_is_no_promotion(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = served("builtin")
    apply = FakeStack._apply

    def leave_engine(self: FakeStack, wanted: dict[str, str], end: str) -> None:
        apply(self, {**wanted, "ModelEngine": "builtin"}, end)

    monkeypatch.setattr(FakeStack, "_apply", leave_engine)
    run = start(stack=stack)
    assert run.error == "PromotionRolledBack"
    assert "invokeEndpoint" not in run.actions


def test_the_training_request_is_the_plans(start: Start) -> None:
    run = start({"hyperparameters": {"batch_size": 64, "bucketing_enabled": True}})
    (request,) = run.sent("createTrainingJob.sync")
    assert request["HyperParameters"] == {
        "source_language": "en",
        "target_language": "de",
        "batch_size": "64",
        "bucketing_enabled": "true",
    }
    names = [metric["Name"] for metric in request["AlgorithmSpecification"]["MetricDefinitions"]]
    assert names == ["validation:bleu", "validation:perplexity", "validation:accuracy"]
    uris = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in request["InputDataConfig"]
    }
    prefix = f"s3://{BUCKET}/executions/Nightly_Run.7"
    assert uris == {name: f"{prefix}/{name}" for name in ("train", "validation", "vocab")}
    assert request["CheckpointConfig"] == {"S3Uri": f"{prefix}/checkpoints"}


def test_the_processing_jobs_run_the_containers_commands(start: Start) -> None:
    preprocess, verify, _evaluate = start().sent("createProcessingJob.sync")
    assert preprocess["AppSpecification"]["ContainerEntrypoint"] == [
        "python",
        "-m",
        "preprocessing.job",
    ]
    assert preprocess["AppSpecification"]["ContainerArguments"][0] == "--train-source"
    assert preprocess["AppSpecification"]["ImageUri"].endswith("/training:1")
    folders = [
        output["S3Output"]["LocalPath"]
        for output in preprocess["ProcessingOutputConfig"]["Outputs"]
    ]
    root = "/opt/ml/processing/output"
    assert folders == [f"{root}/{name}" for name in ("train", "validation", "vocab", "test")]
    assert verify["AppSpecification"]["ContainerEntrypoint"] == ["python", "-m", "serving.verify"]
    assert verify["AppSpecification"]["ImageUri"].endswith("/serving:1")


def test_only_the_job_that_fetches_corpora_has_a_network(start: Start) -> None:
    run = start()
    preprocess, verify, _evaluate = run.sent("createProcessingJob.sync")
    (training,) = run.sent("createTrainingJob.sync")
    assert "NetworkConfig" not in preprocess
    assert verify["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert training["EnableNetworkIsolation"] is True


def errors_of(synthesis: Synthesis) -> set[str]:
    """Every name that an execution can fail with."""
    states = synthesis.definition()["States"].values()
    fixed = {state["Error"] for state in states if state["Type"] == "Fail"}
    judged = [
        state["Assign"]["verdict"] for state in states if "verdict" in state.get("Assign", {})
    ]
    return fixed - {"{% $verdict.error %}"} | {verdict["error"] for verdict in judged}


def test_the_document_tells_every_error_and_no_other(
    pytorch: Synthesis, builtin: Synthesis
) -> None:
    text = Path("docs/retraining.md").read_text(encoding="utf-8").partition("## Failures")[2]
    first_cells = re.findall(r"^\| (`.*?) \|", text, flags=re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(first_cells)))
    assert told == errors_of(pytorch)
    assert told >= errors_of(builtin)


@pytest.mark.parametrize("engine", ["pytorch", "builtin", "local"])
def test_every_state_can_be_reached_and_every_job_has_a_limit(
    engine: str, request: pytest.FixtureRequest
) -> None:
    definition = request.getfixturevalue(engine).definition()
    assert states_reached(definition) == set(definition["States"])
    assert definition["QueryLanguage"] == "JSONata"
    for state in definition["States"].values():
        if state.get("Resource", "").endswith(".sync"):
            assert state["TimeoutSeconds"] > 0
            retried = [error for retry in state["Retry"] for error in retry["ErrorEquals"]]
            assert not {"States.ALL", "States.TaskFailed", "States.Timeout"} & set(retried)
        if state["Type"] == "Task":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_the_local_deployment_looks_more_often(
    local: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(local.definition()).start(monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    assert set(run.naps) == {2}
