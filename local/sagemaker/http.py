"""SageMaker over HTTP: the control plane's JSON protocol and the runtime's invocations."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from local.sagemaker.control_plane import ControlPlane
from local.sagemaker.errors import ModelError, SageMakerError, ValidationError
from local.sagemaker.permissions import Need, needs
from local.sagemaker.proxy import invoke

logger = logging.getLogger(__name__)
HttpAnswer = tuple[int, dict[str, str], bytes]
Authorize = Callable[[Mapping[str, str], Need], None]
"""Raises AccessDeniedError when the caller of a request with these headers lacks a permission."""
_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")
_CONTROL_TYPE = "application/x-amz-json-1.1"


class SageMakerHttp:
    """Answers what the emulator routes to SageMaker."""

    def __init__(self, control_plane: ControlPlane, authorize: Authorize) -> None:
        self._control_plane = control_plane
        self._authorize = authorize

    async def __call__(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        _query: dict[str, list[str]],
    ) -> HttpAnswer:
        """One request, in the emulator's terms."""
        found = _INVOCATION.fullmatch(path)
        if found and method == "POST":
            return await self._invocation(unquote(found[1]), headers, body)
        return await self._operation(headers, body)

    async def _operation(self, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            request = _parsed(body)
            for need in needs(self._control_plane.host, operation, request):
                self._authorize(headers, need)
            answer = await asyncio.to_thread(self._control_plane.call, operation, request)
        except SageMakerError as error:
            content = {"__type": error.code, "message": error.message}
            return error.status, {"Content-Type": _CONTROL_TYPE}, _encoded(content)
        return 200, {"Content-Type": _CONTROL_TYPE}, _encoded(answer)

    async def _invocation(self, name: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        host = self._control_plane.host
        try:
            self._authorize(
                headers,
                Need(action="sagemaker:InvokeEndpoint", resource=host.arn("endpoint", name)),
            )
            answer = await invoke(self._control_plane.hosting.invoked(name), headers, body)
        except SageMakerError as error:
            return _runtime_error(error)
        own = {
            "Content-Type": answer.content_type,
            "x-Amzn-Invoked-Production-Variant": answer.variant,
        }
        return 200, {**answer.headers, **own}, answer.body


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise ValidationError(f"the request is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise ValidationError("the request is not a JSON object")
    return request


def _encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _runtime_error(error: SageMakerError) -> HttpAnswer:
    content: dict[str, Any] = {"Message": error.message}
    if isinstance(error, ModelError):
        content["OriginalStatusCode"] = error.original_status
        content["OriginalMessage"] = error.original_message
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return error.status, headers, _encoded(content)
