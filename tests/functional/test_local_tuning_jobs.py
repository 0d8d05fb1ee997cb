"""SageMaker's tuning jobs on this machine, through boto3 and as a state machine's task."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_machine import LocalMachine, eventually
from tests.functional.test_local_jobs import unpacked
from tests.functional.test_local_state_machines import Execution

TUNE = "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync"
JOBS = 3


def name() -> str:
    return "tuning-" + uuid.uuid4().hex[:8]


def tuning_request(machine: LocalMachine, job: str, **fixed: str) -> dict[str, Any]:
    definition = machine.training_request(job, **fixed)
    del definition["TrainingJobName"]
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    return {
        "HyperParameterTuningJobName": job,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "validation:bleu",
            },
            "ResourceLimits": {"MaxNumberOfTrainingJobs": JOBS, "MaxParallelTrainingJobs": 2},
            "RandomSeed": 7,
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "learning_rate", "MinValue": "0.0001", "MaxValue": "0.5"}
                ],
                "IntegerParameterRanges": [
                    {"Name": "num_layers_encoder", "MinValue": "1", "MaxValue": "10"}
                ],
                "CategoricalParameterRanges": [{"Name": "batch_size", "Values": ["16", "32"]}],
            },
        },
        "TrainingJobDefinition": definition,
    }


def finished(machine: LocalMachine, job: str) -> dict[str, Any]:
    sagemaker = machine.client("sagemaker")

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=job
        )
        over = found["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped")
        return found if over else None

    return eventually(look)


def training_jobs(machine: LocalMachine, job: str) -> list[dict[str, Any]]:
    listed = machine.client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=job
    )
    found: list[dict[str, Any]] = listed["TrainingJobSummaries"]
    return found


def test_the_best_of_the_drawn_values_is_found(machine: LocalMachine) -> None:
    job = name()
    sagemaker = machine.client("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(**tuning_request(machine, job, answer="x"))

    done = finished(machine, job)

    assert done["HyperParameterTuningJobStatus"] == "Completed", done.get("FailureReason")
    assert done["TrainingJobStatusCounters"]["Completed"] == JOBS
    assert done["ObjectiveStatusCounters"] == {"Succeeded": JOBS, "Pending": 0, "Failed": 0}
    drawn = [found["TunedHyperParameters"] for found in training_jobs(machine, job)]
    rates = [float(values["learning_rate"]) for values in drawn]
    assert len(set(rates)) == JOBS
    assert all(0.0001 <= rate <= 0.5 for rate in rates)
    assert all(1 <= int(values["num_layers_encoder"]) <= 10 for values in drawn)
    assert all(values["batch_size"] in ("16", "32") for values in drawn)
    best = done["BestTrainingJob"]
    metric = best["FinalHyperParameterTuningJobObjectiveMetric"]
    assert metric == {"Type": "Maximize", "MetricName": "validation:bleu", "Value": max(rates)}
    trained = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    model = machine.get(trained["ModelArtifacts"]["S3ModelArtifacts"])
    wanted = json.loads(unpacked(model, "wanted.json"))
    assert wanted == {
        **best["TunedHyperParameters"],
        "answer": "x",
        "_tuning_objective_metric": "validation:bleu",
    }


def test_the_same_seed_draws_the_same_values_and_minimising_takes_the_least(
    machine: LocalMachine,
) -> None:
    seen = []
    for _ in range(2):
        job = name()
        request = tuning_request(machine, job)
        config = request["HyperParameterTuningJobConfig"]
        config["HyperParameterTuningJobObjective"]["Type"] = "Minimize"
        machine.client("sagemaker").create_hyper_parameter_tuning_job(**request)
        done = finished(machine, job)
        rates = [
            float(found["TunedHyperParameters"]["learning_rate"])
            for found in training_jobs(machine, job)
        ]
        best = done["BestTrainingJob"]["TunedHyperParameters"]["learning_rate"]
        assert float(best) == min(rates)
        seen.append(rates)
    assert seen[0] == seen[1]


def test_a_tuning_job_whose_training_jobs_all_fail_fails_with_a_reason(
    machine: LocalMachine,
) -> None:
    job = name()
    request = tuning_request(machine, job, breaks_from="0")
    machine.client("sagemaker").create_hyper_parameter_tuning_job(**request)
    done = finished(machine, job)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert done["FailureReason"].startswith(
        "No training job ended with a value of validation:bleu; the first one failed: Algorithm"
    )
    assert done["TrainingJobStatusCounters"]["NonRetryableError"] == JOBS
    assert done["ObjectiveStatusCounters"]["Failed"] == JOBS
    assert "BestTrainingJob" not in done


def test_stopping_a_tuning_job_stops_its_training_jobs(machine: LocalMachine) -> None:
    job = name()
    sagemaker = machine.client("sagemaker")
    request = tuning_request(machine, job, do="wait")
    sagemaker.create_hyper_parameter_tuning_job(**request)
    eventually(lambda: len(training_jobs(machine, job)) == 2)
    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
    done = finished(machine, job)
    assert done["HyperParameterTuningJobStatus"] == "Stopped"
    assert done["TrainingJobStatusCounters"]["Stopped"] == 2


def test_a_state_machines_task_waits_for_the_best_and_stops_with_its_execution(
    machine: LocalMachine,
) -> None:
    task = {"Resource": TUNE, "Arguments": tuning_request(machine, name())}
    ended = Execution(machine, task).ended()
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["BestTrainingJob"]["TrainingJobStatus"] == "Completed"

    job = name()
    waiting = {"Resource": TUNE, "Arguments": tuning_request(machine, job, do="wait")}
    execution = Execution(machine, waiting)
    sagemaker = machine.client("sagemaker")
    eventually(
        lambda: sagemaker.list_hyper_parameter_tuning_jobs(NameContains=job)[
            "HyperParameterTuningJobSummaries"
        ]
    )
    eventually(lambda: len(training_jobs(machine, job)) == 2)
    execution.states.stop_execution(executionArn=execution.arn)
    assert finished(machine, job)["HyperParameterTuningJobStatus"] == "Stopped"
    assert {found["TrainingJobStatus"] for found in training_jobs(machine, job)} == {"Stopped"}


def test_what_aws_or_this_machine_refuses_is_refused(machine: LocalMachine) -> None:
    sagemaker = machine.client("sagemaker")
    limits = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2}
    objective = {"Type": "Maximize", "MetricName": "validation:speed"}
    twice = {"CategoricalParameterRanges": [{"Name": "answer", "Values": ["a"]}]}
    reverse = {"IntegerParameterRanges": [{"Name": "batch_size", "MinValue": "9", "MaxValue": "1"}]}
    for change, words in (
        ({"Strategy": "Hyperband"}, "Hyperband is not there on this machine"),
        ({"Strategy": "Guess"}, "enum value set"),
        ({"ResourceLimits": limits}, "MaxParallelTrainingJobs, 2, must not be above"),
        ({"HyperParameterTuningJobObjective": objective}, "validation:speed is not among the Metr"),
        ({"ParameterRanges": {}}, "0 hyperparameters to search; 1 to 30 can be"),
        ({"ParameterRanges": twice}, "The hyperparameter answer is given twice"),
        ({"ParameterRanges": reverse}, "The range of batch_size ends below its beginning"),
    ):
        request = tuning_request(machine, name(), answer="x")
        request["HyperParameterTuningJobConfig"] |= change
        with pytest.raises(ClientError, match=words):
            sagemaker.create_hyper_parameter_tuning_job(**request)
    request = tuning_request(machine, "a" * 33)
    with pytest.raises(ClientError, match="less than or equal to 32"):
        sagemaker.create_hyper_parameter_tuning_job(**request)
