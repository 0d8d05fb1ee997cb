"""Finds a request's route in a table, and turns every failure into an answer of one shape."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from botocore.exceptions import BotoCoreError, ClientError

from protocol.translation import ErrorCode, RequestError
from translate_api import request_log, request_metrics
from translate_api.answers import Answer, error_answer
from translate_api.cross_origin import CrossOrigin
from translate_api.failures import failure, of_aws_error
from translate_api.http_request import HttpRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """What answers one method of one path."""

    handle: Callable[[HttpRequest], Answer]
    """May raise `RequestError`, and any error of botocore."""
    refuse: Callable[[RequestError], Answer] = error_answer
    """An API that speaks for another one gives its errors that one's shape."""


Routes = Mapping[str, Mapping[str, Route]]
"""By path, then by method."""


class Router:
    """Answers every request, failures included; a caller's mistake never becomes a 5xx."""

    def __init__(self, routes: Routes, cross_origin: CrossOrigin | None = None) -> None:
        self._routes = routes
        self._cross_origin = cross_origin or CrossOrigin()

    def answer(self, request: HttpRequest) -> Answer:
        started = time.perf_counter()
        answer = self._answer(request)
        if self._cross_origin.is_on:
            headers = {**answer.headers, **self._cross_origin.headers(request)}
            answer = replace(answer, headers=headers)
        route = request.path if request.path in self._routes else "unknown"
        seconds = time.perf_counter() - started
        request_log.answered(request, route, answer, seconds)
        request_metrics.answered(answer, seconds)
        return answer

    def _answer(self, request: HttpRequest) -> Answer:
        methods = self._routes.get(request.path)
        if methods is None:
            known = ", ".join(
                f"{method} {path}" for path, methods in self._routes.items() for method in methods
            )
            message = f"there is no such path; there are {known}"
            return error_answer(RequestError(message, ErrorCode.NOT_FOUND))
        if request.method in methods:
            return _answered(methods[request.method], request)
        if request.method == "HEAD" and "GET" in methods:
            return replace(_answered(methods["GET"], request), body=b"", binary=False)
        return self._of_another_method(request, methods)

    def _of_another_method(self, request: HttpRequest, methods: Mapping[str, Route]) -> Answer:
        allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]
        if self._cross_origin.is_on:
            if request.method == "OPTIONS":
                return self._cross_origin.preflight(request, allowed)
            allowed.append("OPTIONS")
        message = f"this path takes {', '.join(allowed)} only"
        refusal = RequestError(message, ErrorCode.METHOD_NOT_ALLOWED)
        return error_answer(refusal, {"allow": ", ".join(allowed)})


def _answered(route: Route, request: HttpRequest) -> Answer:
    try:
        return route.handle(request)
    except RequestError as error:
        request_log.refused(request, error)
        return route.refuse(error)
    except (ClientError, BotoCoreError) as error:
        request_log.failed(request, error)
        return route.refuse(of_aws_error(error))
    except Exception as error:  # noqa: BLE001 - the caller gets our shape whatever happens
        request_log.failed(request, error)
        return route.refuse(failure(ErrorCode.INTERNAL))
