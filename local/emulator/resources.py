"""CloudFormation resources that ministack 1.5.33 refuses: SageMaker's and its autoscaling's."""

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.sagemaker.control_plane import ControlPlane
from local.sagemaker.errors import ValidationError
from local.sagemaker.named_resources import NamedResources
from local.sagemaker.request_model import check_request, coerced, input_shape

Properties = dict[str, Any]
Created = tuple[str, dict[str, str]]
_ENDPOINT_SECONDS = 600.0
_SUFFIX = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """A SageMaker resource that CloudFormation can only create, replace and delete."""

    word: str
    arn: str
    replacing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.word}Name"


_KINDS = (
    _Kind(
        word="Model",
        arn="ModelArn",
        replacing=("ModelName", "PrimaryContainer", "ExecutionRoleArn", "Containers", "VpcConfig"),
    ),
    _Kind(
        word="EndpointConfig",
        arn="EndpointConfigArn",
        replacing=(
            "EndpointConfigName",
            "ProductionVariants",
            "DataCaptureConfig",
            "AsyncInferenceConfig",
            "KmsKeyId",
            "ExecutionRoleArn",
        ),
    ),
    _Kind(
        word="ModelPackageGroup",
        arn="ModelPackageGroupArn",
        replacing=("ModelPackageGroupName", "ModelPackageGroupDescription"),
    ),
)


def install(control_plane: ControlPlane) -> None:
    """Register a handler for each type, and which changes replace a resource."""
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415 - environment

    handlers, replacing = provisioners._RESOURCE_HANDLERS, provisioners._REPLACING_PROPERTIES
    for kind in _KINDS:
        handlers[f"AWS::SageMaker::{kind.word}"] = _immutable(control_plane, kind)
        replacing[f"AWS::SageMaker::{kind.word}"] = kind.replacing
    handlers["AWS::SageMaker::Endpoint"] = _EndpointResource(control_plane).handlers()
    replacing["AWS::SageMaker::Endpoint"] = ("EndpointName",)
    handlers["AWS::ApplicationAutoScaling::ScalableTarget"] = _scalable_target(control_plane)
    replacing["AWS::ApplicationAutoScaling::ScalableTarget"] = (
        "ResourceId",
        "ScalableDimension",
        "ServiceNamespace",
    )
    handlers["AWS::ApplicationAutoScaling::ScalingPolicy"] = _scaling_policy()
    replacing["AWS::ApplicationAutoScaling::ScalingPolicy"] = (
        "PolicyName",
        "ResourceId",
        "ScalableDimension",
        "ScalingTargetId",
        "ServiceNamespace",
    )


def _request(operation: str, properties: Properties, service: str = "sagemaker") -> Properties:
    shape = input_shape(service, operation)
    return dict(coerced(shape, properties))


def _generated(logical_id: str) -> str:
    return f"{logical_id[:40]}-{''.join(secrets.choice(_SUFFIX) for _ in range(12))}"


