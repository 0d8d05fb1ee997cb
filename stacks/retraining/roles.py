"""Who may do what during retraining: the jobs, the endpoint's containers, the state machine.

Names endpoint and endpoint stack literally, so that no stack depends on the conditional one.
"""

from collections.abc import Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.findings import acknowledge_wildcards
from stacks.images import ContainerImage
from stacks.settings import Settings

ENDPOINT_RESOURCE_TYPES = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::SSM::Parameter",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
)
"""All that a promotion may touch. No IAM among it: the endpoint stack's recorded role is the
CDK's administrator, so whoever may update the stack could otherwise grant itself anything."""

_PULL = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
_METRIC_NAMESPACES = (
    "/aws/sagemaker/Endpoints",
    "/aws/sagemaker/ProcessingJobs",
    "/aws/sagemaker/TrainingJobs",
)


class SageMakerRole(Construct):
    """A role that SageMaker's containers run under: logs, metrics, image and what is granted."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        images: Sequence[ContainerImage],
        log_groups: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com")
        )
        self._allow_logs(log_groups)
        self._allow_metrics()
        self._allow_pull(images)

    def allow_reading(self, settings: Settings, bucket: s3.IBucket) -> None:
        """Let the containers read the service's bucket and the owner's allow-list."""
        stack = Stack.of(self)
        arns = [bucket.bucket_arn]
        arns += [
            stack.format_arn(service="s3", region="", account="", resource=name)
            for name in settings.corpus_buckets
        ]
        objects = [f"{arn}/*" for arn in arns]
        self._allow(["s3:GetObject"], objects)
        self._allow(["s3:GetBucketLocation", "s3:ListBucket"], arns)
        self._allow_decrypting(settings)
        acknowledge_wildcards(
            self.role,
            "Corpora and models may have any key in the buckets that the owner named.",
            *objects,
        )

    def allow_writing_executions(self, bucket: s3.IBucket) -> None:
        """Let jobs write below `executions/`, where only the state machine's jobs write."""
        written = bucket.arn_for_objects("executions/*")
        self._allow(["s3:AbortMultipartUpload", "s3:PutObject"], [written])
        # SageMaker mirrors the checkpoint folder, deletions included.
        checkpoints = bucket.arn_for_objects("executions/*/checkpoints/*")
        self._allow(["s3:DeleteObject"], [checkpoints])
        acknowledge_wildcards(
            self.role,
            "Each execution has its own prefix, which is named only when it starts.",
            written,
            checkpoints,
        )

    def allow_watching_alarms(self) -> None:
        """Let an endpoint's update see the alarms that roll it back."""
        self._allow(["cloudwatch:DescribeAlarms"], ["*"])
        acknowledge_wildcards(self.role, "DescribeAlarms knows no resources.", "*")

    def _allow_decrypting(self, settings: Settings) -> None:
        if not settings.corpus_key_arns:
            return
        services = [f"s3.{region}.{Aws.URL_SUFFIX}" for region in settings.corpus_key_regions]
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=list(settings.corpus_key_arns),
                conditions={"StringEquals": {"kms:ViaService": services}},
            )
        )

    def _allow_logs(self, log_groups: Sequence[str]) -> None:
        stack = Stack.of(self)
        arns = [
            stack.format_arn(service="logs", resource=f"log-group:{group}:*")
            for group in log_groups
        ]
        actions = [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ]
        self._allow(actions, arns)
        acknowledge_wildcards(self.role, "SageMaker names the log streams.", *arns)

    def _allow_metrics(self) -> None:
        namespaces = {"cloudwatch:namespace": list(_METRIC_NAMESPACES)}
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": namespaces},
            )
        )
        acknowledge_wildcards(
            self.role, "PutMetricData knows no resources; it is held to these namespaces.", "*"
        )

    def _allow_pull(self, images: Sequence[ContainerImage]) -> None:
        arns = [image.repository_arn for image in images if image.repository_arn is not None]
        if arns:
            self._allow(list(_PULL), arns)
            self._allow(["ecr:GetAuthorizationToken"], ["*"])
            acknowledge_wildcards(self.role, "GetAuthorizationToken knows no resources.", "*")

    def _allow(self, actions: list[str], resources: list[str]) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
