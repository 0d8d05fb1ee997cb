"""SageMaker's hosting contract over HTTP: `/ping`, `/invocations`, `/execution-parameters`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from protocol.translation import (
    HTTP_STATUS,
    JSON_CONTENT_TYPE,
    ErrorCode,
    RequestError,
    error_body,
)
from serving.content_types import FORMATS, negotiate
from serving.model import ServedModel
from serving.settings import BYTES_PER_MB, MAX_PAYLOAD_IN_FLIGHT_MB, ServingSettings
from serving.translation_slots import TranslationSlots

RETRY_AFTER_SECONDS = 1
MAX_DISCARDED_BYTES = 128 * BYTES_PER_MB
"""So much of an over-long body is read and dropped, so that its sender gets to read the answer."""

logger = logging.getLogger(__name__)

_CODE_OF_STATUS = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED}


def create_application(
    settings: ServingSettings,
    *,
    load: Callable[[ServingSettings], ServedModel] | None = None,
    on_load_failure: Callable[[], None] = lambda: None,
) -> Starlette:
    """The ASGI application; it loads the model in the background once it has started."""
    endpoint = _Endpoint(settings, load or load_tried_model, on_load_failure)
    return Starlette(
        routes=[
            Route("/ping", endpoint.ping, methods=["GET"]),
            Route("/invocations", endpoint.invocations, methods=["POST"]),
            Route("/execution-parameters", endpoint.execution_parameters, methods=["GET"]),
        ],
        exception_handlers={
            RequestError: _request_error,
            HTTPException: _http_exception,
            Exception: _unexpected,
        },
        lifespan=endpoint.lifespan,
    )


class _Endpoint:
    def __init__(
        self,
        settings: ServingSettings,
        load: Callable[[ServingSettings], ServedModel],
        on_load_failure: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._load_model = load
        self._on_load_failure = on_load_failure
        self._slots = TranslationSlots(
            num_threads=settings.num_threads, max_waiting=settings.max_waiting
        )
        self._model: ServedModel | None = None

    @asynccontextmanager
    async def lifespan(self, _application: Starlette) -> AsyncIterator[None]:
        loading = asyncio.create_task(self._load())
        try:
            yield
        finally:
            await loading
            self._slots.close()

    async def _load(self) -> None:
        try:
            self._model = await asyncio.to_thread(self._load_model, self._settings)
        except Exception:
            logger.exception("the model in %s cannot be served", self._settings.model_folder)
            self._on_load_failure()

    async def ping(self, _request: Request) -> Response:
        return Response(status_code=200 if self._model else 503)

    async def execution_parameters(self, _request: Request) -> Response:
        megabytes = self._settings.max_body_mb
        concurrent = min(self._settings.num_threads, MAX_PAYLOAD_IN_FLIGHT_MB // megabytes)
        return JSONResponse(
            {
                "MaxConcurrentTransforms": max(concurrent, 1),
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": megabytes,
            }
        )

    async def invocations(self, request: Request) -> Response:
        headers = request.headers
        try:
            body = await _read_body(request, self._settings.max_body_bytes)
        except ClientDisconnect:
            return Response(status_code=400)
        if self._model is None:
            raise RequestError("the model is still being loaded", ErrorCode.NO_MODEL)
        chosen = negotiate(headers.get("content-type", ""), ",".join(headers.getlist("accept")))
        answer = await self._slots.run(FORMATS[chosen], self._model, body)
        return Response(answer, media_type=chosen)


def load_tried_model(settings: ServingSettings) -> ServedModel:
    """Load the model and let it translate one of its samples, so that it is known to work.

    Raises:
        ValueError: the model folder is not usable; the message names the file.
    """
    model = ServedModel.load(settings.model_folder, settings.translator)
    model.translate_sample()
    logger.info(
        "serving the model of training job %s on %s",
        model.manifest.training_job,
        model.translator.description,
    )
    return model


async def _read_body(request: Request, limit: int) -> bytes:
    """The whole body; of one over the limit nothing is kept."""
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= limit:
            chunks.append(chunk)
        elif length > MAX_DISCARDED_BYTES:
            break
    if length > limit:
        raise RequestError(
            f"the body is larger than {limit // BYTES_PER_MB} MB", ErrorCode.TOO_LARGE
        )
    return b"".join(chunks)


def _error_response(message: str, code: ErrorCode) -> Response:
    status = HTTP_STATUS[code]
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
    return Response(
        error_body(message, code), status, headers=headers, media_type=JSON_CONTENT_TYPE
    )


async def _request_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)  # noqa: S101 - Starlette registers it by this type
    return _error_response(error.message, error.code)


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    code = _CODE_OF_STATUS.get(error.status_code, ErrorCode.BAD_REQUEST)
    response = _error_response(f"{request.method} {request.url.path}: {error.detail}", code)
    response.headers.update(error.headers or {})
    return response


async def _unexpected(_request: Request, _error: Exception) -> Response:
    """Starlette raises the exception again afterwards, so that the server logs its traceback."""
    return _error_response("the endpoint failed on this request", ErrorCode.INTERNAL)
