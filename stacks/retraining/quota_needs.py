"""Which of SageMaker's quotas the service needs, by their names in Service Quotas."""

import json

from aws_cdk import aws_iam as iam

from stacks.settings import Settings


def quota_needs(settings: Settings) -> str:
    """JSON for the function that checks an execution: purpose, quota, instances.

    Those of a tuning job are of each training job that it runs at once, and it runs them without
    spot.

    A promotion runs the new fleet beside the old one. A fleet that has scaled out needs twice as
    many; that is not asked for, because it may never scale out.
    """
    spot = "spot training" if settings.training_spot else "training"
    needs: dict[str, tuple[str, int]] = {
        "training": (
            f"{settings.training_instance_type} for {spot} job usage",
            settings.training_instance_count,
        ),
        "tuning": (
            f"{settings.training_instance_type} for training job usage",
            settings.training_instance_count,
        ),
        "processing": _processing(settings),
    }
    if not settings.endpoint_serverless:
        endpoint = f"{settings.endpoint_instance_type} for endpoint usage"
        needs["endpoint"] = (endpoint, 2 * settings.endpoint_min_instances)
    return json.dumps(needs)


def bulk_quota_needs(settings: Settings) -> str:
    """The same for a bulk translation; its transform job is counted for one instance."""
    needs: dict[str, tuple[str, int]] = {
        "processing": _processing(settings),
        "transform": (f"{settings.transform_instance_type} for transform job usage", 1),
    }
    return json.dumps(needs)


def _processing(settings: Settings) -> tuple[str, int]:
    return f"{settings.processing_instance_type} for processing job usage", 1


def quota_statement() -> iam.PolicyStatement:
    """To list quotas; Service Quotas knows no resources for it."""
    return iam.PolicyStatement(
        actions=["servicequotas:ListAWSDefaultServiceQuotas", "servicequotas:ListServiceQuotas"],
        resources=["*"],
    )
