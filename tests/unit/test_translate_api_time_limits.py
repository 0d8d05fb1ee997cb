"""The longest that each path of the function can take, from the limits that its clients have."""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.retries.standard import ExponentialBackoff

from protocol.artifacts import MANIFEST_FORMAT_VERSION
from protocol.translation import ErrorCode
from stacks.api.stack import FUNCTION_SECONDS
from tests.unit.test_translate_api_settings import ENVIRONMENT
from translate_api.adapters import adapter_routes
from translate_api.answers import Answer
from translate_api.clients import ANSWER_SECONDS, Clients
from translate_api.endpoint import OVER_AFTER_SECONDS, STALE_CONNECTION_SECONDS
from translate_api.http_request import HttpRequest
from translate_api.routes import compose, own_routes
from translate_api.routing import Router
from translate_api.settings import Settings

URL = "https://service.example"
SETTINGS = Settings.from_environment(
    ENVIRONMENT | {"DEEPL_API": "true", "LIBRETRANSLATE_API": "true"}
)
BODIES = {
    "/translate": {"instances": [{"data": "you"}]},
    "/v2/translate": {"text": ["you"], "target_lang": "DE"},
    "/v2/languages": {"type": "target"},
    "/libretranslate/translate": {"q": "you", "source": "en", "target": "de"},
}
MANIFEST = {
    "source_language": "en",
    "target_language": "de",
    "training_job": "job-7",
    "created_at": "2026-11-22T15:00:00Z",
    "metrics": {},
    "hyperparameters": {},
    "num_parameters": 7,
    "source_vocabulary_size": 5,
    "target_vocabulary_size": 5,
    "max_source_length": 100,
    "max_decoding_length": 120,
    "beam_size": 5,
    "format_version": MANIFEST_FORMAT_VERSION,
}
NOTHING: Any = None
UNUSED: Any = SimpleNamespace(answer=None, description=None)
ROUTES = [
    (method, path)
    for table in (own_routes(UNUSED, UNUSED), adapter_routes(SETTINGS, NOTHING, NOTHING))
    for path, methods in table.items()
    for method in methods
]


class SlowAws:
    """Look-ups take a share of the time that their clients allow; the endpoint never answers."""

    def __init__(self, clients: Clients, share: float) -> None:
        self.now = 1000.0
        self.waited: list[float] = []
        self._share = share
        self._clients = clients
        self._is_stale = True

    @property
    def ssm(self) -> "SlowAws":
        return self

    s3 = ssm

    def runtime(self, answer_seconds: float) -> SimpleNamespace:
        client = self._clients.runtime(answer_seconds)
        return SimpleNamespace(invoke_endpoint=lambda **_: self._never_answer(client.meta.config))

    def get_parameter(self, **_: Any) -> dict[str, Any]:
        self._pass(self._clients.ssm.meta.config)
        value = {"model_data": "", "description": "s3://b/d/", "engine": "pytorch"}
        return {"Parameter": {"Value": json.dumps(value)}}

    def get_object(self, **_: Any) -> dict[str, Any]:
        config = self._clients.s3.meta.config
        self._pass(config)
        body = io.BytesIO(json.dumps(MANIFEST).encode())
        self.now += self._share * config.read_timeout
        return {"ContentLength": len(body.getvalue()), "Body": body}

    def generate_presigned_url(self, *_: Any, **__: Any) -> str:
        return URL

    def _pass(self, config: Any) -> None:
        attempts = config.retries["total_max_attempts"]
        backoff = ExponentialBackoff(random=lambda: 1)
        pauses = sum(
            backoff.delay_amount(SimpleNamespace(attempt_number=number))
            for number in range(1, attempts)
        )
        once = config.connect_timeout + config.read_timeout
        self.now += self._share * (attempts * once + pauses)

    def _never_answer(self, config: Any) -> None:
        assert config.retries["total_max_attempts"] == 1
        if self._is_stale:
            self._is_stale = False
            self.now += STALE_CONNECTION_SECONDS
            raise ConnectionClosedError(endpoint_url=URL)
        self.waited.append(config.read_timeout)
        self.now += config.connect_timeout + config.read_timeout
        raise ReadTimeoutError(endpoint_url=URL)


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patched.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
        yield Clients()


def answered(aws: SlowAws, router: Router, method: str, path: str, late: float = 0) -> Answer:
    """The answer to a request that the function turns to so many seconds after it came."""
    event = {
        "httpMethod": method,
        "resource": path,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(BODIES.get(path, {})),
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: aws.now)
        request = replace(HttpRequest.from_event(event), received=aws.now)
        aws.now += late
        return router.answer(request)


@pytest.mark.parametrize("share", [0, 0.02, 0.1, 0.2, 0.4, 0.5, 0.7, 1])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_path_ends_with_an_answer_before_lambda_ends_the_function(
    clients: Clients, method: str, path: str, share: float
) -> None:
    aws = SlowAws(clients, share)
    started = aws.now

    answer = answered(aws, compose(SETTINGS, aws), method, path)

    assert aws.now - started <= OVER_AFTER_SECONDS < FUNCTION_SECONDS
    if path.endswith("/translate"):
        expected = ErrorCode.TIMEOUT if aws.waited else ErrorCode.OVERLOADED
        assert (answer.code, json.loads(answer.body)["code"]) == (expected, expected)
    else:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("late", "waited"),
    [
        (0.4, ANSWER_SECONDS[0]),
        (0.6, ANSWER_SECONDS[1]),
        (6.9, ANSWER_SECONDS[1]),
        (7.1, ANSWER_SECONDS[2]),
        (14.9, ANSWER_SECONDS[2]),
        (15.1, None),
    ],
)
def test_the_endpoint_gets_the_time_that_is_left(
    clients: Clients, late: float, waited: float | None
) -> None:
    aws = SlowAws(clients, 0)

    answer = answered(aws, compose(SETTINGS, aws), "POST", "/translate", late)

    assert aws.waited == ([waited] if waited else [])
    assert answer.headers.get("retry-after") == (None if waited else "2")


def test_after_a_slow_look_up_the_next_request_has_all_its_time(clients: Clients) -> None:
    aws = SlowAws(clients, 1)
    router = compose(SETTINGS, aws)

    first = answered(aws, router, "POST", "/v2/translate")
    second = answered(aws, router, "POST", "/v2/translate")

    assert (first.code, second.code) == (ErrorCode.OVERLOADED, ErrorCode.TIMEOUT)
    assert aws.waited == [ANSWER_SECONDS[0]]
