"""The routes of the service's own API: each parses, calls one thing and maps its result."""

from collections.abc import Mapping
from functools import cache, partial
from http import HTTPStatus
from typing import get_args

from translate_api.adapters import adapter_routes
from translate_api.answers import MAX_PAYLOAD_BYTES, Answer, json_answer
from translate_api.clients import AwsClients
from translate_api.cross_origin import CrossOrigin
from translate_api.current_model import CurrentModel, Side
from translate_api.endpoint import Endpoint
from translate_api.http_request import HttpRequest
from translate_api.routing import Route, Router, Routes
from translate_api.settings import Settings
from translate_api.translation import Translation


def compose(settings: Settings, clients: AwsClients) -> Router:
    """The whole API over these clients."""
    no_model = (
        "no model is deployed yet: start the retraining state machine "
        f"{settings.state_machine_name}, for example with python -m client retrain"
    )
    endpoint = Endpoint(clients.runtime, settings.endpoint_name, no_model)
    current_model = CurrentModel(clients, settings.model_parameter, no_model)
    translation = Translation(endpoint)
    routes = {
        **own_routes(translation, current_model),
        **adapter_routes(settings, translation, current_model.description),
    }
    return Router(routes, CrossOrigin(settings.cors_origins))


def own_routes(translation: Translation, current_model: CurrentModel) -> Routes:
    """What docs/openapi.json describes."""
    return {
        "/translate": {"POST": Route(handle=translation.answer)},
        "/model": {"GET": Route(handle=partial(_model, current_model))},
        **{
            f"/vocabulary/{side}": {"GET": Route(handle=partial(_vocabulary, current_model, side))}
            for side in get_args(Side)
        },
        "/openapi.json": {"GET": Route(handle=_openapi)},
    }


def _model(current_model: CurrentModel, _request: HttpRequest) -> Answer:
    return json_answer(current_model.description())


def _vocabulary(current_model: CurrentModel, side: Side, _request: HttpRequest) -> Answer:
    vocabulary = current_model.vocabulary(side, MAX_PAYLOAD_BYTES)
    if vocabulary.content is not None:
        answer = Answer(status=HTTPStatus.OK, body=vocabulary.content)
        if answer.fits():
            return answer
    headers: Mapping[str, str] = {"location": vocabulary.url, "cache-control": "no-store"}
    return json_answer({"location": vocabulary.url}, status=HTTPStatus.SEE_OTHER, headers=headers)


def _openapi(_request: HttpRequest) -> Answer:
    return Answer(status=HTTPStatus.OK, body=_openapi_document())


@cache
def _openapi_document() -> bytes:
    # Hardly any process is asked for it.
    from translate_api import openapi  # noqa: PLC0415

    return openapi.text().encode()
