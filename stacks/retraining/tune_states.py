"""The tuning job, where the input wishes for one, and the model of its best training job."""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import (
    FAILURE,
    JobPhase,
    fail_state,
    integration,
    job_state,
    retry_request,
)
from stacks.retraining.train_state import FINAL_METRICS, TrainingJob
from stacks.settings import Settings

MAX_TUNING_NAME_LENGTH = 32
RANDOM_SEED = 1
"""The same wish over the same data searches the same values, as far as SageMaker can."""
TUNING_FAILED = "TuningFailed"
_ATTEMPT_LENGTH = len("-h99")


def tune_or_train(
    scope: Construct, job: TrainingJob, *, train: sfn.State, following: sfn.IChainable
) -> sfn.State:
    """`TuningIsWanted`: to `train`, or to `following` with the best of a tuning job's models."""
    tune = _tune_state(scope, job)
    read = _read_best_state(scope)
    read.next(following)
    found = sfn.Choice.jsonata(scope, "BestIsKnown")
    found.when(sfn.Condition.jsonata("{% $best_training_job != '' %}"), read)
    told = "'No training job ended with a value of ' & $plan.tuning.objective.MetricName"
    found.otherwise(fail_state(scope, "TuneFoundNoBest", error=TUNING_FAILED, cause=told))
    tune.next(found)
    wanted = sfn.Choice.jsonata(scope, "TuningIsWanted")
    wanted.when(sfn.Condition.jsonata("{% $exists($plan.tuning.max_jobs) %}"), tune)
    return wanted.otherwise(train)


def _tune_state(scope: Construct, job: TrainingJob) -> sfn.CustomState:
    """`Tune`: assigns `$best_training_job`, empty when there is none."""
    seconds = job.settings.tuning_max_runtime_hours * 3600
    phase = JobPhase(
        state="Tune",
        letter="h",
        error=TUNING_FAILED,
        max_runtime_seconds=seconds,
        runtime_setting="tuning_max_runtime_hours",
    )
    # Without spot: whether the training jobs of one tuning job would keep their checkpoints apart
    # is not documented, and a spot job without checkpoints begins anew.
    definition = {
        "StaticHyperParameters": "{% $plan.tuning.fixed_hyperparameters %}",
        **job.definition(),
    }
    arguments: dict[str, Any] = {
        "HyperParameterTuningJobName": _job_name(job.settings, phase),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "RandomSeed": RANDOM_SEED,
            "HyperParameterTuningJobObjective": "{% $plan.tuning.objective %}",
            "ParameterRanges": "{% $plan.tuning.ranges %}",
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": "{% $plan.tuning.max_jobs %}",
                "MaxParallelTrainingJobs": "{% $plan.tuning.max_parallel_jobs %}",
                "MaxRuntimeInSeconds": seconds,
            },
        },
        "TrainingJobDefinition": definition,
    }
    best = "$states.result.BestTrainingJob.TrainingJobName"
    return job_state(
        scope,
        phase,
        resource="createHyperParameterTuningJob",
        arguments=arguments,
        assign={"best_training_job": f"{{% $exists({best}) ? {best} : '' %}}"},
    )


def _job_name(settings: Settings, phase: JobPhase) -> str:
    """Tuning jobs have short names: the service's, then a hash of the execution's."""
    kept = MAX_TUNING_NAME_LENGTH - len(settings.job_name_start) - _ATTEMPT_LENGTH
    attempt = f"${phase.waits} * 10 + $states.context.State.RetryCount"
    return (
        f"{{% '{settings.job_name_start}' & "
        f"$substring($hash($job_prefix, 'SHA-256'), 0, {min(kept, 12)}) & "
        f"'-{phase.letter}' & $string({attempt}) %}}"
    )


def _read_best_state(scope: Construct) -> sfn.CustomState:
    """`ReadBest`: assigns `$model_data` and `$metrics`, as training alone does."""
    task = sfn.CustomState(
        scope,
        "ReadBest",
        state_json={
            "Type": "Task",
            "Resource": integration("aws-sdk:sagemaker:describeTrainingJob"),
            "Arguments": {"TrainingJobName": "{% $best_training_job %}"},
            "Assign": {
                "model_data": "{% $states.result.ModelArtifacts.S3ModelArtifacts %}",
                "metrics": FINAL_METRICS,
            },
            "Output": {},
        },
    )
    retry_request(task, ["SageMaker.SdkClientException", "SageMaker.SageMakerException"])
    failed = fail_state(scope, "ReadBestFailed", error=TUNING_FAILED)
    task.add_catch(failed, errors=["States.ALL"], assign={"failure": FAILURE})
    return task
