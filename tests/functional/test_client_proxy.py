"""The signing proxy: what it forwards, and whom it answers."""

import contextlib
import gzip
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from client.proxy import SigningProxy
from client.proxy_forwarding import Forwarding
from client.transport import ApiKey, Authorisation, Signature
from tests.functional.serving_thread import serving
from tests.functional.test_client_http import CREDENTIALS, REPOSITORY, Service, is_signed

RECORDIO = "application/x-recordio-protobuf"
REGION = "eu-central-1"
EVERY_BYTE = bytes(range(256))


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    with serving(service):
        yield service


class Caller:
    """A program on this machine that cannot sign."""

    def __init__(self, proxy: SigningProxy) -> None:
        self.port = proxy.server_port

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content
        finally:
            connection.close()

    def refusal(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, str, str]:
        status, _, body = self.call(method, path, body, headers)
        content = json.loads(body)
        return status, content["code"], content["message"]


def proxied(service: Service, authorisation: Authorisation, base_url: str = "") -> Iterator[Caller]:
    forwarding = Forwarding(base_url or service.url, authorisation)
    proxy = SigningProxy(0, forwarding)
    with serving(proxy):
        yield Caller(proxy)


@pytest.fixture
def caller(service: Service) -> Iterator[Caller]:
    yield from proxied(service, Signature(CREDENTIALS, REGION))


def test_a_request_is_signed_and_its_body_and_answer_pass_unchanged(
    service: Service, caller: Caller
) -> None:
    service.answers["/translate"] = (
        200,
        {"content-type": RECORDIO, "x-request-id": "r"},
        EVERY_BYTE,
    )

    status, headers, body = caller.call(
        "POST", "/translate", EVERY_BYTE, {"Content-Type": RECORDIO, "Accept": RECORDIO}
    )

    assert (status, body) == (200, EVERY_BYTE)
    assert (headers["content-type"], headers["x-request-id"]) == (RECORDIO, "r")
    (request,) = service.requests
    assert (request.method, request.body) == ("POST", EVERY_BYTE)
    assert request.headers["accept"] == RECORDIO
    assert is_signed(request, REGION)


def test_json_passes_too_and_a_query_is_signed(service: Service, caller: Caller) -> None:
    service.answer_json("/v2/languages?type=target&x=%20", ["ü"])

    status, _, body = caller.call("GET", "/v2/languages?type=target&x=%20")

    assert (status, json.loads(body)) == (200, ["ü"])
    assert is_signed(service.requests[0], REGION)


def test_compressed_answers_stay_compressed(service: Service, caller: Caller) -> None:
    packed = gzip.compress(b"{}")
    service.answers["/model"] = (200, {"content-encoding": "gzip"}, packed)

    _, headers, body = caller.call("GET", "/model", headers={"Accept-Encoding": "gzip"})

    assert (headers["content-encoding"], body) == ("gzip", packed)
    assert service.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_errors_of_the_service_are_its_own(
    service: Service, caller: Caller, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = service.RequestHandlerClass
    for name in ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        monkeypatch.setattr(handler, f"do_{name}", handler.do_GET, raising=False)  # type: ignore[attr-defined]

    status, _, body = caller.call(method, "/nowhere")

    assert status == 404
    assert body == (b"" if method == "HEAD" else b'{"message": "no path", "code": "not_found"}')


def test_the_callers_own_authorisation_and_cookies_stay_behind(
    service: Service, caller: Caller
) -> None:
    service.answer_json("/model", {})
    given = {"Authorization": "DeepL-Auth-Key any", "Cookie": "a=b", "X-Forwarded-For": "1.2.3.4"}

    assert caller.call("GET", "/model", headers=given)[0] == 200

    headers = service.requests[0].headers
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert "cookie" not in headers
    assert "x-forwarded-for" not in headers


def test_a_key_goes_into_both_headers_that_the_service_reads(service: Service) -> None:
    service.answer_json("/model", {})
    for caller in proxied(service, ApiKey("k-123")):
        assert (
            caller.call("GET", "/model", headers={"Authorization": "DeepL-Auth-Key no"})[0] == 200
        )

    headers = service.requests[0].headers
    assert headers["x-api-key"] == "k-123"
    assert headers["authorization"] == "DeepL-Auth-Key k-123"


def test_requests_are_answered_at_the_same_time(service: Service, caller: Caller) -> None:
    together = threading.Barrier(8, timeout=10)
    answer_to = service.answer_to

    def wait_for_all(path: str, body: bytes) -> Any:
        together.wait()
        return answer_to(path, body)

    service.answer_to = wait_for_all  # type: ignore[method-assign]
    bodies = [json.dumps({"instances": [{"data": f"{i}a"}]}).encode() for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: caller.call("POST", "/translate", body), bodies))

    targets = [json.loads(body)["predictions"][0]["target"] for _, _, body in answers]
    assert targets == [f"{i}A" for i in range(8)]


