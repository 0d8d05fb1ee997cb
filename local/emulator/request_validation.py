"""API Gateway's validation of request bodies, with its words for what is wrong."""

import json
import re
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

_findings: ContextVar[str] = ContextVar("findings", default="")


def install(gateway: Any) -> None:
    """Change ministack's REST APIs."""
    _keep_validators_of_templates(gateway)
    _validate_by_content_type(gateway)
    _tell_what_is_wrong(gateway)


def _keep_validators_of_templates(gateway: Any) -> None:
    # ministack's CloudFormation makes up an id for a request validator and leaves it out of the
    # methods, so that nothing would be validated.
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415 - environment

    handlers = provisioners._RESOURCE_HANDLERS
    create = provisioners._apigw_method_create

    def create_method(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        created = create(logical_id, properties, stack_name)
        resource = gateway._resources[properties["RestApiId"]][properties["ResourceId"]]
        method = resource["resourceMethods"][properties["HttpMethod"]]
        method["requestValidatorId"] = properties.get("RequestValidatorId")
        return created

    # Its update creates the method anew, through the module's own name.
    provisioners._apigw_method_create = create_method
    handlers["AWS::ApiGateway::Method"]["create"] = create_method
    handlers["AWS::ApiGateway::RequestValidator"] = _validator_handlers(gateway)


def _validator_handlers(gateway: Any) -> dict[str, Any]:
    def create(_logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        content = {
            "name": properties.get("Name", stack_name),
            "validateRequestBody": properties.get("ValidateRequestBody", False),
            "validateRequestParameters": properties.get("ValidateRequestParameters", False),
        }
        created = gateway._create_request_validator(properties["RestApiId"], content)
        identity = json.loads(created[2])["id"]
        return identity, {"RequestValidatorId": identity}

    def update(_identity: str, _old: Any, properties: dict[str, Any], stack_name: str) -> Any:
        return create("", properties, stack_name)

    def delete(identity: str, properties: dict[str, Any]) -> None:
        validators = gateway._request_validators.get(properties.get("RestApiId", ""), {})
        validators.pop(identity, None)

    return {"create": create, "update": update, "delete": delete}


def _validate_by_content_type(gateway: Any) -> None:
    # ministack validates a body of any type against the JSON model; AWS skips types without one.
    original = gateway._check_request_validation

    def check(method: dict[str, Any], api_id: str, *rest: Any) -> Any:
        headers, body = rest[1], rest[2]
        sent = gateway._header_ci(headers, "content-type") or "application/json"
        models = method.get("requestModels") or {}
        model = models.get(sent.split(";", 1)[0].strip())
        if model is None:
            method = method | {"requestModels": {}}
        refused = original(method, api_id, *rest)
        if refused is not None and model is not None:
            _findings.set(_described(body, gateway._model_schema(api_id, model)))
        return refused

    gateway._check_request_validation = check


def _tell_what_is_wrong(gateway: Any) -> None:
    # ministack does not know the variable that holds what the validation found.
    original = gateway._gateway_error_response

    def response(error: Any, request: dict[str, Any]) -> Any:
        status, headers, body = original(error, request)
        escaped = json.dumps(_findings.get())[1:-1].encode()
        _findings.set("")
        return status, headers, body.replace(b"$context.error.validationErrorString", escaped)

    gateway._gateway_error_response = response


def _described(body: bytes, schema: Any) -> str:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is not JSON"
    return f"[{', '.join(findings(content, schema))}]"


def findings(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a value, in the words of the validator that API Gateway uses.

    Knows the keywords that this project's schemas use.
    """
    kind = _kind(value)
    types = schema.get("type", kind)
    allowed = types if isinstance(types, list) else [types]
    if kind not in allowed and not (kind == "integer" and "number" in allowed):
        shown = json.dumps(allowed, separators=(",", ":"))
        yield f"instance type ({kind}) does not match any allowed primitive type (allowed: {shown})"
    elif kind == "object":
        yield from _of_object(value, schema)
    elif kind == "array":
        yield from _of_array(value, schema)
    elif kind == "string":
        yield from _of_string(value, schema)
    elif kind in ("integer", "number"):
        yield from _of_number(value, schema)


def _of_object(value: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if missing := [name for name in schema.get("required", []) if name not in value]:
        yield f"object has missing required properties ({json.dumps(missing)})"
    unknown = sorted(value.keys() - properties.keys())
    if unknown and others is False:
        yield (
            "object instance has properties which are not allowed by the schema: "
            f"{json.dumps(unknown)}"
        )
    if len(value) > schema.get("maxProperties", len(value)):
        yield (
            f"object has too many properties (found {len(value)} but schema requires at most "
            f"{schema['maxProperties']})"
        )
    for name, item in value.items():
        inner = properties.get(name, others)
        if isinstance(inner, dict):
            yield from findings(item, inner)


def _of_array(value: list[Any], schema: dict[str, Any]) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield (
            f"array is too short: must have at least {schema['minItems']} elements but instance "
            f"has {len(value)} elements"
        )
    for item in value:
        yield from findings(item, schema.get("items", {}))


def _of_string(value: str, schema: dict[str, Any]) -> Iterator[str]:
    pattern = schema.get("pattern", "")
    if not re.search(pattern, value):
        yield f'ECMA 262 regex "{pattern}" does not match input string "{value}"'
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", len(value))
    if len(value) < shortest:
        yield f'string "{value}" is too short (length: {len(value)}, required minimum: {shortest})'
    if len(value) > longest:
        yield f'string "{value}" is too long (length: {len(value)}, maximum allowed: {longest})'


def _of_number(value: float, schema: dict[str, Any]) -> Iterator[str]:
    minimum, maximum = schema.get("minimum", value), schema.get("maximum", value)
    if value < minimum:
        yield (
            f"numeric instance is lower than the required minimum (minimum: {minimum}, "
            f"found: {value})"
        )
    if value > maximum:
        yield (
            f"numeric instance is greater than the required maximum (maximum: {maximum}, "
            f"found: {value})"
        )


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
