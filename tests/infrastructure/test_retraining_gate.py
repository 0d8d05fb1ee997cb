"""The synthesised state machine from an evaluation to what becomes of the candidate."""

from typing import Any

import pytest

from evaluation.arguments import read_arguments
from evaluation.verdict import Gate
from tests.infrastructure.failures import Failure, job_failure
from tests.infrastructure.fake_stack import FakeStack
from tests.infrastructure.retraining_machine import EVALUATION, Run, Start
from tests.infrastructure.synthesis import BUCKET, Synthesis

PREFIX = f"s3://{BUCKET}/executions/Nightly_Run.7"
PRETRAINED = f"s3://{BUCKET}/models/given.tar.gz"
TEST_SET = {"test_source": f"s3://{BUCKET}/c/test.en", "test_target": f"s3://{BUCKET}/c/test.de"}
MADE_HERE = f"s3://{BUCKET}/executions/earlier-1/model/job/output/model.tar.gz"
REFUSAL = {
    **EVALUATION,
    "verdict": {"promote": False, "reason": "BLEU 20.00 is 9.00 below the served model's 29.00"},
}


def served(model_data: str = MADE_HERE, engine: str = "pytorch") -> FakeStack:
    stack = FakeStack()
    stack.serve(
        {"ModelDataUrl": model_data, "ModelDescriptionUrl": "s3://b/d", "ModelEngine": engine}
    )
    return stack


def evaluation_job(run: Run) -> dict[str, Any]:
    (job,) = [
        request
        for request in run.sent("createProcessingJob.sync")
        if request["AppSpecification"]["ContainerEntrypoint"][-1] == "evaluation.job"
    ]
    return job


def inputs(run: Run) -> dict[str, str]:
    """The jobs' inputs by name."""
    parts = evaluation_job(run)["ProcessingInputs"]
    for part in parts:
        path = part["S3Input"]["LocalPath"]
        assert path == f"/opt/ml/processing/input/{part['InputName']}"
    return {part["InputName"]: part["S3Input"]["S3Uri"] for part in parts}


def settings(run: Run) -> tuple[str, str]:
    """The text's origin and the baseline, as the job reads them."""
    read = read_arguments(evaluation_job(run)["AppSpecification"]["ContainerArguments"])
    assert read.execution == "executions/Nightly_Run.7"
    return str(read.text_origin), str(read.baseline)


def test_an_accepted_candidate_is_promoted_and_its_evaluation_named(start: Start) -> None:
    run = start(stack=served())
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["promoted"] is True
    assert run.output["reason"] == EVALUATION["verdict"]["reason"]
    assert run.output["evaluation"] == f"{PREFIX}/evaluation/evaluation.json"
    assert run.stack.parameters["ModelDataUrl"] == run.output["model_data"]


def test_the_job_gets_both_models_and_the_test_set(start: Start) -> None:
    run = start(stack=served())
    candidate = run.output["model_data"]
    assert inputs(run) == {
        "candidate": candidate,
        "served": MADE_HERE,
        "test": f"{PREFIX}/test/",
    }
    assert settings(run) == ("validation", "served")
    job = evaluation_job(run)
    assert job["AppSpecification"]["ImageUri"].endswith("/training:1")
    assert job["NetworkConfig"] == {"EnableNetworkIsolation": True}
    (output,) = job["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"] == f"{PREFIX}/evaluation"
    assert job["ProcessingJobName"].endswith("-e0")


def test_preprocessing_uploads_the_test_set(start: Start) -> None:
    run = start({"corpus": TEST_SET})
    preprocess = run.sent("createProcessingJob.sync")[0]
    uploads = [
        part["S3Output"]["S3Uri"] for part in preprocess["ProcessingOutputConfig"]["Outputs"]
    ]
    assert f"{PREFIX}/test" in uploads
    assert "--test-source" in preprocess["AppSpecification"]["ContainerArguments"]
    assert settings(run)[0] == "test"


def test_a_refused_candidate_ends_well_and_is_kept(start: Start) -> None:
    stack = served()
    before = dict(stack.parameters)
    run = start(stack=stack, evaluation=REFUSAL)
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["promoted"] is False
    assert run.output["reason"] == REFUSAL["verdict"]["reason"]
    assert run.output["evaluation"] == f"{PREFIX}/evaluation/evaluation.json"
    assert run.output["model_data"].startswith(f"{PREFIX}/model/")
    assert stack.parameters == before
    assert not {"updateStack", "invokeEndpoint"} & set(run.actions)


def test_a_forced_candidate_is_promoted_although_it_would_be_refused(start: Start) -> None:
    run = start({"force": True}, stack=served(), evaluation=REFUSAL)
    assert run.output["promoted"] is True
    assert run.output["reason"] == f"forced, although: {REFUSAL['verdict']['reason']}"
    assert settings(run) == ("validation", "forced")
    assert "served" not in inputs(run)


def test_force_does_not_skip_the_endpoints_own_test(start: Start) -> None:
    run = start({"force": True}, stack=served(), answers=["", "", "", ""])
    assert run.error == "BadTranslation"
    assert run.stack.parameters["ModelDataUrl"] == MADE_HERE


@pytest.mark.parametrize("evaluation", [EVALUATION, REFUSAL])
def test_without_promotion_the_verdict_is_told_all_the_same(
    start: Start, evaluation: dict[str, Any]
) -> None:
    run = start({"promote": False, "force": True}, stack=served(), evaluation=evaluation)
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["promoted"] is False
    reason = f"promotion was not asked for; {evaluation['verdict']['reason']}"
    assert run.output["reason"] == reason
    assert "updateStack" not in run.actions


