"""The bucket that holds corpora, jobs' data and models, and the bucket of its access log."""

from collections.abc import Sequence
from typing import TypedDict

from aws_cdk import CfnOutput, Duration, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from protocol.bulk import WORK_FOLDER
from stacks.findings import acknowledge
from stacks.removal import Leftovers, Removal
from stacks.service_stack import ServiceStack, removal_policy
from stacks.settings import BucketRemoval, Settings

BUCKET_OUTPUT = "BucketName"
NONCURRENT_DAYS = 30
ACCESS_LOG_DAYS = 90
INCOMPLETE_UPLOAD_DAYS = 7
BULK_WORK_DAYS = 30
"""How long a bulk translation that failed can go on from where it was."""


class _TlsOptions(TypedDict, total=False):
    enforce_ssl: bool
    minimum_tls_version: float


class Storage(ServiceStack):
    """Owns the service's data."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Translation service: corpora, jobs' data and models",
        )
        access_log = _access_log_bucket(self, settings)
        self.bucket = _data_bucket(self, settings, access_log)
        if settings.retraining_manifest:
            _send_events(self.bucket)
        if settings.is_local:
            acknowledge(
                self,
                "The emulator listens on the loopback interface only, without TLS, and enforces "
                "bucket policies: demanding TLS would refuse every request.",
                "AwsSolutions-S10",
            )
        CfnOutput(self, BUCKET_OUTPUT, value=self.bucket.bucket_name)
        CfnOutput(self, "AccessLogBucketName", value=access_log.bucket_name)
        CfnOutput(self, "BucketRemoval", value=_removal_word(settings))
        if settings.removes_buckets:
            leftovers = _leftovers([self.bucket, access_log])
            Removal(self, "Removal", settings=settings, leftovers=leftovers)

    def bucket_for(self, consumer: Stack) -> s3.IBucket:
        """The bucket as another stack names it: by this stack's output."""
        consumer.add_stack_dependency(self)
        name = Fn.get_stack_output(self.stack_name, BUCKET_OUTPUT)
        return s3.Bucket.from_bucket_name(consumer, "Bucket", name)


def _removal_word(settings: Settings) -> str:
    return BucketRemoval.DELETE if settings.removes_buckets else BucketRemoval.RETAIN


def _leftovers(buckets: Sequence[s3.Bucket]) -> Leftovers:
    """CloudFormation deletes empty buckets only."""
    listing = ["s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]
    deleting = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    return Leftovers(
        properties={"Buckets": [bucket.bucket_name for bucket in buckets]},
        statements=[
            iam.PolicyStatement(
                actions=listing, resources=[bucket.bucket_arn for bucket in buckets]
            ),
            iam.PolicyStatement(
                actions=deleting, resources=[bucket.arn_for_objects("*") for bucket in buckets]
            ),
        ],
        after=buckets,
    )


def _data_bucket(scope: Construct, settings: Settings, access_log: s3.Bucket) -> s3.Bucket:
    # Encrypted by S3 itself: one account owns all readers, so a key of our own would add a
    # monthly price and a second permission to every role without keeping anybody out.
    return s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        **_tls_only(settings),
        versioned=True,
        server_access_logs_bucket=access_log,
        lifecycle_rules=[
            # Elsewhere no rule expires a current version: any model may be the one that is served.
            s3.LifecycleRule(
                id="ExpireNoncurrentVersions",
                noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
            ),
            s3.LifecycleRule(
                id="AbortIncompleteUploads",
                abort_incomplete_multipart_upload_after=Duration.days(INCOMPLETE_UPLOAD_DAYS),
            ),
            s3.LifecycleRule(
                id="ExpireBulkWork",
                prefix=WORK_FOLDER,
                expiration=Duration.days(BULK_WORK_DAYS),
            ),
        ],
        removal_policy=removal_policy(settings),
    )


def _send_events(bucket: s3.Bucket) -> None:
    # The bucket's own option would deploy a function of the CDK's to set this one property.
    resource = bucket.node.default_child
    if not isinstance(resource, s3.CfnBucket):
        raise TypeError("a bucket's first resource is the bucket")
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
            event_bridge_enabled=True
        )
    )


def _tls_only(settings: Settings) -> _TlsOptions:
    if settings.is_local:
        return {}
    return {"enforce_ssl": True, "minimum_tls_version": 1.2}


def _access_log_bucket(scope: Construct, settings: Settings) -> s3.Bucket:
    bucket = s3.Bucket(
        scope,
        "AccessLogBucket",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        **_tls_only(settings),
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="ExpireAccessLogs",
                expiration=Duration.days(ACCESS_LOG_DAYS),
                noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
                abort_incomplete_multipart_upload_after=Duration.days(INCOMPLETE_UPLOAD_DAYS),
            )
        ],
        removal_policy=removal_policy(settings),
    )
    acknowledge(
        bucket,
        "This bucket is where access is logged to; a log of the log has no reader.",
        "AwsSolutions-S1",
    )
    return bucket
