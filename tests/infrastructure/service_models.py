"""Checks a request as AWS would: botocore's validator, and what it leaves out of its own model."""

import re
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

_CLASSES = {
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\p{Alnum}": "[A-Za-z0-9]",
    r"\p{L}": r"\w",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{Z}": " ",
    r"\p{S}": r"$+<=>^`|~",
    r"\p{N}": r"\d",
    r"\p{P}": r"!-#%-*,-/:;?@\[\\\]_{}",
}
"""Inside a class in brackets Python's are a little wider or narrower; enough for what is sent."""


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def check_request(service: str, operation: str, request: dict[str, Any]) -> None:
    """Raise AssertionError for what the service would refuse."""
    shape = _model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"
    problems = list(_problems(request, shape, operation))
    assert not problems, problems


def _problems(value: Any, shape: Shape, path: str) -> Any:
    if isinstance(shape, StructureShape):
        unknown = value.keys() - shape.members.keys()
        yield from (f"{path}.{name}: unknown" for name in unknown)
        for name in value.keys() & shape.members.keys():
            yield from _problems(value[name], shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        yield from _length(value, shape, path)
        for index, item in enumerate(value):
            yield from _problems(item, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        yield from _length(value, shape, path)
        for key, item in value.items():
            yield from _problems(key, shape.key, f"{path}.{key}")
            yield from _problems(item, shape.value, f"{path}.{key}")
    elif isinstance(shape, StringShape):
        yield from _string(value, shape, path)
    elif shape.type_name in ("integer", "long") and value > shape.metadata.get("max", value):
        yield f"{path}: {value} is above {shape.metadata['max']}"


def _length(value: Any, shape: Shape, path: str) -> Any:
    if len(value) > shape.metadata.get("max", len(value)):
        yield f"{path}: {len(value)} items or characters, {shape.metadata['max']} are allowed"


def _string(value: str, shape: StringShape, path: str) -> Any:
    yield from _length(value, shape, path)
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is not one of {shape.enum}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_python(pattern), value, re.DOTALL):
        yield f"{path}: {value!r} does not match {pattern}"


def _python(pattern: str) -> str:
    """A pattern of Java's, with the classes that Python spells otherwise."""
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    # SageMaker's model repeats some patterns' end, with the length that the shape has anyway.
    return re.sub(r"\$\{\d+,\d+\}$", "", pattern)
