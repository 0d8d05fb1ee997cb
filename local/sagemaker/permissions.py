"""Which permissions a SageMaker request needs: actions, resources, the roles it passes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker.host import Host

_NAMED_BY: Mapping[str, tuple[str, str]] = {
    "TrainingJob": ("training-job", "TrainingJobName"),
    "ProcessingJob": ("processing-job", "ProcessingJobName"),
    "ModelPackageGroup": ("model-package-group", "ModelPackageGroupName"),
    "Model": ("model", "ModelName"),
    "EndpointConfig": ("endpoint-config", "EndpointConfigName"),
    "Endpoint": ("endpoint", "EndpointName"),
}
_VERBS = ("Create", "Describe", "Stop", "Delete", "Update")
_ROLES = ("RoleArn", "ExecutionRoleArn")


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One permission in IAM's terms."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


def needs(host: Host, operation: str, request: Mapping[str, Any]) -> list[Need]:
    """Everything a caller must be allowed for this request."""
    found = [Need(action=f"sagemaker:{operation}", resource=_resource(host, operation, request))]
    if operation.startswith("Create"):
        if request.get("Tags"):
            found.append(Need(action="sagemaker:AddTags", resource=found[0].resource))
        found += [
            Need(
                action="iam:PassRole",
                resource=str(request[key]),
                context={"iam:PassedToService": "sagemaker.amazonaws.com"},
            )
            for key in _ROLES
            if key in request
        ]
    return found


def _resource(host: Host, operation: str, request: Mapping[str, Any]) -> str:
    for verb in _VERBS:
        kind, parameter = _NAMED_BY.get(operation.removeprefix(verb), ("", ""))
        if kind and parameter in request:
            return host.arn(kind, str(request[parameter]))
    return str(request.get("ResourceArn", "*"))
