"""The retraining stack: roles, the input's check, the state machine."""

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from protocol.retraining import MANIFEST_KEY
from stacks.findings import acknowledge_wildcards
from stacks.function import PythonFunction
from stacks.images import ServiceImages
from stacks.removal import Removal
from stacks.retraining.leftovers import retraining_leftovers
from stacks.retraining.notifications import Notifications
from stacks.retraining.quota_needs import quota_needs, quota_statement
from stacks.retraining.registry import model_package_group
from stacks.retraining.roles import SageMakerRole
from stacks.retraining.state_machine import RetrainingMachine
from stacks.retraining.triggers import add_triggers, manifest_uri
from stacks.service_stack import ServiceStack
from stacks.settings import Settings
from stacks.storage import Storage

JOB_LOGS = ("/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs")
"""Shared by all jobs of the account, so they are written to but not owned."""


class Retraining(ServiceStack):
    """Also owns the role of the endpoint's containers, because the endpoint stack has no IAM."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, storage: Storage
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Translation service: preprocess, train, verify, promote",
        )
        bucket = storage.bucket_for(self)
        images = ServiceImages.of(self, settings)
        jobs = _jobs_role(self, settings, bucket, images)
        self.endpoint_role = _endpoint_role(self, settings, bucket, images)
        self.check_input = _check_input(self, settings, bucket)
        notifications = (
            Notifications(self, "Notifications", settings=settings)
            if settings.has_notifications
            else None
        )
        self.retraining = RetrainingMachine(
            self,
            "Retraining",
            settings=settings,
            check_input=self.check_input.function,
            jobs_role=jobs.role,
            bucket=bucket,
            images=images,
            notifications=notifications,
        )
        group = model_package_group(self, settings)
        machine = self.retraining.machine
        Removal(
            self,
            "Removal",
            settings=settings,
            leftovers=retraining_leftovers(
                settings, machine=machine, group=group, job_log_groups=JOB_LOGS
            ),
        )
        if notifications:
            notifications.watch(machine)
        add_triggers(self, settings=settings, bucket=bucket, machine=machine)
        CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)


def _jobs_role(
    scope: Construct, settings: Settings, bucket: s3.IBucket, images: ServiceImages
) -> SageMakerRole:
    jobs = SageMakerRole(scope, "Jobs", images=images.distinct, log_groups=JOB_LOGS)
    jobs.allow_reading(settings, bucket)
    jobs.allow_writing_executions(bucket)
    return jobs


def _endpoint_role(
    scope: Construct, settings: Settings, bucket: s3.IBucket, images: ServiceImages
) -> SageMakerRole:
    log_group = f"/aws/sagemaker/Endpoints/{settings.endpoint_name}"
    endpoint = SageMakerRole(
        scope, "EndpointContainers", images=images.endpoint.both, log_groups=[log_group]
    )
    endpoint.allow_reading(settings, bucket)
    endpoint.allow_watching_alarms()
    return endpoint


def _check_input(scope: Construct, settings: Settings, bucket: s3.IBucket) -> PythonFunction:
    function = PythonFunction(
        scope,
        "CheckInput",
        settings=settings,
        package="check_input",
        environment={
            "BUCKET": bucket.bucket_name,
            "CORPUS_BUCKETS": ",".join(settings.corpus_buckets),
            "ALLOW_FILE_CORPORA": str(settings.is_local).lower(),
            "ENGINE": settings.engine,
            "DEFAULT_HYPERPARAMETERS": settings.default_hyperparameters,
            "SOURCE_LANGUAGE": settings.source_language,
            "TARGET_LANGUAGE": settings.target_language,
            "MANIFEST": manifest_uri(settings, bucket),
            "QUOTAS": quota_needs(settings),
            "POWERTOOLS_SERVICE_NAME": f"{settings.name}-check-input",
        },
        timeout=Duration.seconds(30),
        memory_mb=256,
        statements=[*_manifest_statements(settings, bucket), quota_statement()],
    )
    acknowledge_wildcards(function.role, "Service Quotas knows no resources to list.", "*")
    return function


def _manifest_statements(settings: Settings, bucket: s3.IBucket) -> list[iam.PolicyStatement]:
    if not settings.has_manifest:
        return []
    manifest = bucket.arn_for_objects(MANIFEST_KEY)
    return [iam.PolicyStatement(actions=["s3:GetObject"], resources=[manifest])]
