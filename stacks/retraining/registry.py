"""The model register: the group that every candidate becomes a package of, and who may write it."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.settings import Settings


def model_package_group(scope: Construct, settings: Settings) -> sagemaker.CfnModelPackageGroup:
    """The group, called as the service is.

    It goes with its stack, which can be deleted only when the group is empty: a group that stayed
    would be in the way of the next deployment under this name.
    """
    return sagemaker.CfnModelPackageGroup(
        scope,
        "Models",
        model_package_group_name=settings.name,
        model_package_group_description="Every model that the retraining of this service made",
    )


def register_statements(stack: Stack, settings: Settings) -> list[iam.PolicyStatement]:
    """What the state machine may do in the register: look, add, judge; never delete."""
    group = _arn(stack, "model-package-group", settings.name)
    packages = _arn(stack, "model-package", f"{settings.name}/*")
    return [
        iam.PolicyStatement(actions=["sagemaker:CreateModelPackage"], resources=[group, packages]),
        iam.PolicyStatement(actions=["sagemaker:UpdateModelPackage"], resources=[packages]),
        # It knows no resources.
        iam.PolicyStatement(actions=["sagemaker:ListModelPackages"], resources=["*"]),
    ]


def _arn(stack: Stack, resource: str, name: str) -> str:
    return stack.format_arn(service="sagemaker", resource=resource, resource_name=name)
