"""Who may do what during a bulk translation: the jobs, the model's containers, the machine."""

import dataclasses
from collections.abc import Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from protocol.bulk import OUTPUT_FOLDER, WORK_FOLDER
from stacks.findings import acknowledge_wildcards
from stacks.images import ServiceImages
from stacks.retraining.roles import SageMakerRole
from stacks.settings import Settings

_JOB_RULES = (
    "rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "rule/StepFunctionsGetEventsForSageMakerTransformJobsRule",
)
TRANSFORM_JOBS = "/aws/sagemaker/TransformJobs"
"""The log group, and the namespace of metrics, that all transform jobs of the account share."""
_VERBS = ("Create", "Describe", "Stop")


def files_role(
    scope: Construct, *, settings: Settings, bucket: s3.IBucket, images: ServiceImages
) -> iam.Role:
    """The role of the jobs that split inputs and join results."""
    made = SageMakerRole(
        scope,
        "FileJobs",
        images=[images.preprocessing],
        log_groups=["/aws/sagemaker/ProcessingJobs"],
    )
    buckets = (*settings.corpus_buckets, *settings.bulk_buckets)
    made.allow_reading(dataclasses.replace(settings, corpus_buckets=buckets), bucket)
    written = [bucket.arn_for_objects(f"{folder}*") for folder in (OUTPUT_FOLDER, WORK_FOLDER)]
    written += [
        Stack.of(scope).format_arn(
            service="s3", region="", account="", resource=name, resource_name="*"
        )
        for name in settings.bulk_buckets
    ]
    answers = bucket.arn_for_objects(f"{WORK_FOLDER}*/target/*")
    made.role.add_to_policy(_allow(["s3:AbortMultipartUpload", "s3:PutObject"], written))
    # Answers that do not fit their sentences are removed, so that they are asked for again.
    made.role.add_to_policy(_allow(["s3:DeleteObject"], [answers]))
    _allow_encrypting(made.role, settings)
    acknowledge_wildcards(
        made.role,
        "Results lie beside inputs of any name, in folders and buckets that the owner chose.",
        *written,
        answers,
    )
    return made.role


def containers_role(
    scope: Construct, *, settings: Settings, bucket: s3.IBucket, images: ServiceImages
) -> iam.Role:
    """The role of the containers that translate shards, and of SageMaker on their behalf."""
    made = SageMakerRole(
        scope,
        "Containers",
        images=images.endpoint.both,
        log_groups=[TRANSFORM_JOBS],
    )
    made.allow_reading(settings, bucket)
    answers = bucket.arn_for_objects(f"{WORK_FOLDER}*/target/*")
    made.role.add_to_policy(_allow(["s3:AbortMultipartUpload", "s3:PutObject"], [answers]))
    made.role.add_to_policy(
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": TRANSFORM_JOBS}},
        )
    )
    acknowledge_wildcards(made.role, "Each model has its own folder of shards.", answers)
    return made.role


def machine_role(
    scope: Construct, *, settings: Settings, passed: Sequence[iam.Role], bucket: s3.IBucket
) -> iam.Role:
    """The state machine's role; its Lambda's permission is granted where the function is."""
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    stack = Stack.of(scope)
    told = bucket.arn_for_objects(f"{WORK_FOLDER}executions/*")
    parameter = stack.format_arn(
        service="ssm", resource="parameter", resource_name=settings.model_parameter.lstrip("/")
    )
    statements = [
        *_job_statements(stack, settings, passed),
        _allow(["s3:GetObject"], [told]),
        _allow(["ssm:GetParameter"], [parameter]),
    ]
    for statement in statements:
        role.add_to_policy(statement)
    held = [arn for statement in statements for arn in statement.resources if "*" in arn]
    acknowledge_wildcards(
        role, "Jobs, models and folders are named by the execution, after the service.", *held
    )
    acknowledge_wildcards(role, "The log's deliveries and X-Ray's segments know no resources.", "*")
    return role


def _job_statements(
    stack: Stack, settings: Settings, passed: Sequence[iam.Role]
) -> list[iam.PolicyStatement]:
    name = f"{settings.bulk_job_name_start}*"
    processing, transform, model = (
        stack.format_arn(service="sagemaker", resource=kind, resource_name=name)
        for kind in ("processing-job", "transform-job", "model")
    )
    rules = [stack.format_arn(service="events", resource=rule) for rule in _JOB_RULES]
    return [
        _allow([f"sagemaker:{verb}ProcessingJob" for verb in _VERBS], [processing]),
        _allow([f"sagemaker:{verb}TransformJob" for verb in _VERBS], [transform]),
        _allow(["sagemaker:CreateModel", "sagemaker:DeleteModel"], [model]),
        # Step Functions tags each job that it starts and waits for.
        _allow(["sagemaker:AddTags", "sagemaker:ListTags"], [processing, transform]),
        _allow(["events:DescribeRule", "events:PutRule", "events:PutTargets"], rules),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[role.role_arn for role in passed],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ]


def _allow_encrypting(role: iam.Role, settings: Settings) -> None:
    if not settings.bulk_buckets or not settings.corpus_key_arns:
        return
    services = [f"s3.{region}.{Aws.URL_SUFFIX}" for region in settings.corpus_key_regions]
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["kms:GenerateDataKey"],
            resources=list(settings.corpus_key_arns),
            conditions={"StringEquals": {"kms:ViaService": services}},
        )
    )


def _allow(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))
