"""One Lambda function of ours: its bundle, its own role and its own log group."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.bundling import require_bundle
from stacks.findings import acknowledge
from stacks.log_retention import retention
from stacks.settings import Settings


class PythonFunction(Construct):
    """A function whose role may write its own log and what the caller's statements add."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        package: str,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mb: int,
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=retention(settings.log_retention_days),
            # A group that stayed would be billed for as long as its logs are kept.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(self.role)
        for statement in statements:
            self.role.add_to_policy(statement)
        # A package alone runs its module `handler`.
        package, _, module = package.partition(".")
        bundle = require_bundle(Path(settings.lambda_bundles), package, settings.bundle_platform)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_12,
            architecture=lambda_.Architecture.X86_64,
            code=lambda_.Code.from_asset(str(bundle)),
            handler=f"{package}.{module or 'handler'}.lambda_handler",
            role=self.role,
            log_group=self.log_group,
            environment=dict(environment),
            timeout=timeout,
            memory_size=memory_mb,
        )
        acknowledge(
            self.function,
            "The bundle's wheels are built for Python 3.12, which AWS supports until 2028.",
            "AwsSolutions-L1",
        )

    def trace(self) -> None:
        """Let X-Ray follow a part of the requests through the function."""
        resource = self.function.node.default_child
        if not isinstance(resource, lambda_.CfnFunction):
            raise TypeError("a function's first resource is the function")
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]
            )
        )
        acknowledge(
            self.role,
            "X-Ray has no resources to name: whoever sends segments may send any.",
            "AwsSolutions-IAM5[Resource::*]",
        )
