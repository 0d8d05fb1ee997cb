"""What starts the machine besides people: a schedule, and a manifest that comes into the bucket.

Both start it with the manifest's address alone, so that nothing else than that one object, which
no job writes, says what is trained.
"""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.retraining import MANIFEST_KEY
from stacks.settings import Settings


def manifest_uri(settings: Settings, bucket: s3.IBucket) -> str:
    """Where the manifest lies; empty when nothing starts with it."""
    return f"s3://{bucket.bucket_name}/{MANIFEST_KEY}" if settings.has_manifest else ""


def add_triggers(
    scope: Construct, *, settings: Settings, bucket: s3.IBucket, machine: sfn.StateMachine
) -> None:
    """The rules that the settings ask for."""
    given = events.RuleTargetInput.from_object({"manifest": manifest_uri(settings, bucket)})
    if settings.retraining_schedule:
        events.Rule(
            scope,
            "Schedule",
            description="Starts retraining by the clock",
            schedule=events.Schedule.expression(settings.retraining_schedule),
            targets=[targets.SfnStateMachine(machine, input=given)],
        )
    if settings.retraining_manifest:
        events.Rule(
            scope,
            "ManifestCreated",
            description="Starts retraining when its manifest comes into the bucket",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [MANIFEST_KEY]},
                },
            ),
            targets=[targets.SfnStateMachine(machine, input=given)],
        )
