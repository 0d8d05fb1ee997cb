"""Candidates in the model register: each once, with what became of it."""

import pytest

from tests.infrastructure.failures import Failure
from tests.infrastructure.fake_register import FakeRegister, package_arn
from tests.infrastructure.fake_stack import FakeStack
from tests.infrastructure.retraining_machine import EVALUATION, Run, Start
from tests.infrastructure.synthesis import BUCKET, Synthesis

GIVEN = f"s3://{BUCKET}/models/given.tar.gz"
OTHERS = [f"s3://{BUCKET}/executions/e{number}/model.tar.gz" for number in range(5)]
REFUSAL = {**EVALUATION, "verdict": {"promote": False, "reason": "BLEU 20.00 is 9.00 below"}}


def served() -> FakeStack:
    stack = FakeStack()
    stack.serve(
        {"ModelDataUrl": OTHERS[0], "ModelDescriptionUrl": "s3://b/d", "ModelEngine": "pytorch"}
    )
    return stack


def test_a_promoted_model_is_registered_and_then_approved(start: Start) -> None:
    run = start()
    (package,) = run.register.packages
    assert run.output["model_package"] == package["ModelPackageArn"]
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == run.output["model_data"]
    assert container["Image"].endswith("/serving:1")
    assert package["CustomerMetadataProperties"].items() >= {
        ("execution", "Nightly_Run.7"),
        ("engine", "pytorch"),
        ("languages", "en-de"),
    }
    (created,) = run.sent("createModelPackage")
    assert created["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ApprovalDescription"] == run.output["reason"]


def test_the_register_shows_the_scores_and_where_all_of_them_are(start: Start) -> None:
    (created,) = start().sent("createModelPackage")
    scored = EVALUATION["candidate"]
    properties = created["CustomerMetadataProperties"]
    assert properties["bleu"] == f"{scored['bleu']:.2f}"
    assert properties["chrf"] == f"{scored['chrf']:.2f}"
    statistics = created["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"].endswith("/executions/Nightly_Run.7/evaluation/evaluation.json")


def test_a_refused_candidate_is_rejected_with_the_gates_reason(start: Start) -> None:
    run = start(stack=served(), evaluation=REFUSAL)
    assert run.output["promoted"] is False
    (package,) = run.register.packages
    assert run.output["model_package"] == package["ModelPackageArn"]
    assert package["ModelApprovalStatus"] == "Rejected"
    assert package["ApprovalDescription"] == REFUSAL["verdict"]["reason"]


def test_a_model_that_was_approved_once_stays_one_to_go_back_to(start: Start) -> None:
    run = start(
        {"pretrained_model": OTHERS[1]},
        stack=served(),
        evaluation=REFUSAL,
        register=FakeRegister().holds(*OTHERS[:2]),
    )
    assert run.output["promoted"] is False
    assert [one["ModelApprovalStatus"] for one in run.register.packages] == ["Approved"] * 2


def test_registering_comes_before_anything_is_switched(start: Start) -> None:
    actions = start().actions
    assert actions.index("createModelPackage") < actions.index("updateStack")


def test_without_promotion_the_owner_may_still_approve(start: Start) -> None:
    run = start({"promote": False})
    (package,) = run.register.packages
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


@pytest.mark.parametrize("error", ["SageMaker.SdkClientException", "SageMaker.SageMakerException"])
def test_an_answer_that_is_lost_registers_nothing_twice(start: Start, error: str) -> None:
    lost = [Failure(error, "the connection was closed")] * 2
    run = start(request_failures={"createModelPackage": lost})
    assert run.status == "SUCCEEDED", run.cause
    assert len(run.sent("createModelPackage")) == 3
    assert len(run.register.packages) == 1
    assert run.output["model_package"] == package_arn(1)


def test_two_executions_never_share_a_package(start: Start) -> None:
    register = FakeRegister()
    models = {start(name=name, register=register).output["model_package"] for name in ("a", "b")}
    assert models == {package_arn(1), package_arn(2)}


@pytest.mark.parametrize("place", [0, 3, 4])
def test_a_model_that_comes_back_is_found_again_on_any_page(start: Start, place: int) -> None:
    register = FakeRegister().holds(*OTHERS)
    run = start({"pretrained_model": OTHERS[place], "force": True}, register=register)
    assert run.status == "SUCCEEDED", run.cause
    assert run.output["model_package"] == package_arn(place + 1)
    assert run.sent("createModelPackage") == []
    (update,) = run.sent("updateModelPackage")
    assert update["ModelPackageArn"] == package_arn(place + 1)
    assert update["ModelApprovalStatus"] == "Approved"


def test_a_model_from_elsewhere_is_registered_beside_the_others(start: Start) -> None:
    run = start({"pretrained_model": GIVEN}, register=FakeRegister().holds(*OTHERS))
    assert run.output["model_package"] == package_arn(len(OTHERS) + 1)


def test_a_model_that_was_rolled_back_is_rejected_with_the_reason(start: Start) -> None:
    stack = served()
    stack.ends = ["rolls back"]
    run = start(stack=stack)
    assert run.error == "PromotionRolledBack"
    (package,) = run.register.packages
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "ping health check" in package["ApprovalDescription"]
    assert stack.parameters["ModelDataUrl"] == OTHERS[0]


def test_a_model_that_answers_wrongly_is_rejected_with_the_answers(start: Start) -> None:
    stack = served()
    run = start(stack=stack, answers=["falsch\nund\tzweizeilig"] * 4)
    assert run.error == "BadTranslation"
    (package,) = run.register.packages
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "falsch" in package["ApprovalDescription"]
    assert "\n" not in package["ApprovalDescription"]
    assert stack.parameters["ModelDataUrl"] == OTHERS[0]


def test_a_long_reason_is_cut_to_what_the_register_takes(start: Start) -> None:
    run = start(stack=served(), answers=["falsch " * 500] * 4)
    assert run.error == "BadTranslation"
    (package,) = run.register.packages
    assert len(package["ApprovalDescription"]) == 1024


def test_what_cannot_be_registered_is_not_promoted(start: Start) -> None:
    denied = [Failure("SageMaker.AccessDeniedException", "not authorized")]
    stack = served()
    run = start(stack=stack, request_failures={"listModelPackages": denied})
    assert (run.error, run.cause) == ("RegistrationFailed", "not authorized")
    assert stack.parameters["ModelDataUrl"] == OTHERS[0]


def test_a_register_that_does_not_answer_changes_no_promotion(start: Start) -> None:
    denied = [Failure("SageMaker.AccessDeniedException", "not authorized")]
    run = start(request_failures={"updateModelPackage": denied})
    assert run.status == "SUCCEEDED"
    assert run.output["promoted"] is True


def test_the_builtin_engine_registers_too(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(builtin.definition(), engine="builtin", answers=["Das ist so cool"])
    run.start(monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    (package,) = run.register.packages
    assert "ModelMetrics" not in package
    assert package["CustomerMetadataProperties"]["engine"] == "builtin"
    assert package["ModelApprovalStatus"] == "Approved"
