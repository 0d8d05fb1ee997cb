"""What bulk translations leave that CloudFormation does not delete: jobs, models and their logs."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

from stacks.bulk.roles import TRANSFORM_JOBS
from stacks.removal import Leftovers, execution_leftovers, job_log_leftovers
from stacks.settings import Settings


def bulk_leftovers(settings: Settings, machine: sfn.StateMachine) -> Leftovers:
    """Executions to stop, models that stopped ones could not delete, and what transforms logged."""
    stack = Stack.of(machine)
    executions = execution_leftovers(settings.bulk_machine_name, machine)
    logs = job_log_leftovers(stack, [TRANSFORM_JOBS], settings.bulk_job_name_start)
    models = stack.format_arn(
        service="sagemaker", resource="model", resource_name=f"{settings.bulk_job_name_start}*"
    )
    return Leftovers(
        properties={
            **executions.properties,
            "ModelPrefixes": [settings.bulk_job_name_start],
            **logs.properties,
        },
        statements=[
            *executions.statements,
            iam.PolicyStatement(actions=["sagemaker:DeleteModel"], resources=[models]),
            iam.PolicyStatement(actions=["sagemaker:ListModels"], resources=["*"]),
            *logs.statements,
        ],
        after=executions.after,
    )
