"""Which permissions a SageMaker request needs: actions, resources, the roles it passes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sagemaker.host import Host

_NAMED_BY: Mapping[str, tuple[str, str]] = {
    "TrainingJob": ("training-job", "TrainingJobName"),
    "ProcessingJob": ("processing-job", "ProcessingJobName"),
    "TransformJob": ("transform-job", "TransformJobName"),
    "HyperParameterTuningJob": ("hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
    "ModelPackageGroup": ("model-package-group", "ModelPackageGroupName"),
    "Model": ("model", "ModelName"),
    "EndpointConfig": ("endpoint-config", "EndpointConfigName"),
    "Endpoint": ("endpoint", "EndpointName"),
}
_PACKAGE_OPERATIONS = (
    "CreateModelPackage",
    "DescribeModelPackage",
    "UpdateModelPackage",
    "DeleteModelPackage",
)
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
    if operation in _PACKAGE_OPERATIONS:
        return _package_needs(host, operation, request)
    found = [Need(action=f"sagemaker:{operation}", resource=_resource(host, operation, request))]
    if operation.startswith("Create"):
        if request.get("Tags"):
            found.append(Need(action="sagemaker:AddTags", resource=found[0].resource))
        found += [
            Need(
                action="iam:PassRole",
                resource=str(given[key]),
                context={"iam:PassedToService": "sagemaker.amazonaws.com"},
            )
            for given in (request, request.get("TrainingJobDefinition", {}))
            for key in _ROLES
            if key in given
        ]
    return found


def _resource(host: Host, operation: str, request: Mapping[str, Any]) -> str:
    for verb in _VERBS:
        kind, parameter = _NAMED_BY.get(operation.removeprefix(verb), ("", ""))
        if kind and parameter in request:
            return host.arn(kind, str(request[parameter]))
    return str(request.get("ResourceArn", "*"))


def _package_needs(host: Host, operation: str, request: Mapping[str, Any]) -> list[Need]:
    """A new version needs its group and, whatever its number will be, the group's versions."""
    action = f"sagemaker:{operation}"
    if operation == "CreateModelPackage":
        group = package_name(str(request.get("ModelPackageGroupName", "")))
        resources = [
            host.arn("model-package-group", group),
            host.arn("model-package", f"{group}/*"),
        ]
    else:
        given = request.get("ModelPackageArn") or request.get("ModelPackageName") or ""
        resources = [host.arn("model-package", package_name(str(given)))]
    return [Need(action=action, resource=resource) for resource in resources]


def package_name(name_or_arn: str) -> str:
    """`GROUP` or `GROUP/VERSION` of a group or package that is given by either."""
    return name_or_arn.partition("/")[2] if name_or_arn.startswith("arn:") else name_or_arn
