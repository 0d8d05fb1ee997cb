"""What all stacks of the service share: the name's prefix, the tag, and how they are deployed."""

from aws_cdk import (
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    IStackSynthesizer,
    RemovalPolicy,
    Stack,
)
from constructs import Construct

from stacks.settings import Settings


class ServiceStack(Stack):
    """A stack called `<name>-<construct id in lower case>`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, description: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=f"{settings.name}-{construct_id.lower()}",
            description=description,
            synthesizer=_synthesizer(settings),
            tags={"service": settings.name},
            analytics_reporting=False,
        )


def _synthesizer(settings: Settings) -> IStackSynthesizer:
    if settings.is_local:
        # With enforced policies the emulator refuses the default synthesizer's publishing role.
        return CliCredentialsStackSynthesizer()
    # The rule would add an SSM parameter that a promotion's update would have to be allowed to
    # read; the CDK command line checks the bootstrap version itself.
    return DefaultStackSynthesizer(generate_bootstrap_version_rule=False)


def removal_policy(settings: Settings) -> RemovalPolicy:
    """What becomes of the owner's data when its stack is deleted; logs always go."""
    return RemovalPolicy.DESTROY if settings.removes_buckets else RemovalPolicy.RETAIN
