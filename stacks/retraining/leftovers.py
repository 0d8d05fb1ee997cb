"""What retraining leaves that CloudFormation does not delete: running jobs, packages, logs."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_stepfunctions as sfn

from stacks.removal import Leftovers, execution_leftovers, job_log_leftovers
from stacks.settings import Settings


def retraining_leftovers(
    settings: Settings,
    *,
    machine: sfn.StateMachine,
    group: sagemaker.CfnModelPackageGroup,
    job_log_groups: Sequence[str],
) -> Leftovers:
    """Executions to stop, packages to delete, and the logs that SageMaker writes.

    The endpoint's log group is this service's alone; the jobs' groups are shared by the account,
    so only the streams of this service's jobs are taken out of them.
    """
    stack = Stack.of(machine)
    endpoint_logs = f"/aws/sagemaker/Endpoints/{settings.endpoint_name}"
    executions = execution_leftovers(settings.state_machine_name, machine)
    job_logs = job_log_leftovers(stack, job_log_groups, settings.job_name_start)
    return Leftovers(
        properties={
            **executions.properties,
            "ModelPackageGroups": [settings.name],
            "LogGroups": [endpoint_logs],
            "LogRetentionDays": settings.log_retention_days,
            **job_logs.properties,
        },
        statements=[
            *executions.statements,
            *_package_statements(stack, settings),
            _endpoint_log_statement(stack, endpoint_logs),
            *job_logs.statements,
        ],
        after=[*executions.after, group],
    )


def _package_statements(stack: Stack, settings: Settings) -> list[iam.PolicyStatement]:
    packages = stack.format_arn(
        service="sagemaker", resource="model-package", resource_name=f"{settings.name}/*"
    )
    return [
        iam.PolicyStatement(actions=["sagemaker:DeleteModelPackage"], resources=[packages]),
        iam.PolicyStatement(actions=["sagemaker:ListModelPackages"], resources=["*"]),
    ]


def _endpoint_log_statement(stack: Stack, name: str) -> iam.PolicyStatement:
    group = stack.format_arn(service="logs", resource=f"log-group:{name}")
    return iam.PolicyStatement(
        actions=["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy"],
        resources=[group, f"{group}:*"],
    )
