"""What the state machine itself may do: start its own jobs, update one stack, ask one endpoint."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.findings import acknowledge_wildcards
from stacks.retraining.registry import register_statements
from stacks.retraining.roles import ENDPOINT_RESOURCE_TYPES
from stacks.service_metrics import NAMESPACE
from stacks.settings import Settings

_JOB_RULES = (
    "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "rule/StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "rule/StepFunctionsGetEventsForSageMakerTuningJobsRule",
)


def machine_role(
    scope: Construct,
    *,
    settings: Settings,
    jobs_role: iam.Role,
    bucket: s3.IBucket,
    notifying: Sequence[iam.PolicyStatement] = (),
) -> iam.Role:
    """The state machine's role; its Lambda's permission is granted where the function is."""
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    stack = Stack.of(scope)
    statements = (
        *_job_statements(stack, settings, jobs_role),
        *_promotion_statements(stack, settings),
        *register_statements(stack, settings),
        *notifying,
        _allow(["states:ListExecutions"], [_machine_arn(stack, settings)]),
        _listing_executions_folders(bucket),
        _allow(["s3:GetObject"], [bucket.arn_for_objects("executions/*")]),
        _publishing_scores(),
    )
    for statement in statements:
        role.add_to_policy(statement)
    held = [arn for statement in statements for arn in statement.resources if "*" in arn]
    acknowledge_wildcards(
        role,
        "Jobs and their folders are named by the execution, after the service's name or below "
        "executions/; CloudFormation ends a stack's ARN in an id; model packages are numbered.",
        *held,
    )
    acknowledge_wildcards(
        role, "The log's deliveries, X-Ray's segments and metrics know no resources.", "*"
    )
    return role


def _job_statements(
    stack: Stack, settings: Settings, jobs_role: iam.Role
) -> list[iam.PolicyStatement]:
    training = _sagemaker_arn(stack, "training-job", f"{settings.job_name_start}*")
    processing = _sagemaker_arn(stack, "processing-job", f"{settings.job_name_start}*")
    tuning = _sagemaker_arn(stack, "hyper-parameter-tuning-job", f"{settings.job_name_start}*")
    rules = [stack.format_arn(service="events", resource=rule) for rule in _JOB_RULES]
    return [
        _allow([f"sagemaker:{verb}TrainingJob" for verb in _VERBS], [training]),
        _allow([f"sagemaker:{verb}ProcessingJob" for verb in _VERBS], [processing]),
        _allow([f"sagemaker:{verb}HyperParameterTuningJob" for verb in _VERBS], [tuning]),
        # Step Functions tags each job that it starts and waits for.
        _allow(["sagemaker:AddTags", "sagemaker:ListTags"], [training, processing, tuning]),
        _allow(["events:DescribeRule", "events:PutRule", "events:PutTargets"], rules),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[jobs_role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ]


_VERBS = ("Create", "Describe", "Stop")
_STACK_VIEWS = ("Stacks", "StackEvents")


def _promotion_statements(stack: Stack, settings: Settings) -> list[iam.PolicyStatement]:
    endpoint_stack = stack.format_arn(
        service="cloudformation",
        resource="stack",
        resource_name=f"{settings.endpoint_stack_name}/*",
    )
    endpoint = _sagemaker_arn(stack, "endpoint", settings.endpoint_name)
    return [
        _allow([f"cloudformation:Describe{what}" for what in _STACK_VIEWS], [endpoint_stack]),
        iam.PolicyStatement(
            actions=["cloudformation:UpdateStack"],
            resources=[endpoint_stack],
            conditions={
                "ForAllValues:StringEquals": {
                    "cloudformation:ResourceTypes": list(ENDPOINT_RESOURCE_TYPES)
                },
                # Without it an update that names no types at all would match "for all values".
                # Another role and a template by address are refused; a template in the request's
                # body has no condition key, so what bounds it is the list of types: no IAM.
                "Null": {
                    "cloudformation:ResourceTypes": "false",
                    "cloudformation:RoleArn": "true",
                    "cloudformation:TemplateUrl": "true",
                },
            },
        ),
        _allow(["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"], [endpoint]),
    ]


def _listing_executions_folders(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Whether an execution left a test set is seen from the list of its files."""
    return iam.PolicyStatement(
        actions=["s3:ListBucket"],
        resources=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": "executions/*"}},
    )


def _publishing_scores() -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
    )


def _machine_arn(stack: Stack, settings: Settings) -> str:
    """By name, because the machine itself depends on this role."""
    return stack.format_arn(
        service="states",
        resource="stateMachine",
        resource_name=settings.state_machine_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _sagemaker_arn(stack: Stack, resource: str, name: str) -> str:
    return stack.format_arn(service="sagemaker", resource=resource, resource_name=name)


def _allow(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))
