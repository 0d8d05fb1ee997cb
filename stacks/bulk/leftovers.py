"""What bulk translations leave that CloudFormation does not delete: running jobs and models."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

from stacks.removal import Leftovers, execution_leftovers
from stacks.settings import Settings


def bulk_leftovers(settings: Settings, machine: sfn.StateMachine) -> Leftovers:
    """Executions to stop, and the models that stopped ones could not delete any more."""
    executions = execution_leftovers(settings.bulk_machine_name, machine)
    models = Stack.of(machine).format_arn(
        service="sagemaker", resource="model", resource_name=f"{settings.bulk_job_name_start}*"
    )
    return Leftovers(
        properties={**executions.properties, "ModelPrefixes": [settings.bulk_job_name_start]},
        statements=[
            *executions.statements,
            iam.PolicyStatement(actions=["sagemaker:DeleteModel"], resources=[models]),
            iam.PolicyStatement(actions=["sagemaker:ListModels"], resources=["*"]),
        ],
        after=executions.after,
    )