def test_a_connection_serves_several_requests(service: Service, caller: Caller) -> None:
    service.answer_json("/model", {"engine": "pytorch"})
    connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=20)
    for _ in range(3):
        connection.request("GET", "/model")
        assert json.loads(connection.getresponse().read()) == {"engine": "pytorch"}
    connection.close()
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "127.0.0.1.evil.example:{port}"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_web_pages_and_other_names_of_this_machine_are_refused(
    service: Service, caller: Caller, headers: dict[str, str]
) -> None:
    given = {name: value.format(port=caller.port) for name, value in headers.items()}

    status, code, _ = caller.refusal("POST", "/translate", b"{}", **given)

    assert (status, code) == (403, "forbidden")
    assert service.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost:{port}"},
        {"Host": "LOCALHOST:{port}"},
        {"Host": "[::1]:{port}"},
        {"Origin": "http://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_callers_of_this_machine_are_answered(
    service: Service, caller: Caller, headers: dict[str, str]
) -> None:
    service.answer_json("/model", {})
    given = {name: value.format(port=caller.port) for name, value in headers.items()}
    assert caller.call("GET", "/model", headers=given)[0] == 200


@pytest.mark.parametrize(
    ("path", "headers", "status", "words"),
    [
        ("http://evil.example/", {}, 400, "no proxy for other addresses"),
        ("/a/../b", {}, 400, "must not hold . or .."),
        ("/a/%2e%2E/b", {}, 400, "must not hold . or .."),
        ("/a#b", {}, 400, "must name a path"),
        ("/translate", {"Transfer-Encoding": "chunked"}, 411, "with a Content-Length"),
        ("/translate", {"Content-Length": "-1"}, 400, "must be a number"),
        ("/translate", {"Content-Length": "10485761"}, 413, "at most 10485760 bytes"),
        ("/translate", {"Content-Length": "9" * 5000}, 413, "at most 10485760 bytes"),
    ],
)
def test_what_cannot_be_forwarded_is_said_so(
    service: Service, caller: Caller, path: str, headers: dict[str, str], status: int, words: str
) -> None:
    refused, _, message = caller.refusal("POST", path, b"", **headers)

    assert refused == status
    assert words in message
    assert service.requests == []


def test_a_service_that_cannot_be_reached_is_named(service: Service) -> None:
    for caller in proxied(service, ApiKey("k"), "http://127.0.0.1:1/prod"):
        status, code, message = caller.refusal("GET", "/model")
    assert (status, code) == (502, "unreachable")
    assert "127.0.0.1:1" in message


def test_credentials_that_cannot_be_renewed_are_said_so(service: Service) -> None:
    def refresh() -> dict[str, str]:
        raise CredentialRetrievalError(provider="sso", error_msg="the session has expired")

    expired = RefreshableCredentials(
        "a",
        "b",
        "c",
        RefreshableCredentials._expiry_datetime("2020-01-01T00:00:00Z"),
        refresh,
        "sso",
    )
    for caller in proxied(service, Signature(expired, REGION)):
        status, code, message = caller.refusal("GET", "/model")
    assert (status, code) == (403, "forbidden")
    assert "the session has expired; log in again" in message
    assert service.requests == []


def environment(service: Service, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "TRANSLATION_API_URL": service.url,
        "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
        "AWS_SESSION_TOKEN": CREDENTIALS.token,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **changes,
    }


def started(service: Service, *options: str, **changes: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "client", "proxy", *options],
        cwd=REPOSITORY,
        env=environment(service, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def killed_at_last(process: "subprocess.Popen[str]") -> Iterator[None]:
    """A process that does not end by itself would be waited for without an end."""
    try:
        yield
    finally:
        process.kill()


@pytest.fixture
def ctrl_c_counts() -> Iterator[None]:
    """In a background job of a shell it is ignored, and what a job starts inherits that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_counts")
def test_the_command_says_where_it_listens_and_ends_at_ctrl_c(service: Service) -> None:
    service.answer_json("/model", {})
    with started(service, "--port", "0") as process, killed_at_last(process):
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        assert line.endswith(f" forwards to {service.url} until Ctrl-C\n"), process.stderr.read()
        port = int(line.split()[0].rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/model")
        assert connection.getresponse().read() == b"{}"
        # The connection stays open, and must not keep the proxy from ending.
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""
        connection.close()
    assert is_signed(service.requests[0], REGION)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials"),
        ({"AWS_REGION": ""}, "no AWS region"),
    ],
)
def test_the_command_does_not_start_without_what_it_needs(
    service: Service, changes: dict[str, str], words: str
) -> None:
    with started(service, "--port", "0", **changes) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert words in errors
    assert errors.count("\n") == 1


def test_a_taken_port_is_said_so(service: Service) -> None:
    with started(service, "--port", str(service.server_port)) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{service.server_port}" in errors
    assert "--port" in errors
