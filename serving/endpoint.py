"""SageMaker's hosting contract, whatever HTTP server stands in front."""

import asyncio
import gc
import logging
from collections.abc import Callable
from dataclasses import replace

from protocol.translation import ErrorCode, RequestError
from serving.content_types import negotiate
from serving.http_messages import HttpRequest, HttpResponse
from serving.model import ServedModel
from serving.service import TranslationService
from serving.settings import BYTES_PER_MB, MAX_PAYLOAD_IN_FLIGHT_MB, ServingSettings

METHODS = {
    "/ping": ("GET", "HEAD"),
    "/invocations": ("POST",),
    "/execution-parameters": ("GET", "HEAD"),
}
Respond = Callable[[HttpResponse], None]

logger = logging.getLogger(__name__)


class Endpoint:
    """Answers requests; loads the model in the background once it has started."""

    def __init__(
        self,
        settings: ServingSettings,
        *,
        load: Callable[[ServingSettings], ServedModel] | None = None,
        on_load_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings = settings
        self._load_model = load or load_tried_model
        self._on_load_failure = on_load_failure
        self._service: TranslationService | None = None
        self._loading: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to load the model, within the event loop that will handle requests."""
        self._loading = asyncio.get_running_loop().create_task(self._load())

    async def stop(self, timeout: float) -> bool:
        """Wait for the loading of the model and for running calls; whether all ended in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        if self._loading is not None:
            _, unfinished = await asyncio.wait([self._loading], timeout=timeout)
            if unfinished:
                return False
        if self._service is None:
            return True
        return await asyncio.to_thread(self._service.close, max(0.0, deadline - loop.time()))

    def handle(self, request: HttpRequest, respond: Respond) -> None:
        """Answer a request; `respond` is called once, here or later. Nothing is raised."""
        try:
            response = self._handle(request, respond)
        except Exception as error:  # noqa: BLE001 - every request has an answer
            response = error_response(error)
        if response is not None:
            respond(response)

    def _handle(self, request: HttpRequest, respond: Respond) -> HttpResponse | None:
        """The answer, or nothing when it will come later."""
        methods = METHODS.get(request.path)
        if methods is None:
            return HttpResponse.error(
                f"{request.method} {request.path}: Not Found", ErrorCode.NOT_FOUND
            )
        if request.method not in methods:
            return HttpResponse.error(
                f"{request.method} {request.path}: Method Not Allowed",
                ErrorCode.METHOD_NOT_ALLOWED,
                {"allow": ", ".join(methods)},
            )
        if request.path == "/invocations":
            self._invoke(request, respond)
            return None
        if request.path == "/ping":
            return HttpResponse(200 if self._is_healthy else 503)
        return self._execution_parameters()

    @property
    def _is_healthy(self) -> bool:
        return self._service is not None and self._service.is_healthy

    def _invoke(self, request: HttpRequest, respond: Respond) -> None:
        if self._service is None:
            raise RequestError("the model is still being loaded", ErrorCode.NO_MODEL)
        form = negotiate(request.content_type, request.accept)

        def finish(answer: bytes | Exception) -> None:
            if isinstance(answer, Exception):
                respond(error_response(answer))
            else:
                respond(HttpResponse.of(form.content_type, answer))

        self._service.begin(form, request.body, finish)

    def _execution_parameters(self) -> HttpResponse:
        """How batch transform should call: with bodies that are translated within its time."""
        concurrent = min(
            self.settings.num_threads, MAX_PAYLOAD_IN_FLIGHT_MB // self.settings.limits.max_body_mb
        )
        return HttpResponse.json(
            {
                "MaxConcurrentTransforms": max(concurrent, 1),
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": 1,
            }
        )

    async def _load(self) -> None:
        try:
            model = await asyncio.to_thread(self._load_model, self.settings)
            service = TranslationService(model, self.settings)
            service.start()
            # What is there now stays; looking through it again and again would hold up requests.
            gc.collect()
            gc.freeze()
            self._service = service
        except Exception:
            logger.exception("the model in %s cannot be served", self.settings.model_folder)
            self._on_load_failure()


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


def too_large(limit: int) -> HttpResponse:
    """The answer to a body over the limit."""
    message = f"the body is larger than {limit // BYTES_PER_MB} MB"
    return HttpResponse.error(message, ErrorCode.TOO_LARGE)


def error_response(error: Exception) -> HttpResponse:
    """The answer to a request that failed; what is not the caller's mistake is not told."""
    if isinstance(error, RequestError):
        return HttpResponse.error(error.message, error.code)
    response = HttpResponse.error("the endpoint failed on this request", ErrorCode.INTERNAL)
    return replace(response, failure=error)
