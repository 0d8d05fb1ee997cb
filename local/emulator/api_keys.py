"""API keys that an authorizer finds, which ministack 1.5.33 leaves aside (`apiKeySource`)."""

from contextvars import ContextVar
from typing import Any

_FIELD = "usageIdentifierKey"
_found: ContextVar[str] = ContextVar("found_key", default="")


def install() -> None:
    """Change ministack's REST APIs."""
    from ministack.services import apigateway_v1 as gateway  # noqa: PLC0415 - environment

    _keep_the_source_of_templates(gateway)
    _keep_the_key_with_the_context(gateway)
    _take_the_key_out_again(gateway)
    _check_the_key_that_was_found(gateway)


def _keep_the_source_of_templates(gateway: Any) -> None:
    # ministack's CloudFormation updates the property, but leaves it out when it creates an API.
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415 - environment

    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RestApi"]
    create = handlers["create"]

    def create_api(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        created = create(logical_id, properties, stack_name)
        if "ApiKeySourceType" in properties:
            gateway._rest_apis[created[0]]["apiKeySource"] = properties["ApiKeySourceType"]
        return created

    handlers["create"] = create_api


def _keep_the_key_with_the_context(gateway: Any) -> None:
    # ministack remembers an authorizer's policy and context alone.
    invoke_authorizer = gateway._invoke_authorizer_lambda

    async def invoke(*arguments: Any) -> Any:
        result = await invoke_authorizer(*arguments)
        body = result.get("body") if isinstance(result, dict) else None
        if isinstance(body, dict) and _FIELD in body:
            context = {**(body.get("context") or {}), _FIELD: body[_FIELD]}
            result = {**result, "body": {**body, "context": context}}
        return result

    gateway._invoke_authorizer_lambda = invoke


def _take_the_key_out_again(gateway: Any) -> None:
    authorize_request = gateway._authorize_request_v1

    async def authorize(*arguments: Any) -> Any:
        error, context = await authorize_request(*arguments)
        _found.set((context or {}).get(_FIELD, ""))
        if context is not None:
            context = {name: value for name, value in context.items() if name != _FIELD}
        return error, context

    gateway._authorize_request_v1 = authorize


def _check_the_key_that_was_found(gateway: Any) -> None:
    check_api_key = gateway._check_api_key

    def check(method: dict[str, Any], api_id: str, stage: str, headers: dict[str, str]) -> Any:
        api = gateway._rest_apis.get(api_id) or {}
        if api.get("apiKeySource") == "AUTHORIZER":
            headers = {"x-api-key": _found.get()}
        return check_api_key(method, api_id, stage, headers)

    gateway._check_api_key = check
