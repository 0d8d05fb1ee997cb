"""The retraining state machine: its role, its log and its limits."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.images import ServiceImages
from stacks.log_retention import retention
from stacks.retraining.definition import RetrainingDefinition
from stacks.retraining.machine_role import machine_role
from stacks.retraining.notifications import Notifications
from stacks.settings import Settings


class RetrainingMachine(Construct):
    """The machine around its definition."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        check_input: lambda_.Function,
        jobs_role: iam.Role,
        bucket: s3.IBucket,
        images: ServiceImages,
        notifications: Notifications | None,
    ) -> None:
        super().__init__(scope, construct_id)
        role = machine_role(
            self,
            settings=settings,
            jobs_role=jobs_role,
            bucket=bucket,
            notifying=notifications.statements() if notifications else (),
        )
        definition = RetrainingDefinition(
            self,
            "Definition",
            settings=settings,
            check_input=check_input,
            role_arn=jobs_role.role_arn,
            bucket=bucket.bucket_name,
            images=images,
            topic_arn=notifications.topic.topic_arn if notifications else None,
        )
        self._settings = settings
        self.log_group = self._build_log_group()
        self.machine = self._build_machine(definition, role)
        # Not grant_invoke, which would allow all versions of the function.
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[check_input.function_arn]
            )
        )

    def _build_log_group(self) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            # The prefix keeps CloudWatch's policy for log deliveries short of its size limit.
            log_group_name=f"/aws/vendedlogs/states/{self._settings.state_machine_name}",
            retention=retention(self._settings.log_retention_days),
            # A group that stayed behind would be in the way of the next deployment.
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _build_machine(self, definition: RetrainingDefinition, role: iam.Role) -> sfn.StateMachine:
        return sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=self._settings.state_machine_name,
            query_language=sfn.QueryLanguage.JSONATA,
            definition_body=sfn.DefinitionBody.from_chainable(definition.start),
            role=role,
            timeout=Duration.hours(self._timeout_hours()),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self.log_group,
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )

    def _timeout_hours(self) -> int:
        """Each job twice, half a day for the rest, and all of that again for an older execution."""
        settings = self._settings
        training = max(settings.training_max_wait_hours, settings.tuning_max_runtime_hours)
        minutes = (
            settings.verification_max_runtime_minutes + settings.evaluation_max_runtime_minutes
        )
        jobs = settings.processing_max_runtime_hours + training + -(-minutes // 60)
        return 2 * (2 * jobs + 12)
