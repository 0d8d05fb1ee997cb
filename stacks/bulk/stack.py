"""The bulk translation's stack: the input's check, the state machine and its roles."""

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.bulk.leftovers import bulk_leftovers
from stacks.bulk.state_machine import BulkMachine
from stacks.findings import acknowledge_wildcards
from stacks.function import PythonFunction
from stacks.images import ServiceImages
from stacks.removal import Removal
from stacks.retraining.quota_needs import bulk_quota_needs, quota_statement
from stacks.service_stack import ServiceStack
from stacks.settings import Settings
from stacks.storage import Storage


class Bulk(ServiceStack):
    """Knows the served model by the parameter that promotion writes, so no other stack."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, storage: Storage
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Translation service: bulk translation of files",
        )
        bucket = storage.bucket_for(self)
        check_input = _check_input(self, settings, bucket)
        self.bulk = BulkMachine(
            self,
            "Bulk",
            settings=settings,
            check_input=check_input.function,
            bucket=bucket,
            images=ServiceImages.of(self, settings),
        )
        machine = self.bulk.machine
        leftovers = bulk_leftovers(settings, machine)
        Removal(self, "Removal", settings=settings, leftovers=leftovers)
        CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)


def _check_input(scope: Construct, settings: Settings, bucket: s3.IBucket) -> PythonFunction:
    function = PythonFunction(
        scope,
        "CheckInput",
        settings=settings,
        package="check_input.bulk_handler",
        environment={
            "BUCKET": bucket.bucket_name,
            "BULK_BUCKETS": ",".join(settings.bulk_buckets),
            "CORPUS_BUCKETS": ",".join(settings.corpus_buckets),
            "BULK_MAX_INSTANCES": str(settings.bulk_max_instances),
            "QUOTAS": bulk_quota_needs(settings),
            "POWERTOOLS_SERVICE_NAME": f"{settings.name}-bulk-check-input",
        },
        timeout=Duration.seconds(30),
        memory_mb=256,
        statements=[quota_statement()],
    )
    acknowledge_wildcards(function.role, "Service Quotas knows no resources to list.", "*")
    return function
