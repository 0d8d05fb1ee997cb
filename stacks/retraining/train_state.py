"""The training job, for either engine: same channels, same file names, same hyperparameters."""

from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.artifacts import CHANNELS, INITIAL_MODEL_CHANNEL
from protocol.recordio import CONTENT_TYPE
from stacks.retraining.job_states import JobPhase, expression, job_state, s3_uri
from stacks.settings import Settings

METRICS = ("validation:bleu", "validation:perplexity", "validation:accuracy")
FINAL_METRICS = """{% (
  $final := $states.result.FinalMetricDataList;
  $count($final) > 0 ? $merge($final.{ $.MetricName: $.Value }) : {}
) %}"""
"""The metrics of a training job that `$states.result` describes, by name."""
_CONTENT_TYPES = {"train": CONTENT_TYPE, "validation": CONTENT_TYPE, "vocab": "application/json"}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingJob:
    """What a training job is given, whether the machine starts it or a tuning job does."""

    settings: Settings
    image_uri: str
    role_arn: str
    bucket: str

    def definition(self) -> dict[str, Any]:
        """All but its name, its hyperparameters and its checkpoints."""
        return {
            "RoleArn": self.role_arn,
            "AlgorithmSpecification": _algorithm(self.settings, self.image_uri),
            "InputDataConfig": _channels(self.settings, self.bucket),
            "OutputDataConfig": {"S3OutputPath": s3_uri(self.bucket, "model")},
            "ResourceConfig": {
                "InstanceCount": self.settings.training_instance_count,
                "InstanceType": self.settings.training_instance_type,
                "VolumeSizeInGB": self.settings.training_volume_gb,
            },
            "StoppingCondition": {
                "MaxRuntimeInSeconds": self.settings.training_max_runtime_hours * 3600
            },
            # SageMaker itself brings the data and takes the model away; the instances of one job
            # still reach each other.
            "EnableNetworkIsolation": True,
        }


def train_state(scope: Construct, job: TrainingJob) -> sfn.CustomState:
    """`Train`: assigns `$model_data` and `$metrics`."""
    settings = job.settings
    phase = JobPhase(
        state="Train",
        letter="t",
        error="TrainingFailed",
        max_runtime_seconds=settings.training_max_wait_hours * 3600,
        runtime_setting="training_max_runtime_hours",
    )
    arguments = {
        "TrainingJobName": phase.job_name(),
        "HyperParameters": "{% $plan.hyperparameters %}",
        **job.definition(),
    }
    if not settings.is_builtin:
        # The built-in algorithm keeps its checkpoints to itself; ours resumes from them.
        arguments["CheckpointConfig"] = {"S3Uri": s3_uri(job.bucket, "checkpoints")}
    if settings.training_spot:
        arguments["EnableManagedSpotTraining"] = True
        arguments["StoppingCondition"] |= {"MaxWaitTimeInSeconds": phase.max_runtime_seconds}
    return job_state(
        scope,
        phase,
        resource="createTrainingJob",
        arguments=arguments,
        assign={
            "model_data": "{% $states.result.ModelArtifacts.S3ModelArtifacts %}",
            "metrics": FINAL_METRICS,
        },
    )


def _algorithm(settings: Settings, image_uri: str) -> dict[str, Any]:
    algorithm: dict[str, Any] = {"TrainingImage": image_uri, "TrainingInputMode": "File"}
    if not settings.is_builtin:
        # SageMaker refuses definitions for its own algorithms, which publish these by themselves.
        algorithm["MetricDefinitions"] = [
            {"Name": name, "Regex": f"{name}=([0-9.eE+-]+)"} for name in METRICS
        ]
    return algorithm


def _channels(settings: Settings, bucket: str) -> list[dict[str, Any]] | str:
    """The records, and for training of our own the model that it goes on from, if there is one."""
    records = [_channel(name, _CONTENT_TYPES[name], s3_uri(bucket, name)) for name in CHANNELS]
    if settings.is_builtin:
        return records
    model = _channel(
        INITIAL_MODEL_CHANNEL, "application/x-sagemaker-model", "{% $plan.initial_model %}"
    )
    return (
        f"{{% $append({expression(records)}, "
        f"$plan.initial_model = '' ? [] : {expression([model])}) %}}"
    )


def _channel(name: str, content_type: str, uri: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "ContentType": content_type,
        "InputMode": "File",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }
