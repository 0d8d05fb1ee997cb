"""The function's real AWS client before a server that counts connections."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.functional.serving_thread import serving
from translate_api import endpoint as endpoint_module
from translate_api.answers import Answer
from translate_api.clients import Clients
from translate_api.http_request import HttpRequest
from translate_api.routes import compose
from translate_api.settings import Settings

ANSWER = json.dumps({"predictions": [{"target": "HALLO"}]}).encode()
SETTINGS = Settings(endpoint_name="translation", model_parameter="/m", state_machine_name="r")


class Runtime(ThreadingHTTPServer):
    """Stands for SageMaker's runtime; can drop a connection's second request, or never answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.num_connections = 0
        self.drops_second_requests = False
        self.never_answers = False
        self.is_over = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Runtime
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.num_connections += 1
        self.num_requests = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.num_requests += 1
        if self.server.never_answers:
            self.server.is_over.wait(20)
        drops = self.num_requests > 1 and self.server.drops_second_requests
        if self.server.never_answers or drops:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    server = Runtime()
    for name, value in {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example-secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    with serving(server):
        yield server
        server.is_over.set()


def calls(number: int) -> list[Answer]:
    """The answers of one process to as many requests, one after the other."""
    function = compose(SETTINGS, Clients())
    event = {
        "httpMethod": "POST",
        "resource": "/translate",
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"instances": [{"data": "hello"}]}),
    }
    return [function.answer(HttpRequest.from_event(event)) for _ in range(number)]


def test_calls_of_the_endpoint_share_a_connection(runtime: Runtime) -> None:
    assert [answer.body for answer in calls(3)] == [ANSWER] * 3
    assert runtime.num_connections == 1


def test_a_connection_that_the_other_end_dropped_costs_no_answer(runtime: Runtime) -> None:
    runtime.drops_second_requests = True
    assert [answer.body for answer in calls(3)] == [ANSWER] * 3
    assert runtime.num_connections == 3


def test_an_endpoint_that_never_answers_is_given_up(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_module, "ANSWER_SECONDS", (0.2,))
    runtime.never_answers = True
    (answer,) = calls(1)
    assert (answer.status, answer.code) == (504, "timeout")
    assert runtime.num_connections == 1
