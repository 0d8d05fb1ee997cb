import io
import json
import socket
import time
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from protocol.translation import HTTP_STATUS, ErrorCode, RequestError
from translate_api import endpoint as endpoint_module
from translate_api import request_log
from translate_api.endpoint import Endpoint
from translate_api.media_types import MediaType

NO_MODEL = "no model: start the retraining"
URL = "https://runtime.example"


class FakeRuntime:
    """Raises what it was given, one failure a call, and then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.num_calls = 0

    def invoke_endpoint(self, **_request: Any) -> dict[str, Any]:
        self.num_calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return {"Body": io.BytesIO(b"answer")}


TRACE = "Root=1-6921d3c0-2f1c6c0e4f3a5b6c7d8e9f00;Parent=53995c3f42cd8ad8;Sampled=1"


def aws_error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "InvokeEndpoint")


def model_error(status: object, original: object = "", message: str = "") -> ClientError:
    response = {
        "Error": {"Code": "ModelError", "Message": message},
        "OriginalStatusCode": status,
        "OriginalMessage": original,
        "LogStreamArn": "arn:aws:logs:eu-central-1:111122223333:log-group:x",
    }
    return ClientError(response, "InvokeEndpoint")


def invoked(runtime: FakeRuntime) -> bytes:
    endpoint = Endpoint(lambda _seconds: runtime, "translation", NO_MODEL)
    return endpoint.invoke(b"{}", MediaType.JSON, time.monotonic())


def refusal(*failures: Exception) -> RequestError:
    with pytest.raises(RequestError) as caught:
        invoked(FakeRuntime(*failures))
    return caught.value


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (aws_error("ThrottlingException", "Rate exceeded"), 429, "throttled"),
        (aws_error("ServiceUnavailable"), 503, "overloaded"),
        (aws_error("ModelNotReadyException"), 503, "overloaded"),
        (aws_error("InternalDependencyException"), 503, "overloaded"),
        (aws_error("InternalFailure"), 500, "internal"),
        (aws_error("AccessDeniedException"), 500, "internal"),
        (aws_error("ValidationError", "Endpoint x of account 1 not found."), 503, "no_model"),
        (aws_error("ValidationException", "Endpoint x is Creating"), 503, "no_model"),
        (aws_error("ValidationError", "Endpoint x is in state Failed"), 503, "no_model"),
        (aws_error("ValidationError", "length less than or equal to 6291456"), 413, "too_large"),
        (aws_error("ValidationError", "something else"), 500, "internal"),
        (model_error(503), 503, "overloaded"),
        (model_error(504), 504, "timeout"),
        (model_error(429), 429, "throttled"),
        (model_error(500), 500, "internal"),
        (model_error(None), 500, "internal"),
        (model_error(0), 504, "timeout"),
        (model_error(500, message="Your invocation timed out while waiting"), 504, "timeout"),
        (model_error(400), 400, "bad_request"),
        (model_error(413), 413, "too_large"),
        (model_error(415), 415, "unsupported_media_type"),
        (model_error(418), 400, "bad_request"),
        (ReadTimeoutError(endpoint_url=URL), 504, "timeout"),
        (ConnectTimeoutError(endpoint_url=URL), 504, "timeout"),
        (EndpointConnectionError(endpoint_url=URL), 503, "overloaded"),
    ],
)
def test_each_failure_has_its_status_and_code(failure: Exception, status: int, code: str) -> None:
    error = refusal(failure)

    assert (HTTP_STATUS[error.code], error.code) == (status, code)


def test_without_a_model_the_message_says_what_to_start() -> None:
    assert refusal(aws_error("ValidationError", "Endpoint x not found")).message == NO_MODEL


def test_the_serving_process_explains_a_callers_mistake_in_its_own_words() -> None:
    original = json.dumps({"message": "instances[3] has 900 words", "code": "too_large"})

    error = refusal(model_error(413, original))

    assert (error.code, error.message) == (ErrorCode.TOO_LARGE, "instances[3] has 900 words")


@pytest.mark.parametrize(
    ("status", "code"), [(503, ErrorCode.OVERLOADED), (504, ErrorCode.TIMEOUT)]
)
def test_a_full_or_slow_serving_process_explains_itself_too(status: int, code: ErrorCode) -> None:
    original = json.dumps({"message": "64 requests wait already", "code": str(code)})

    error = refusal(model_error(status, original))

    assert (error.code, error.message) == (code, "64 requests wait already")


@pytest.mark.parametrize(
    "original",
    [
        '{"message": "Traceback: /opt/ml", "code": "internal"}',
        '{"message": "Traceback: /opt/ml", "code": "unheard_of"}',
        '{"message": "Traceback: /opt/ml"}',
        '["Traceback: /opt/ml"]',
        "Traceback: /opt/ml",
        "[" * 100_000,
        None,
    ],
)
def test_words_of_another_shape_are_not_passed_on(original: object) -> None:
    error = refusal(model_error(400, original))

    assert error.code is ErrorCode.BAD_REQUEST
    assert error.message == "the model refused the request"


def test_a_failure_of_the_model_is_not_passed_on_even_in_the_right_shape() -> None:
    original = json.dumps({"message": "Traceback: /opt/ml", "code": "internal"})

    assert "Traceback" not in refusal(model_error(500, original)).message


def test_a_stale_connection_is_tried_once_more() -> None:
    stale = ConnectionClosedError(endpoint_url=URL)
    runtime = FakeRuntime(stale)

    assert invoked(runtime) == b"answer"
    assert runtime.num_calls == 2
    assert refusal(stale, stale).code is ErrorCode.OVERLOADED


def test_a_connection_that_breaks_late_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "STALE_CONNECTION_SECONDS", -1.0)
    runtime = FakeRuntime(ConnectionClosedError(endpoint_url=URL))

    with pytest.raises(RequestError) as caught:
        invoked(runtime)
    assert caught.value.code is ErrorCode.OVERLOADED
    assert runtime.num_calls == 1


def test_a_call_is_traced_with_what_the_caller_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{daemon.getsockname()[1]}")
        monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
        invoked(FakeRuntime())
        refusal(model_error(503))
        segments = [json.loads(daemon.recv(10_000).split(b"\n", 1)[1]) for _ in range(2)]

    assert [segment["annotations"]["code"] for segment in segments] == ["ok", "overloaded"]
    assert {segment["parent_id"] for segment in segments} == {"53995c3f42cd8ad8"}


@pytest.mark.parametrize(
    "daemon",
    [
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:port",
        "127.0.0.1:99999",
        "256.1.1.1:2000",
        "[::1]:2000",
    ],
)
def test_an_address_that_no_trace_reaches_costs_no_answer(
    daemon: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(request_log.logger, "warning", lambda text, **_: warnings.append(text))
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", daemon)

    answer = invoked(FakeRuntime())

    assert answer == b"answer"
    assert warnings == ["not traced"]
    assert refusal(model_error(400)).code is ErrorCode.BAD_REQUEST
