"""The processing job that turns a parallel corpus into record files and vocabularies."""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.artifacts import CHANNELS, TEST_FOLDER
from stacks.retraining.job_states import JobPhase, job_state, s3_uri
from stacks.settings import Settings

ENTRYPOINT = ["python", "-m", "preprocessing.job"]
OUTPUT_ROOT = "/opt/ml/processing/output"
FOLDERS = (*CHANNELS, TEST_FOLDER)


def preprocess_state(
    scope: Construct, *, settings: Settings, image_uri: str, role_arn: str, bucket: str
) -> sfn.CustomState:
    """`Preprocess`: writes `executions/<execution>/{train,validation,vocab,test}/`."""
    phase = JobPhase(
        state="Preprocess",
        letter="p",
        error="PreprocessingFailed",
        max_runtime_seconds=settings.processing_max_runtime_hours * 3600,
        runtime_setting="processing_max_runtime_hours",
    )
    arguments: dict[str, Any] = {
        "ProcessingJobName": phase.job_name(),
        "RoleArn": role_arn,
        "AppSpecification": {
            "ImageUri": image_uri,
            "ContainerEntrypoint": ENTRYPOINT,
            "ContainerArguments": "{% $plan.preprocessing_arguments %}",
        },
        "ProcessingResources": processing_cluster(settings),
        "ProcessingOutputConfig": {
            "Outputs": [
                processing_output(folder, f"{OUTPUT_ROOT}/{folder}", s3_uri(bucket, folder))
                for folder in FOLDERS
            ]
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": phase.max_runtime_seconds},
    }
    return job_state(scope, phase, resource="createProcessingJob", arguments=arguments)


def processing_cluster(settings: Settings) -> dict[str, Any]:
    """The one instance that a processing job gets."""
    return {
        "ClusterConfig": {
            "InstanceCount": 1,
            "InstanceType": settings.processing_instance_type,
            "VolumeSizeInGB": settings.processing_volume_gb,
        }
    }


def processing_output(name: str, path: str, uri: str) -> dict[str, Any]:
    """A folder of the container that SageMaker uploads when the job has succeeded."""
    upload = {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": upload}
