"""Bulk translations from their start to each of their ends."""

import json
import re
from typing import Any

import pytest

from stacks.settings import Settings
from tests.infrastructure.bulk_machine import (
    DESCRIPTION,
    INPUT,
    MODEL,
    WORK,
    BulkRun,
    argument,
    definition,
)
from tests.infrastructure.failures import THROTTLED, Failure, api_failure, job_failure
from tests.infrastructure.retraining_machine import states_reached
from tests.infrastructure.synthesis import BUCKET, Synthesis

NORMAL = [
    "invoke",
    "getParameter",
    "createProcessingJob.sync",
    "getObject",
    "createModel",
    "createTransformJob.sync",
    "deleteModel",
    "createProcessingJob.sync",
    "getObject",
]
TRANSFORM_FAILED = Failure(
    "States.TaskFailed",
    json.dumps(
        {
            "TransformJobName": "translation--bulk--nightly-x0",
            "TransformJobStatus": "Failed",
            "FailureReason": "AlgorithmError: See job logs for more information",
        }
    ),
)


@pytest.fixture
def run(pytorch: Synthesis) -> BulkRun:
    return BulkRun(definition(pytorch))


def start(run: BulkRun, monkeypatch: pytest.MonkeyPatch, **content: Any) -> BulkRun:
    run.start(monkeypatch, {"input": INPUT, **content})
    return run


