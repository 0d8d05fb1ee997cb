"""API Gateway's own behaviour where ministack 1.5.33 differs from it."""

import asyncio
import contextlib
import gzip
import json
import zlib
from contextvars import ContextVar
from typing import Any

from local.emulator import request_validation

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024
MAX_EVENT_BYTES = 6 * 1024 * 1024
DEFAULT_TIMEOUT_SECONDS = 29.0
_WINDOWS = {"gzip": 31, "deflate": 15}
_request_id: ContextVar[str] = ContextVar("request_id", default="")


def install() -> None:
    """Change ministack's REST APIs."""
    from ministack.services import apigateway_v1 as gateway  # noqa: PLC0415 - environment

    request_validation.install(gateway)
    _read_the_first_accepted_type(gateway)
    _guard_execution(gateway)
    _guard_invocation(gateway)
    _keep_the_status_of_a_failed_function(gateway)


def _read_the_first_accepted_type(gateway: Any) -> None:
    # ministack compares the whole Accept header; AWS decides by its first media type.
    original = gateway._media_type_matches

    def matches(media_type: str | None, binary_types: list[str] | None) -> bool:
        return bool(original((media_type or "").split(",", 1)[0], binary_types))

    gateway._media_type_matches = matches


def _guard_execution(gateway: Any) -> None:
    # ministack keeps no limit on the payload, neither unzips nor compresses, and gives a request
    # one id in the event and another in the answer.
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
        _request_id.set(request["request_id"])
        if len(body or b"") > MAX_PAYLOAD_BYTES:
            return _too_large(gateway)
        smallest = (gateway._rest_apis.get(api_id) or {}).get("minimumCompressionSize")
        coding = headers.get("content-encoding", "identity").strip().lower()
        if smallest is not None and coding != "identity":
            plain = _unzipped(body, coding)
            if plain is None:
                return gateway._gw_error("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
            if len(plain) > MAX_PAYLOAD_BYTES:
                return _too_large(gateway)
            body = plain
            headers = {key: value for key, value in headers.items() if key != "content-encoding"}
        answer = await original(request, api_id, stage, method, path, headers, body, *rest)
        if not isinstance(answer, tuple):
            return answer
        answer[1]["x-amzn-requestid"] = request["request_id"]
        return _compressed(answer, smallest, headers.get("accept-encoding", ""))

    gateway._execute_in_scope = execute


def _unzipped(body: bytes, coding: str = "gzip") -> bytes | None:
    """The body, at most one byte over the limit; None when it is not of this coding."""
    if coding not in _WINDOWS:
        return None
    inflater = zlib.decompressobj(_WINDOWS[coding])
    try:
        return inflater.decompress(body, MAX_PAYLOAD_BYTES + 1)
    except zlib.error:
        return None


def _compressed(answer: Any, smallest: int | None, accepted: str) -> Any:
    status, headers, body = answer
    codings = {coding.split(";")[0].strip().lower() for coding in accepted.split(",")}
    if smallest is None or "gzip" not in codings or len(body) < max(smallest, 1):
        return answer
    return status, headers | {"Content-Encoding": "gzip"}, gzip.compress(body, compresslevel=6)


def _too_large(gateway: Any) -> Any:
    return gateway._gw_error("REQUEST_TOO_LARGE", "Request Too Long")


def _guard_invocation(gateway: Any) -> None:
    # ministack waits for a function as long as it runs, and keeps no limit on events and answers.
    original = gateway._invoke_lambda_proxy_v1
    build, answer = gateway._build_lambda_event_v1, gateway._lambda_proxy_response

    def build_event(*positional: Any, **named: Any) -> Any:
        event = build(*positional, **named)
        event["requestContext"]["requestId"] = _request_id.get()
        if _lambda_bytes(event) > MAX_EVENT_BYTES:
            raise _EventTooLargeError
        return event

    def proxy_response(result: Any) -> Any:
        response, error = answer(result)
        if error or not isinstance(response, dict) or _lambda_bytes(response) > MAX_EVENT_BYTES:
            raise _FunctionFailedError
        return response, None

    async def invoke(integration: dict[str, Any], *rest: Any, **named: Any) -> Any:
        try:
            call = original(integration, *rest, **named)
            return await _within(call, _timeout(integration))
        except TimeoutError:
            return gateway._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        except _EventTooLargeError:
            return _too_large(gateway)
        except _FunctionFailedError:
            return gateway._gw_error("DEFAULT_5XX", "Internal server error")

    gateway._build_lambda_event_v1 = build_event
    gateway._lambda_proxy_response = proxy_response
    gateway._invoke_lambda_proxy_v1 = invoke


class _EventTooLargeError(Exception):
    """Lambda takes 6 MB."""


class _FunctionFailedError(Exception):
    """A function that raises, ends or answers with more than 6 MB."""


def _lambda_bytes(content: dict[str, Any]) -> int:
    """An event's or an answer's size as Lambda counts it; a text's quotes are escaped once more."""
    return len(json.dumps(content, ensure_ascii=False).encode("utf-8", errors="surrogatepass"))


def _keep_the_status_of_a_failed_function(gateway: Any) -> None:
    # A response of DEFAULT_5XX that names no status has the failure's own, which is 502 here.
    original = gateway._default_gateway_response

    def default_response(response_type: str) -> dict[str, Any]:
        response: dict[str, Any] = original(response_type)
        return {"statusCode": "502", **response} if response_type == "DEFAULT_5XX" else response

    gateway._default_gateway_response = default_response


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
