"""Other services' APIs as routes of this one: their requests, this service's translation."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from existing_clients.adapter import Adapter, Operation, Service
from existing_clients.languages import LanguagePair
from protocol.translation import RequestError
from translate_api.answers import Answer, answer_too_large, error_answer, json_answer
from translate_api.http_request import HttpRequest
from translate_api.media_types import MediaType
from translate_api.routing import Route, Routes
from translate_api.settings import Settings
from translate_api.translation import Translation

LANGUAGES_SECONDS = 60
"""A promotion to a model of other languages is seen after this long."""
Description = Callable[[], Mapping[str, Any]]


def adapter_routes(
    settings: Settings, translation: Translation, description: Description
) -> Routes:
    """The routes of the adapters that the owner has turned on."""
    backend = _Backend(translation=translation, languages=ServedLanguages(description))
    return {
        path: {
            method: Route(
                handle=partial(_answer, operation, backend), refuse=partial(_refusal, adapter)
            )
            for method, operation in methods.items()
        }
        for adapter in _wanted(settings)
        for path, methods in adapter.operations.items()
    }


class ServedLanguages:
    """The pair that the current model translates; looking it up takes two calls, so it is kept."""

    def __init__(
        self, description: Description, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._description = description
        self._clock = clock
        self._known: LanguagePair | None = None
        self._looked_up = 0.0

    def pair(self) -> LanguagePair:
        """The languages as they were at most `LANGUAGES_SECONDS` ago.

        Raises:
            RequestError: (no_model) nothing has been promoted yet.
        """
        now = self._clock()
        if self._known is None or now - self._looked_up > LANGUAGES_SECONDS:
            described = self._description()
            self._known = LanguagePair(
                source=described["source_language"], target=described["target_language"]
            )
            self._looked_up = now
        return self._known


@dataclass(frozen=True, kw_only=True, slots=True)
class _Backend:
    """What every adapter of a process works with."""

    translation: Translation
    languages: ServedLanguages

    def service(self, request: HttpRequest) -> Service:
        """The service in the time that is left to this request."""
        translate = partial(_predictions, self.translation, request.received)
        return Service(languages=self.languages.pair, translate=translate)


def _wanted(settings: Settings) -> list[Adapter]:
    # Hardly any service speaks for others, and every module makes a cold start longer.
    adapters: list[Adapter] = []
    if settings.deepl_api:
        from deepl_api.adapter import DEEPL  # noqa: PLC0415

        adapters.append(DEEPL)
    if settings.libretranslate_api:
        from libretranslate_api.adapter import LIBRETRANSLATE  # noqa: PLC0415

        adapters.append(LIBRETRANSLATE)
    return adapters


def _predictions(
    translation: Translation, received: float, instances: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    # A lone surrogate is the caller's mistake, which is found where the body is read.
    text = json.dumps({"instances": instances}, ensure_ascii=False)
    body = text.encode("utf-8", errors="surrogatepass")
    answer = json.loads(translation.translate(body, MediaType.JSON, received))
    predictions: list[dict[str, Any]] = answer["predictions"]
    return predictions


def _answer(operation: Operation, backend: _Backend, request: HttpRequest) -> Answer:
    answer = json_answer(operation(request, backend.service(request)))
    if not answer.fits():
        raise answer_too_large(answer)
    return answer


def _refusal(adapter: Adapter, error: RequestError) -> Answer:
    answer = error_answer(error)
    message = json.loads(answer.body)["message"]
    content = adapter.error_content(RequestError(message, error.code))
    return replace(answer, body=json.dumps(content, ensure_ascii=False).encode())