def test_a_file_is_split_translated_and_joined(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(run, monkeypatch, instances=3)
    assert run.status == "SUCCEEDED", run.cause
    assert run.actions == NORMAL
    assert run.output["outputs"] == [f"{INPUT}.de"]
    assert run.output["model_data"] == MODEL
    split, join = run.sent("createProcessingJob.sync")
    folder = f"{WORK}/executions/Nightly_Run.7"
    assert argument(split, "--input") == INPUT
    assert argument(split, "--output") == f"s3://{BUCKET}/bulk/"
    assert argument(split, "--shard-lines") == "10000"
    for job in (split, join):
        assert argument(job, "--execution-folder").startswith(folder)
        assert argument(job, "--model-data") == MODEL
        assert argument(job, "--target-language") == "de"
        assert job["ProcessingInputs"][0]["S3Input"]["S3Uri"] == MODEL
    assert argument(join, "--transform-seconds") == "12.5"
    assert split["ProcessingJobName"] != join["ProcessingJobName"]


def test_the_shards_are_sent_as_records_in_batches_to_several_instances(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(run, monkeypatch, instances=3)
    (transform,) = run.sent("createTransformJob.sync")
    source = transform["TransformInput"]
    assert source["ContentType"] == "application/x-recordio-protobuf"
    assert (source["SplitType"], transform["BatchStrategy"]) == ("RecordIO", "MultiRecord")
    assert source["DataSource"]["S3DataSource"]["S3DataType"] == "ManifestFile"
    assert transform["TransformOutput"]["S3OutputPath"] == f"{WORK}/model/target/"
    assert transform["TransformResources"] == {
        "InstanceCount": 3,
        "InstanceType": Settings().transform_instance_type,
    }
    (model,) = run.sent("createModel")
    assert model["PrimaryContainer"]["ModelDataUrl"] == MODEL
    assert model["PrimaryContainer"]["Image"].endswith("/serving:1")
    assert model["PrimaryContainer"]["Environment"]["SERVING_REQUEST_SECONDS"] == "3540"
    assert run.sent("deleteModel") == [{"ModelName": model["ModelName"]}]


def test_no_more_instances_are_started_than_there_are_shards(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.missing = 2
    start(run, monkeypatch, instances=4)
    (transform,) = run.sent("createTransformJob.sync")
    assert transform["TransformResources"]["InstanceCount"] == 2


def test_everything_is_named_after_the_service_and_the_execution(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for execution in ("Nightly_Run.7", "x" * 80):
        run = BulkRun(definition(pytorch))
        run.start(monkeypatch, {"input": INPUT}, name=execution)
        named = [*run.sent("createTransformJob.sync"), *run.sent("createProcessingJob.sync")]
        names = [run.sent("createModel")[0]["ModelName"]]
        names += [one.get("TransformJobName") or one["ProcessingJobName"] for one in named]
        assert len(set(names)) == 4
        for name in names:
            assert re.fullmatch(r"translation--bulk--[a-z0-9]+(-[a-z0-9]+)*-[msxj]0", name), name


def test_when_nothing_is_missing_nothing_is_started(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.missing = 0
    start(run, monkeypatch)
    assert run.status == "SUCCEEDED"
    assert "createModel" not in run.actions
    assert argument(run.sent("createProcessingJob.sync")[1], "--transform-seconds") == "0"


def test_a_mistake_in_the_input_is_told_before_anything_is_paid_for(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(run, monkeypatch, instances=9)
    assert (run.status, run.error) == ("FAILED", "InvalidInput")
    assert "instances must be at most 4" in run.cause
    assert run.actions == ["invoke"]


def test_without_a_model_the_execution_says_what_to_start(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.served = None
    start(run, monkeypatch)
    assert (run.status, run.error) == ("FAILED", "NoModel")
    assert "start the state machine translation-retraining first" in run.cause
    assert run.actions == ["invoke", "getParameter"]


def test_an_input_that_cannot_be_split_is_told_in_the_jobs_words(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = f"{INPUT}: there is no such object"
    run.failures["bulk.split"] = [job_failure("Processing", "job", ExitMessage=told)]
    start(run, monkeypatch)
    assert (run.error, run.status) == ("SplitFailed", "FAILED")
    assert told in run.cause
    assert "createModel" not in run.actions


def test_a_failed_shard_fails_the_run_by_name_after_the_others_are_joined(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.failures["createTransformJob"] = [TRANSFORM_FAILED]
    run.missing_after = 2
    start(run, monkeypatch)
    assert run.actions == NORMAL
    assert (run.status, run.error) == ("FAILED", "ShardsFailed")
    assert run.cause == (
        f"2 of 5 shards are not translated, the first of them abc-000000 of {INPUT}, which has no "
        "answers. translation--bulk--nightly-x0: AlgorithmError: See job logs for more information "
        "What is translated is kept: the same input, started again, goes on from there."
    )


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure("States.Timeout", ""), "ran past the setting bulk_max_runtime_hours"),
        (
            api_failure("ResourceLimitExceeded", "no quota for ml.c6i.xlarge"),
            "no quota for ml.c6i.xlarge",
        ),
        (api_failure("ValidationException", "no such model"), "no such model"),
    ],
)
def test_a_job_that_does_not_run_is_told_too(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch, failure: Failure, words: str
) -> None:
    run.failures["createTransformJob"] = [failure]
    run.missing_after = 5
    start(run, monkeypatch)
    assert run.error == "ShardsFailed"
    assert words in run.cause
    assert len(run.sent("createTransformJob.sync")) == 1
    assert "deleteModel" in run.actions


def test_a_lack_of_capacity_is_waited_out_under_another_name(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "CapacityError: Unable to provision requested ML compute capacity"
    scarce = job_failure("Transform", "x", FailureReason=told)
    run.failures["createTransformJob"] = [scarce, scarce]
    start(run, monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    names = [request["TransformJobName"] for request in run.sent("createTransformJob.sync")]
    assert [name.rpartition("-")[2] for name in names] == ["x0", "x10", "x20"]
    assert run.naps == [600, 600]
    assert len(run.sent("createModel")) == 1


def test_a_lasting_lack_of_capacity_ends_the_run_and_deletes_its_model(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    scarce = job_failure("Transform", "x", FailureReason="CapacityError: none left")
    run.failures["createTransformJob"] = [scarce] * 9
    run.missing_after = 5
    start(run, monkeypatch)
    assert (run.error, len(run.sent("createTransformJob.sync"))) == ("ShardsFailed", 6)
    assert "CapacityError: none left" in run.cause
    assert "deleteModel" in run.actions


def test_passing_errors_are_met_by_other_names(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.failures = {
        "createTransformJob": [THROTTLED],
        "createModel": [Failure("SageMaker.SageMakerException", "Rate exceeded")],
        "deleteModel": [Failure("SageMaker.SageMakerException", "Rate exceeded")] * 9,
    }
    start(run, monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    names = [request["TransformJobName"] for request in run.sent("createTransformJob.sync")]
    assert len(set(names)) == 2


def test_a_model_that_a_stopped_execution_left_under_the_name_is_in_nobodys_way(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 'Cannot create already existing model "arn:…:model/translation--bulk--nightly-m0".'
    run.failures["createModel"] = [Failure("SageMaker.SageMakerException", taken)]
    start(run, monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    first, own = (request["ModelName"] for request in run.sent("createModel"))
    assert first != own
    assert run.sent("createTransformJob.sync")[0]["ModelName"] == own
    assert run.sent("deleteModel") == [{"ModelName": own}]


def test_a_model_that_cannot_be_made_ends_the_run(
    run: BulkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.failures["createModel"] = [Failure("SageMaker.ResourceLimitExceededException", "no quota")]
    start(run, monkeypatch)
    assert (run.error, run.cause) == ("ModelNotCreated", "no quota")


def test_a_builtin_model_is_called_in_its_own_image_with_its_vocabularies(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = BulkRun(definition(builtin))
    assert run.served is not None
    run.served["engine"] = "builtin"
    start(run, monkeypatch)
    assert run.status == "SUCCEEDED", run.cause
    split, _ = run.sent("createProcessingJob.sync")
    assert split["ProcessingInputs"][0]["S3Input"]["S3Uri"] == DESCRIPTION
    container = run.sent("createModel")[0]["PrimaryContainer"]
    assert "/seq2seq:1" in container["Image"]
    assert container["Environment"] == {}

    unknown = BulkRun(definition(builtin))
    assert unknown.served is not None
    unknown.served |= {"engine": "builtin", "description": ""}
    start(unknown, monkeypatch)
    assert unknown.error == "NoModel"
    assert "came without vocabularies" in unknown.cause


def test_every_state_can_be_reached(pytorch: Synthesis) -> None:
    states = definition(pytorch)
    assert states_reached(states) == set(states["States"])
