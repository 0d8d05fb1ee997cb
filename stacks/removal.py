"""What a stack leaves when it is destroyed, and the function that removes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import ArnFormat, CfnResource, CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from stacks.findings import acknowledge_wildcards
from stacks.function import PythonFunction
from stacks.settings import Settings

FUNCTION_MINUTES = 15
"""Lambda's own limit; what does not fit is gone on with when the service is destroyed again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftovers:
    """What the custom resource is told, and what its function must be allowed for it."""

    properties: Mapping[str, Any]
    statements: Sequence[iam.PolicyStatement]
    after: Sequence[IConstruct] = field(default=())
    """What must still be there while the function works."""


class Removal(Construct):
    """A custom resource that does nothing until its stack is deleted, and then cleans up first."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, leftovers: Leftovers
    ) -> None:
        super().__init__(scope, construct_id)
        own_stack = iam.PolicyStatement(
            actions=["cloudformation:DescribeStacks"], resources=[Stack.of(self).stack_id]
        )
        statements = [own_stack, *leftovers.statements]
        self.function = PythonFunction(
            self,
            "Function",
            settings=settings,
            package="removal",
            environment={"POWERTOOLS_SERVICE_NAME": f"{settings.name}-removal"},
            timeout=Duration.minutes(FUNCTION_MINUTES),
            memory_mb=256,
            statements=statements,
        )
        acknowledge_wildcards(
            self.function.role,
            "Objects, packages, models, executions and log streams are named while a service runs.",
            *(arn for statement in statements for arn in statement.resources if "*" in arn),
        )
        resource = CustomResource(
            self,
            "Resource",
            service_token=self.function.function.function_arn,
            properties=dict(leftovers.properties),
        )
        _wait_as_long_as_the_function(resource)
        resource.node.add_dependency(*leftovers.after)


def _wait_as_long_as_the_function(resource: CustomResource) -> None:
    # The construct's own option writes the number as a string, which CloudFormation warns about.
    inner = resource.node.default_child
    if not isinstance(inner, CfnResource):
        raise TypeError("a custom resource's first child is the resource")
    inner.add_property_override("ServiceTimeout", FUNCTION_MINUTES * 60)


def execution_leftovers(name: str, machine: sfn.StateMachine) -> Leftovers:
    """A state machine's executions, which would run on with their jobs after it is deleted.

    Args:
        name: the state machine's, as its executions' ARNs have it.
        machine: what to look at.
    """
    executions = Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return Leftovers(
        properties={"StateMachines": [machine.state_machine_arn]},
        statements=[
            iam.PolicyStatement(
                actions=["states:ListExecutions"], resources=[machine.state_machine_arn]
            ),
            iam.PolicyStatement(actions=["states:StopExecution"], resources=[executions]),
        ],
        after=[machine],
    )


def job_log_leftovers(stack: Stack, groups: Sequence[str], prefix: str) -> Leftovers:
    """Streams of log groups that all jobs of the account share: those whose names begin so."""
    shared = [_log_group(stack, group) for group in groups]
    streams = [_log_group(stack, f"{group}:log-stream:{prefix}*") for group in groups]
    return Leftovers(
        properties={"SharedLogGroups": list(groups), "LogStreamPrefix": prefix},
        statements=[
            iam.PolicyStatement(
                actions=["logs:DescribeLogStreams"],
                resources=[arn for group in shared for arn in (group, f"{group}:*")],
            ),
            iam.PolicyStatement(actions=["logs:DeleteLogStream"], resources=streams),
        ],
    )


def _log_group(stack: Stack, name: str) -> str:
    return stack.format_arn(service="logs", resource=f"log-group:{name}")
