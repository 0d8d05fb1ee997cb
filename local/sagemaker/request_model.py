"""Checks requests against botocore's model of SageMaker, so that AWS's refusals happen here too."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.loaders
from botocore.model import ServiceModel, Shape

from local.sagemaker.errors import UnknownOperationError, ValidationError

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (str, int, float),
}


@functools.cache
def service_model(service: str) -> ServiceModel:
    """Botocore's model of a service, loaded once."""
    return ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)


def input_shape(service: str, operation: str) -> Shape:
    """The shape of an operation's request.

    Raises:
        UnknownOperationError: the service has no such operation.
    """
    model = service_model(service)
    if operation not in model.operation_names:
        raise UnknownOperationError(f"{service} has no operation {operation!r}")
    return model.operation_model(operation).input_shape


def check_request(service: str, operation: str, request: Any) -> None:
    """Refuse what AWS would refuse before it looks at any resource.

    Raises:
        ValidationError: in AWS's words, all violations at once.
    """
    problems = list(_problems(input_shape(service, operation), request, ""))
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise ValidationError(f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


def coerced(shape: Shape, value: Any) -> Any:
    """A CloudFormation property as its API type: templates may spell numbers as strings."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members
        return {k: coerced(members[k], v) if k in members else v for k, v in value.items()}
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: coerced(shape.value, item) for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [coerced(shape.member, item) for item in value]
    if isinstance(value, str):
        return _scalar(shape.type_name, value)
    if shape.type_name == "string" and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _scalar(type_name: str, text: str) -> Any:
    if type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    if type_name in ("integer", "long") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if type_name in ("float", "double") and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    return text


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    expected = _PYTHON_TYPES.get(shape.type_name)
    wrong_boolean = isinstance(value, bool) and shape.type_name != "boolean"
    if expected and (not isinstance(value, expected) or wrong_boolean):
        yield f"Value {value!r} at '{path}' must be of type {shape.type_name}"
    elif shape.type_name == "structure":
        yield from _structure_problems(shape, value, path)
    elif shape.type_name == "list":
        yield from _size_problems(shape, len(value), value, path)
        for index, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{path}.{index}.member")
    elif shape.type_name == "map":
        yield from _size_problems(shape, len(value), value, path)
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{path}.{key}.key")
            yield from _problems(shape.value, item, f"{path}.{key}.member")
    else:
        yield from _scalar_problems(shape, value, path)


def _structure_problems(shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield (
                f"Value null at '{_child(path, name)}' failed to satisfy constraint: "
                "Member must not be null"
            )
    for name, item in value.items():
        if name not in shape.members:
            yield f"'{_child(path, name)}' is not a member of {shape.name}"
        else:
            yield from _problems(shape.members[name], item, _child(path, name))


def _child(path: str, name: str) -> str:
    camel = name[0].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def _size_problems(shape: Shape, size: int, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    start = f"Value '{value}' at '{path}' failed to satisfy constraint: Member must have length"
    if low is not None and size < low:
        yield f"{start} greater than or equal to {low}"
    if high is not None and size > high:
        yield f"{start} less than or equal to {high}"


def _scalar_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    start = f"Value '{value}' at '{path}' failed to satisfy constraint: Member must"
    if shape.type_name == "string":
        yield from _size_problems(shape, len(value), value, path)
        choices = shape.metadata.get("enum") or []
        if choices and value not in choices:
            yield f"{start} satisfy enum value set: [{', '.join(choices)}]"
        pattern = shape.metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            yield f"{start} satisfy regular expression pattern: {pattern}"
    elif shape.type_name in ("integer", "long", "float", "double"):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield f"{start} have value greater than or equal to {low}"
        if high is not None and value > high:
            yield f"{start} have value less than or equal to {high}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        # Java has character classes that Python lacks; those few patterns stay unchecked.
        return True
