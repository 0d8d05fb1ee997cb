"""The machine's way through a tuning job, from the wish to the best training job's model."""

from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.failures import THROTTLED, job_failure
from tests.infrastructure.fake_stack import FakeStack
from tests.infrastructure.retraining_machine import METRICS, Run
from tests.infrastructure.synthesis import BUCKET, Synthesis, synthesise

TUNE = "createHyperParameterTuningJob.sync"
WISH = {
    "tuning": {
        "max_jobs": 6,
        "max_parallel_jobs": 2,
        "ranges": {"learning_rate": {"min": 0.0001, "max": 0.01}, "batch_size": {}},
    },
    "hyperparameters": {"optimized_metric": "bleu"},
}


def run(
    synthesis: Synthesis,
    monkeypatch: pytest.MonkeyPatch,
    content: dict[str, Any] | None = None,
    name: str = "Nightly_Run.7",
    **fake: Any,
) -> Run:
    started = Run(synthesis.definition(), **fake)
    return started.start(monkeypatch, WISH if content is None else content, name)


def test_the_best_training_jobs_model_goes_the_way_of_any_other(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run(pytorch, monkeypatch)
    assert ended.status == "SUCCEEDED", ended.cause
    (request,) = ended.sent(TUNE)
    tuning = request["HyperParameterTuningJobName"]
    model = (
        f"s3://{BUCKET}/executions/Nightly_Run.7/model/{tuning}-002-0a1b2c3d/output/model.tar.gz"
    )
    assert ended.output["model_data"] == model
    assert ended.output["metrics"] == METRICS
    assert ended.output["promoted"] is True
    assert ended.stack.parameters["ModelDataUrl"] == model
    assert ended.sent("createTrainingJob.sync") == []
    (verified,) = [
        request
        for request in ended.sent("createProcessingJob.sync")
        if request["ProcessingJobName"].endswith("-v0")
    ]
    assert verified["ProcessingInputs"][0]["S3Input"]["S3Uri"] == model


def test_the_request_is_the_plans(pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch) -> None:
    (request,) = run(pytorch, monkeypatch).sent(TUNE)
    config = request["HyperParameterTuningJobConfig"]
    assert config["HyperParameterTuningJobObjective"] == {
        "Type": "Maximize",
        "MetricName": "validation:bleu",
    }
    limits = {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 2}
    assert config["ResourceLimits"] == {**limits, "MaxRuntimeInSeconds": 168 * 3600}
    ranges = config["ParameterRanges"]
    assert ranges["ContinuousParameterRanges"] == [
        {"Name": "learning_rate", "MinValue": "0.0001", "MaxValue": "0.01"}
    ]
    assert ranges["IntegerParameterRanges"] == []
    assert [found["Name"] for found in ranges["CategoricalParameterRanges"]] == ["batch_size"]
    definition = request["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"] == {
        "source_language": "en",
        "target_language": "de",
        "optimized_metric": "bleu",
    }
    assert not {"EnableManagedSpotTraining", "CheckpointConfig"} & set(definition)
    names = [metric["Name"] for metric in definition["AlgorithmSpecification"]["MetricDefinitions"]]
    assert config["HyperParameterTuningJobObjective"]["MetricName"] in names


def test_without_a_wish_it_trains_once(pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(pytorch, monkeypatch, {})
    assert ended.sent(TUNE) == []
    assert len(ended.sent("createTrainingJob.sync")) == 1


def test_the_published_ranges_are_a_request_that_sagemaker_takes(
    pytorch: Synthesis, builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = {"tuning": {"max_jobs": 10}}
    for synthesis, engine in ((pytorch, "pytorch"), (builtin, "builtin")):
        ended = run(synthesis, monkeypatch, wish, engine=engine)
        assert ended.status == "SUCCEEDED", ended.cause
        (request,) = ended.sent(TUNE)
        algorithm = request["TrainingJobDefinition"]["AlgorithmSpecification"]
        assert ("MetricDefinitions" in algorithm) is (engine == "pytorch")
        found = request["HyperParameterTuningJobConfig"]["ParameterRanges"].values()
        assert sum(len(ranges) for ranges in found) == 15


def test_names_fit_for_the_longest_service_and_differ_by_execution_and_attempt(
    tmp_path: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = "a-name-of-20-letters"
    synthesis = synthesise(tmp_path, bundles, name=service)
    names = []
    for execution in ("a" * 80, "a" * 79 + "b", "c"):
        ended = run(
            synthesis,
            monkeypatch,
            name=execution,
            stack=FakeStack(name=f"{service}-endpoint"),
            job_failures={"h": [THROTTLED]},
        )
        assert ended.status == "SUCCEEDED", ended.cause
        names += [request["HyperParameterTuningJobName"] for request in ended.sent(TUNE)]
    assert len(set(names)) == 6
    for name in names:
        assert name.startswith(f"{service}--")
        assert len(name.rpartition("-h")[0] + "-h99") <= 32


@pytest.mark.parametrize(
    ("described", "cause"),
    [
        (
            {
                "HyperParameterTuningJobStatus": "Failed",
                "FailureReason": "all training jobs failed",
            },
            "all training jobs failed",
        ),
        (
            {"HyperParameterTuningJobStatus": "Stopped"},
            (
                "it was stopped by hand, or it ran past its maximum runtime "
                "(setting tuning_max_runtime_hours)"
            ),
        ),
    ],
)
def test_a_tuning_job_that_fails_is_told_and_promotes_nothing(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch, described: dict[str, str], cause: str
) -> None:
    failure = job_failure("HyperParameterTuning", "tuning-x", **described)
    ended = run(pytorch, monkeypatch, job_failures={"h": [failure]})
    assert (ended.status, ended.error) == ("FAILED", "TuningFailed")
    assert ended.cause == f"tuning-x: {cause}"
    assert "updateStack" not in ended.actions


def test_a_tuning_job_without_a_best_is_told(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run(pytorch, monkeypatch, tuning_best="")
    assert (ended.status, ended.error) == ("FAILED", "TuningFailed")
    assert ended.cause == "No training job ended with a value of validation:bleu"


def test_a_lack_of_capacity_is_waited_out(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = job_failure("HyperParameterTuning", "t", FailureReason="CapacityError: none left")
    ended = run(pytorch, monkeypatch, job_failures={"h": [failure]})
    assert ended.status == "SUCCEEDED", ended.cause
    first, second = (request["HyperParameterTuningJobName"] for request in ended.sent(TUNE))
    assert (first[-3:], second[-4:]) == ("-h0", "-h10")
    assert 600 in ended.naps


def test_a_wrong_wish_is_refused_before_anything_is_paid_for(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run(pytorch, monkeypatch, {"tuning": {"max_jobs": 2, "ranges": {"seed": {}}}})
    assert ended.error == "InvalidInput"
    assert "tuning.ranges: unknown key 'seed'" in ended.cause
    ended = run(
        pytorch,
        monkeypatch,
        {"tuning": {"max_jobs": 2}, "pretrained_model": f"s3://{BUCKET}/m.tar.gz"},
    )
    assert ended.cause.startswith("pretrained_model skips training, so tuning would have no effect")
