"""The routes of the REST API: each parses, calls one thing and maps its result."""

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import get_args

from botocore.exceptions import BotoCoreError, ClientError

from protocol import recordio
from protocol.translation import ErrorCode, RequestError, TranslationRequest
from translate_api import request_log
from translate_api.answers import MAX_PAYLOAD_BYTES, Answer, answer_too_large, error_answer
from translate_api.clients import Clients
from translate_api.current_model import CurrentModel, Side
from translate_api.endpoint import MAX_REQUEST_BYTES, Endpoint
from translate_api.failures import failure, of_aws_error
from translate_api.http_request import HttpRequest
from translate_api.media_types import MediaType, check_accept, content_type
from translate_api.settings import Settings

Route = Callable[[HttpRequest], Answer]


class TranslateApi:
    """Answers every request, failures included; a caller's mistake never becomes a 5xx."""

    def __init__(self, endpoint: Endpoint, current_model: CurrentModel) -> None:
        self._endpoint = endpoint
        self._current_model = current_model
        self._routes: Mapping[str, Mapping[str, Route]] = {
            "/translate": {"POST": self._translate},
            "/model": {"GET": self._model},
            **{
                f"/vocabulary/{side}": {"GET": partial(self._vocabulary, side)}
                for side in get_args(Side)
            },
        }

    @classmethod
    def create(cls, settings: Settings, clients: Clients) -> "TranslateApi":
        no_model = (
            "no model is deployed yet: start the retraining state machine "
            f"{settings.state_machine_name}, for example with python -m client retrain"
        )
        return cls(
            endpoint=Endpoint(clients.runtime, settings.endpoint_name, no_model),
            current_model=CurrentModel(clients.ssm, clients.s3, settings.model_parameter, no_model),
        )

    def answer(self, request: HttpRequest) -> Answer:
        started = time.perf_counter()
        answer = self._answer(request)
        route = request.path if request.path in self._routes else "unknown"
        request_log.answered(request, route, answer, time.perf_counter() - started)
        return answer

    def _answer(self, request: HttpRequest) -> Answer:
        try:
            return self._routed(request)
        except RequestError as error:
            request_log.refused(request, error)
            return error_answer(error)
        except (ClientError, BotoCoreError) as error:
            request_log.failed(request, error)
            return error_answer(of_aws_error(error))
        except Exception as error:  # noqa: BLE001 - the caller gets our shape whatever happens
            request_log.failed(request, error)
            return error_answer(failure(ErrorCode.INTERNAL))

    def _routed(self, request: HttpRequest) -> Answer:
        methods = self._routes.get(request.path)
        if methods is None:
            known = "POST /translate, GET /model, GET /vocabulary/source and GET /vocabulary/target"
            raise RequestError(f"there is no such path; there are {known}", ErrorCode.NOT_FOUND)
        if request.method in methods:
            return methods[request.method](request)
        allowed = ", ".join(methods)
        refusal = RequestError(f"this path takes {allowed} only", ErrorCode.METHOD_NOT_ALLOWED)
        return error_answer(refusal, {"allow": allowed})

    def _translate(self, request: HttpRequest) -> Answer:
        media_type = content_type(request.header("content-type"))
        check_accept(request.header("accept"), media_type)
        body = request.body()
        _check_body(body, media_type)
        answer = Answer(
            status=HTTPStatus.OK,
            body=self._endpoint.invoke(body, media_type),
            content_type=media_type,
            binary=media_type is MediaType.RECORDIO,
        )
        if not answer.fits():
            raise answer_too_large(answer)
        return answer

    def _model(self, _request: HttpRequest) -> Answer:
        content = json.dumps(self._current_model.description(), ensure_ascii=False)
        return Answer(status=HTTPStatus.OK, body=content.encode())

    def _vocabulary(self, side: Side, _request: HttpRequest) -> Answer:
        vocabulary = self._current_model.vocabulary(side, MAX_PAYLOAD_BYTES)
        if vocabulary.content is not None:
            answer = Answer(status=HTTPStatus.OK, body=vocabulary.content)
            if answer.fits():
                return answer
        return Answer(
            status=HTTPStatus.SEE_OTHER,
            body=json.dumps({"location": vocabulary.url}).encode(),
            headers={"location": vocabulary.url, "cache-control": "no-store"},
        )


def _check_body(body: bytes, media_type: MediaType) -> None:
    """Find the caller's mistakes before they cost a call of the endpoint."""
    if len(body) > MAX_REQUEST_BYTES:
        raise RequestError(
            f"the body has {len(body)} bytes; at most {MAX_REQUEST_BYTES} pass",
            ErrorCode.TOO_LARGE,
        )
    if media_type is MediaType.JSON:
        TranslationRequest.parse(body)
    else:
        _check_records(body)


def _check_records(body: bytes) -> None:
    if not body:
        raise RequestError("the body must hold at least one record")
    try:
        for index, payload in enumerate(recordio.read_frames(BytesIO(body))):
            _check_record(payload, index)
    except recordio.RecordIOError as error:
        raise RequestError(str(error)) from error


def _check_record(payload: bytes, index: int) -> None:
    try:
        recordio.decode_record(payload)
    except recordio.RecordIOError as error:
        raise RequestError(f"record {index}: {error}") from error
