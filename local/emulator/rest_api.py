"""API Gateway's own behaviour where ministack 1.5.33 differs from it."""

import asyncio
import contextlib
import zlib
from typing import Any

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024
MAX_EVENT_BYTES = 6 * 1024 * 1024
DEFAULT_TIMEOUT_SECONDS = 29.0
_GZIP_WINDOW = 31


def install() -> None:
    """Change ministack's REST APIs."""
    from ministack.services import apigateway_v1 as gateway  # noqa: PLC0415 - environment

    _validate_by_content_type(gateway)
    _read_the_first_accepted_type(gateway)
    _guard_execution(gateway)
    _guard_invocation(gateway)


def _validate_by_content_type(gateway: Any) -> None:
    # ministack validates a body of any type against the JSON model; AWS skips types without one.
    original = gateway._check_request_validation

    def check(method: dict[str, Any], *rest: Any) -> Any:
        headers = rest[2]
        sent = gateway._header_ci(headers, "content-type") or "application/json"
        models = method.get("requestModels") or {}
        if sent.split(";", 1)[0].strip() not in models:
            method = method | {"requestModels": {}}
        return original(method, *rest)

    gateway._check_request_validation = check


def _read_the_first_accepted_type(gateway: Any) -> None:
    # ministack compares the whole Accept header; AWS decides by its first media type.
    original = gateway._media_type_matches

    def matches(media_type: str | None, binary_types: list[str] | None) -> bool:
        return bool(original((media_type or "").split(",", 1)[0], binary_types))

    gateway._media_type_matches = matches


def _guard_execution(gateway: Any) -> None:
    # ministack keeps no limit on the payload and hands compressed bodies on as they are; AWS
    # unzips them when the API has a minimum compression size.
    original = gateway._execute_in_scope

    async def execute(
        request: dict[str, Any],
        api_id: str,
        stage: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        *rest: Any,
    ) -> Any:
        request["stage"] = gateway._stages_v1.get(api_id, {}).get(stage) or {}
        if len(body or b"") > MAX_PAYLOAD_BYTES:
            return _too_large(gateway)
        if _is_compressed(gateway, api_id, headers):
            plain = _unzipped(body)
            if plain is None:
                return gateway._gw_error("BAD_REQUEST_BODY", "Invalid request body")
            if len(plain) > MAX_PAYLOAD_BYTES:
                return _too_large(gateway)
            body = plain
            headers = {key: value for key, value in headers.items() if key != "content-encoding"}
        return await original(request, api_id, stage, method, path, headers, body, *rest)

    gateway._execute_in_scope = execute


def _is_compressed(gateway: Any, api_id: str, headers: dict[str, str]) -> bool:
    api = gateway._rest_apis.get(api_id) or {}
    encoding = headers.get("content-encoding", "").strip().lower()
    return api.get("minimumCompressionSize") is not None and encoding == "gzip"


def _unzipped(body: bytes) -> bytes | None:
    """The body, at most one byte over the limit; None when it is not gzip."""
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        return inflater.decompress(body, MAX_PAYLOAD_BYTES + 1)
    except zlib.error:
        return None


def _too_large(gateway: Any) -> Any:
    return gateway._gw_error("REQUEST_TOO_LARGE", "Request Too Long")


def _guard_invocation(gateway: Any) -> None:
    # ministack waits for a function as long as it runs, and keeps no limit on events and answers.
    original = gateway._invoke_lambda_proxy_v1
    build, answer = gateway._build_lambda_event_v1, gateway._lambda_proxy_response

    def build_event(*positional: Any, **named: Any) -> Any:
        event = build(*positional, **named)
        if len((event.get("body") or "").encode()) > MAX_EVENT_BYTES:
            raise _EventTooLargeError
        return event

    def proxy_response(result: Any) -> Any:
        response, error = answer(result)
        body = response.get("body") if isinstance(response, dict) else None
        if isinstance(body, str) and len(body.encode()) > MAX_EVENT_BYTES:
            return None, "Internal server error"
        return response, error

    async def invoke(integration: dict[str, Any], *rest: Any, **named: Any) -> Any:
        try:
            call = original(integration, *rest, **named)
            return await _within(call, _timeout(integration))
        except TimeoutError:
            return gateway._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        except _EventTooLargeError:
            return _too_large(gateway)

    gateway._build_lambda_event_v1 = build_event
    gateway._lambda_proxy_response = proxy_response
    gateway._invoke_lambda_proxy_v1 = invoke


class _EventTooLargeError(Exception):
    """Lambda takes 6 MB."""


def _timeout(integration: dict[str, Any]) -> float:
    with contextlib.suppress(TypeError, ValueError):
        return float(integration.get("timeoutInMillis", "")) / 1000
    return DEFAULT_TIMEOUT_SECONDS


async def _within(call: Any, seconds: float) -> Any:
    """The result of a call, which goes on by itself when nobody waits any longer."""
    task = asyncio.ensure_future(call)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.add_done_callback(_forget)
        raise TimeoutError
    return task.result()


def _forget(task: "asyncio.Future[Any]") -> None:
    task.exception()