def test_a_first_model_is_compared_with_none(start: Start) -> None:
    run = start()
    assert settings(run) == ("validation", "none")
    assert inputs(run).keys() == {"candidate", "test"}


def test_a_served_model_of_the_other_engine_is_not_compared(start: Start) -> None:
    run = start(stack=served(engine="builtin"))
    assert settings(run) == ("validation", "other-engine")
    assert inputs(run).keys() == {"candidate", "test"}


def test_a_given_model_with_a_test_set_has_that_preprocessed_alone(start: Start) -> None:
    run = start({"pretrained_model": PRETRAINED, "corpus": TEST_SET}, stack=served())
    assert run.status == "SUCCEEDED", run.cause
    preprocess = run.sent("createProcessingJob.sync")[0]
    assert preprocess["AppSpecification"]["ContainerArguments"][0] == "--test-only"
    assert "createTrainingJob.sync" not in run.actions
    assert settings(run) == ("test", "served")
    assert inputs(run)["candidate"] == PRETRAINED


def test_a_given_model_is_judged_on_the_served_models_test_set(start: Start) -> None:
    run = start({"pretrained_model": PRETRAINED}, stack=served(), test_files=2)
    assert run.status == "SUCCEEDED", run.cause
    (listed,) = run.sent("listObjectsV2")
    assert listed["Prefix"] == "executions/earlier-1/test/"
    assert settings(run) == ("served", "served")
    assert inputs(run)["test"] == f"s3://{BUCKET}/executions/earlier-1/test/"


@pytest.mark.parametrize(
    ("stack", "listings"), [(served(), 1), (served("s3://b/models/x.tar.gz"), 0), (FakeStack(), 0)]
)
def test_a_given_model_without_any_test_set_is_not_judged(
    start: Start, stack: FakeStack, listings: int
) -> None:
    unjudged = {"verdict": {"promote": True, "reason": "not judged: …"}, "model": {}}
    run = start({"pretrained_model": PRETRAINED}, stack=stack, test_files=0, evaluation=unjudged)
    assert run.status == "SUCCEEDED", run.cause
    assert (run.output["promoted"], run.output["reason"]) == (True, "not judged: …")
    assert len(run.sent("listObjectsV2")) == listings
    assert settings(run)[0] == "none"
    assert inputs(run) == {"candidate": PRETRAINED}


def test_the_served_model_given_again_is_not_compared_with_itself(start: Start) -> None:
    run = start({"pretrained_model": MADE_HERE}, stack=served(), test_files=2)
    assert settings(run) == ("served", "same")
    assert inputs(run).keys() == {"candidate", "test"}


def test_going_back_by_force_waits_for_no_judgement(start: Start) -> None:
    run = start({"pretrained_model": PRETRAINED, "force": True}, stack=served())
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["promoted"] is True
    assert run.output["evaluation"] == ""
    assert run.output["reason"].startswith("not judged: force was given")
    assert len(run.sent("createProcessingJob.sync")) == 1


def test_an_evaluation_that_fails_is_told_and_nothing_is_switched(start: Start) -> None:
    failure = job_failure("Processing", "j-e0", ExitMessage="target.txt: not UTF-8")
    run = start(job_failures={"e": [failure]}, stack=served())
    assert (run.status, run.error) == ("FAILED", "EvaluationFailed")
    assert run.cause == "j-e0: target.txt: not UTF-8"
    assert "updateStack" not in run.actions


def test_an_evaluation_that_runs_too_long_names_its_setting(start: Start) -> None:
    failure = job_failure("Processing", "j-e0", ProcessingJobStatus="Stopped")
    run = start(job_failures={"e": [failure]})
    assert run.error == "EvaluationFailed"
    assert "setting evaluation_max_runtime_minutes" in run.cause


def test_an_evaluation_that_cannot_be_read_is_told(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition())
    read = run._get_object

    def unreadable(request: dict[str, Any]) -> dict[str, Any]:
        return {"Body": "{"} if request["Key"].endswith("evaluation.json") else read(request)

    monkeypatch.setattr(run, "_get_object", unreadable)
    run.start(monkeypatch)
    assert run.error == "EvaluationFailed"
    assert run.cause.startswith("The evaluation left no readable evaluation.json: ")


def test_a_test_set_that_cannot_be_looked_for_is_told(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition(), stack=served())

    def refuse(_request: dict[str, Any]) -> Any:
        raise Failure("S3.S3Exception", "Access Denied")

    monkeypatch.setattr(run, "_list_objects", refuse)
    run.start(monkeypatch, {"pretrained_model": PRETRAINED})
    assert run.error == "EvaluationFailed"
    assert run.cause.endswith("could not be looked for: Access Denied")


def test_the_builtin_engines_models_are_not_judged_and_that_is_said(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(builtin.definition(), engine="builtin").start(monkeypatch)
    assert run.output["promoted"] is True
    assert run.output["evaluation"] == ""
    assert run.output["reason"].startswith("not judged: a model of the engine builtin")


def test_the_owners_limits_reach_the_job(chosen: Synthesis) -> None:
    job = chosen.definition()["States"]["Evaluate"]["Arguments"]
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 5400}
    gate = read_arguments(
        [
            *job["AppSpecification"]["ContainerArguments"][-6:],
            *("--execution", "e", "--test-set", "none", "--baseline", "none"),
        ]
    ).gate
    assert gate == Gate(min_bleu=12.5, max_loss=2, max_loss_by_chance=3.5)


def test_the_machine_lists_what_executions_left_and_nothing_else(pytorch: Synthesis) -> None:
    (statement,) = [
        statement
        for statement in pytorch.statements("Retraining")
        if statement["Action"] == "s3:ListBucket"
    ]
    assert statement["Condition"] == {"StringLike": {"s3:prefix": "executions/*"}}
