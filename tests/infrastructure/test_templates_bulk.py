"""Least privilege of the bulk translation, and its place among the stacks."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from stacks.settings import Settings
from tests.infrastructure.bulk_machine import definition
from tests.infrastructure.synthesis import BUCKET, CORPUS_KEY, Synthesis, rendered, synthesise
from tests.infrastructure.test_templates_permissions import allowing, as_list


@pytest.fixture(scope="module")
def bulky(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    """With buckets of the owner's."""
    return synthesise(
        tmp_path_factory.mktemp("bulky"),
        bundles,
        bulk_buckets="files",
        corpus_buckets="corpora",
        corpus_key_arns=CORPUS_KEY,
    )


def resources(synthesis: Synthesis, action: str) -> set[str]:
    """What an action is allowed on, by all roles of the stack."""
    template = synthesis.template("Bulk")
    found: set[str] = set()
    for statement in allowing(synthesis, "Bulk", action):
        found |= {rendered(arn, template) for arn in as_list(statement["Resource"])}
    return found


def test_the_bucket_is_written_only_where_results_and_shards_lie(pytorch: Synthesis) -> None:
    own = f"arn:aws:s3:::{BUCKET}"
    written = {f"{own}/bulk/*", f"{own}/bulk-work/*", f"{own}/bulk-work/*/target/*"}
    assert resources(pytorch, "s3:PutObject") == written
    assert resources(pytorch, "s3:DeleteObject") == {f"{own}/bulk-work/*/target/*"}


def test_the_owners_bulk_buckets_are_read_and_written_and_corpora_read(bulky: Synthesis) -> None:
    assert "arn:aws:s3:::files/*" in resources(bulky, "s3:PutObject")
    assert "arn:aws:s3:::corpora/*" not in resources(bulky, "s3:PutObject")
    assert {"arn:aws:s3:::files/*", "arn:aws:s3:::corpora/*"} < resources(bulky, "s3:GetObject")
    for statement in allowing(bulky, "Bulk", "kms:GenerateDataKey"):
        assert as_list(statement["Resource"]) == [CORPUS_KEY]
        assert "kms:ViaService" in statement["Condition"]["StringEquals"]
    assert len(allowing(bulky, "Bulk", "kms:GenerateDataKey")) == 1


def test_only_the_bulk_translations_own_jobs_and_models_can_be_touched(pytorch: Synthesis) -> None:
    retraining = f"{Settings().job_name_start}bulk-x-t0"
    neighbour = f"{Settings(name='translation-bulk').job_name_start}e-t0"
    for action in (
        *(f"sagemaker:{verb}TransformJob" for verb in ("Create", "Describe", "Stop")),
        *(f"sagemaker:{verb}ProcessingJob" for verb in ("Create", "Describe", "Stop")),
        *("sagemaker:CreateModel", "sagemaker:DeleteModel", "sagemaker:AddTags"),
    ):
        for arn in resources(pytorch, action):
            pattern = arn.rpartition("/")[2]
            assert pattern == "translation--bulk--*"
            assert not fnmatchcase(retraining, pattern)
            assert not fnmatchcase(neighbour, pattern)


def test_roles_are_passed_to_sagemaker_alone(pytorch: Synthesis) -> None:
    (statement,) = allowing(pytorch, "Bulk", "iam:PassRole")
    service = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": service}
    passed = {json.dumps(role) for role in statement["Resource"]}
    roles = {
        json.dumps(state["Arguments"].get("RoleArn") or state["Arguments"]["ExecutionRoleArn"])
        for state in definition(pytorch)["States"].values()
        if {"RoleArn", "ExecutionRoleArn"} & state.get("Arguments", {}).keys()
    }
    assert len(passed) == len(roles) == 2


def test_the_machine_reads_one_parameter_and_what_its_jobs_tell(pytorch: Synthesis) -> None:
    (parameter,) = resources(pytorch, "ssm:GetParameter")
    assert parameter.endswith(":parameter/translation/model")
    told = [arn for arn in resources(pytorch, "s3:GetObject") if "executions" in arn]
    assert told == [f"arn:aws:s3:::{BUCKET}/bulk-work/executions/*"]


def test_waiting_for_jobs_needs_step_functions_own_rules(pytorch: Synthesis) -> None:
    rules = {arn.rpartition("/")[2] for arn in resources(pytorch, "events:PutRule")}
    assert rules == {
        "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
        "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    }


def test_the_stack_exports_its_machine_and_checks_the_input_first(pytorch: Synthesis) -> None:
    template = pytorch.template("Bulk")
    assert "StateMachineArn" in template["Outputs"]
    machine = pytorch.one("Bulk", "AWS::StepFunctions::StateMachine")["Properties"]
    assert machine["StateMachineName"] == "translation-bulk"
    function = pytorch.function("Bulk", "CheckInput")
    assert function["Handler"] == "check_input.bulk_handler.lambda_handler"
    assert definition(pytorch)["StartAt"] == "CheckInput"


def test_models_have_no_network(pytorch: Synthesis) -> None:
    arguments: dict[str, Any] = definition(pytorch)["States"]["CreateModel"]["Arguments"]
    assert arguments["EnableNetworkIsolation"] is True