def _immutable(control_plane: ControlPlane, kind: _Kind) -> Mapping[str, Callable[..., Any]]:
    def create(logical_id: str, properties: Properties, _stack: str) -> Created:
        name = properties.get(kind.name) or _generated(logical_id)
        request = _request(f"Create{kind.word}", properties | {kind.name: name})
        arn = str(control_plane.call(f"Create{kind.word}", request)[kind.arn])
        return arn, {kind.name: name, kind.arn: arn}

    # Everything else replaces the resource; tags alone come here.
    def update(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Created:
        control_plane.tags.replace(physical_id, new.get("Tags", []))
        name = _store(control_plane, kind).name_of(physical_id)
        return physical_id, {kind.name: name, kind.arn: physical_id}

    def delete(physical_id: str, _properties: Properties) -> None:
        if name := _store(control_plane, kind).name_of(physical_id):
            control_plane.call(f"Delete{kind.word}", {kind.name: name})

    return {"create": create, "update": update, "delete": delete}


def _store(control_plane: ControlPlane, kind: _Kind) -> NamedResources:
    hosting = control_plane.hosting
    stores = {"Model": hosting.models, "EndpointConfig": hosting.configs}
    return stores.get(kind.word, control_plane.groups)


class _EndpointResource:
    """AWS::SageMaker::Endpoint; its handlers wait for the endpoint, as CloudFormation does."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self._control_plane = control_plane

    def handlers(self) -> Mapping[str, Callable[..., Any]]:
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def _create(self, logical_id: str, properties: Properties, _stack: str) -> Created:
        name = properties.get("EndpointName") or _generated(logical_id)
        given = {k: v for k, v in properties.items() if not k.startswith(("Retain", "Exclude"))}
        request = _request("CreateEndpoint", given | {"EndpointName": name})
        arn = str(self._control_plane.call("CreateEndpoint", request)["EndpointArn"])
        try:
            self._wait(name)
        except ValueError:
            # CloudFormation deletes only what a handler has named; a failed create names nothing.
            self._remove(name)
            raise
        return arn, {"EndpointName": name}

    def _update(self, physical_id: str, _old: Properties, new: Properties, _stack: str) -> Created:
        name = str(new["EndpointName"])
        given = {key: value for key, value in new.items() if key != "Tags"}
        self._control_plane.call("UpdateEndpoint", _request("UpdateEndpoint", given))
        self._wait(name)
        return physical_id, {"EndpointName": name}

    def _delete(self, physical_id: str, properties: Properties) -> None:
        arn = physical_id
        found = [e.name for e in self._control_plane.hosting.endpoints.values() if e.arn == arn]
        for name in found or [properties.get("EndpointName", "")]:
            self._remove(name)

    def _wait(self, name: str) -> None:
        endpoint = self._control_plane.hosting.get(name)
        if not endpoint.wait(_ENDPOINT_SECONDS):
            raise ValueError(f"endpoint {name} did not settle in {_ENDPOINT_SECONDS:.0f} s")
        if endpoint.failure_reason:
            raise ValueError(endpoint.failure_reason)

    def _remove(self, name: str) -> None:
        try:
            endpoint = self._control_plane.hosting.get(name)
        except ValidationError:
            return
        self._control_plane.call("DeleteEndpoint", {"EndpointName": name})
        endpoint.wait(_ENDPOINT_SECONDS)


def _scalable_target(control_plane: ControlPlane) -> Mapping[str, Callable[..., Any]]:
    """Checked and kept, but nothing scales: this is one machine."""

    def apply(_logical_id: str, properties: Properties, _stack: str) -> Created:
        request = _request("RegisterScalableTarget", properties, "application-autoscaling")
        check_request("application-autoscaling", "RegisterScalableTarget", request)
        _check_variant(control_plane, request["ResourceId"])
        keys = ("ResourceId", "ScalableDimension", "ServiceNamespace")
        physical_id = "|".join(str(request[key]) for key in keys)
        return physical_id, {"Id": physical_id}

    def update(_physical_id: str, _old: Properties, new: Properties, stack: str) -> Created:
        return apply("", new, stack)

    return {"create": apply, "update": update, "delete": _nothing_to_delete}


def _check_variant(control_plane: ControlPlane, resource_id: str) -> None:
    kind, _, rest = resource_id.partition("/")
    name, _, variant = rest.partition("/variant/")
    endpoint = control_plane.hosting.endpoints.get(name)
    fleet = endpoint.fleet if endpoint else None
    if kind == "endpoint" and (fleet is None or fleet.variant != variant):
        raise ValidationError(f"SageMaker variant does not exist: {resource_id}")


def _scaling_policy() -> Mapping[str, Callable[..., Any]]:
    def apply(_logical_id: str, properties: Properties, _stack: str) -> Created:
        target = str(properties.get("ScalingTargetId", "")).split("|")
        known = dict(
            zip(("ResourceId", "ScalableDimension", "ServiceNamespace"), target, strict=False)
        )
        given = {k: v for k, v in properties.items() if k != "ScalingTargetId"}
        base = known if len(target) == 3 else {}
        request = _request("PutScalingPolicy", base | given, "application-autoscaling")
        check_request("application-autoscaling", "PutScalingPolicy", request)
        arn = (
            "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:"
            f"{secrets.token_hex(8)}:resource/{request['ServiceNamespace']}/"
            f"{request['ResourceId']}:policyName/{request['PolicyName']}"
        )
        return arn, {"Arn": arn, "PolicyName": request["PolicyName"]}

    def update(physical_id: str, _old: Properties, new: Properties, stack: str) -> Created:
        _, attributes = apply("", new, stack)
        return physical_id, attributes | {"Arn": physical_id}

    return {"create": apply, "update": update, "delete": _nothing_to_delete}


def _nothing_to_delete(_physical_id: str, _properties: Properties) -> None:
    """Nothing was made that outlives the record in the stack."""
