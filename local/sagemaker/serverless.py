"""What SageMaker says to serverless inference beyond its request model."""

from collections.abc import Mapping
from typing import Any

from local.sagemaker.errors import ValidationError
from local.sagemaker.hosting import Fleet
from local.sagemaker.tag_operations import Request

MAX_SERVERLESS_BODY_BYTES = 4_194_304
_MEMORY_STEP_MB = 1024
_INSTANCE_KEYS = ("InstanceType", "InitialInstanceCount")


def check_variant(variant: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Refuse a variant that is neither of instances nor serverless, or more than one can be.

    Raises:
        ValidationError: says which keys do not fit.
    """
    serverless = variant.get("ServerlessConfig")
    instances = [key for key in _INSTANCE_KEYS if key in variant]
    if serverless is None:
        if len(instances) < len(_INSTANCE_KEYS):
            raise ValidationError("a variant needs InstanceType and InitialInstanceCount")
        return
    if instances:
        raise ValidationError(f"ServerlessConfig and {', '.join(instances)} exclude each other")
    if serverless["MemorySizeInMB"] % _MEMORY_STEP_MB:
        raise ValidationError(
            f"MemorySizeInMB is {serverless['MemorySizeInMB']}; it must be 1024, 2048, 3072, "
            "4096, 5120 or 6144"
        )
    for key in ("EnableNetworkIsolation", "VpcConfig"):
        if model.get(key):
            raise ValidationError(f"serverless inference does not support {key} of a model")


def check_update(request: Request, fleet: Fleet | None, config: Mapping[str, Any]) -> None:
    """Refuse to turn an endpoint's fleet of instances into a serverless one, or back.

    Raises:
        ValidationError: also for a deployment policy where there is no fleet to switch.
    """
    serverless = config["ProductionVariants"][0].get("ServerlessConfig") is not None
    if serverless and "DeploymentConfig" in request:
        raise ValidationError("DeploymentConfig is not supported for serverless endpoints")
    if fleet is not None and (fleet.serverless is not None) != serverless:
        raise ValidationError(
            f'Cannot update endpoint "{request["EndpointName"]}" between instances and '
            "serverless inference; create another endpoint."
        )


def described_size(serverless: Mapping[str, Any] | None) -> dict[str, Any]:
    """How DescribeEndpoint tells a variant's size."""
    if serverless is not None:
        return {"CurrentServerlessConfig": dict(serverless)}
    return {"CurrentInstanceCount": 1, "DesiredInstanceCount": 1}
