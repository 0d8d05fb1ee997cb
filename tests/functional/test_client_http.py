import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from client import ApiError, ClientError, TranslationClient
from client.command_line import main
from client.transport import MAX_RETRIES, MAX_WAIT_SECONDS, ApiKey, Transport
from protocol import recordio

CREDENTIALS = Credentials("AKIAEXAMPLE", "example-secret", "example-token")
REPOSITORY = Path(__file__).resolve().parents[2]
BASE_PATH = "/restapis/a1b2/prod/_user_request_"
VOCABULARY = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3, "you": 4, "are": 5, "good": 6}


class Service(ThreadingHTTPServer):
    """Answers as the REST API does, upper case for a translation, and keeps what it was sent."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[AWSRequest] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.refusals: list[tuple[int, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{BASE_PATH}"

    def answer_json(self, path: str, content: Any, status: int = 200) -> None:
        headers = {"content-type": "application/json", "x-request-id": "r-1"}
        self.answers[path] = (status, headers, json.dumps(content).encode())

    def answer_to(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.refusals:
            return self.refusals.pop(0)
        path = path.removeprefix(BASE_PATH)
        if path == "/translate" and path not in self.answers:
            return 200, {"content-type": "application/json"}, shouted(body)
        return self.answers.get(path, (404, {}, b'{"message": "no path", "code": "not_found"}'))


class Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        url = f"http://{self.headers['host']}{self.path}"
        self.server.requests.append(AWSRequest(self.command, url, dict(self.headers), body))
        status, headers, content = self.server.answer_to(self.path, body)
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.send_header("connection", "close")
        self.close_connection = True
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the name that http.server looks up

    def log_message(self, *_args: Any) -> None:
        """Keep the tests' output quiet."""


def shouted(body: bytes) -> bytes:
    predictions = []
    for instance in json.loads(body)["instances"]:
        words = instance["data"].split()
        prediction: dict[str, Any] = {"target": " ".join(words).upper()}
        if instance.get("configuration", {}).get("attention_matrix") == "true":
            row = [1 / len(words)] * len(words)
            prediction["matrix"] = [row for _ in words]
        predictions.append(prediction)
    return json.dumps({"predictions": predictions}).encode()


def is_signed(request: AWSRequest, region: str) -> bool:
    """Compute the signature that the request should carry, from the headers that it names."""
    authorisation = request.headers["Authorization"]
    signed = authorisation.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: value for name, value in request.headers.items() if name.lower() in signed}
    again = AWSRequest(request.method, request.url, headers, request.body)
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    auth = SigV4Auth(CREDENTIALS, "execute-api", region)
    string = auth.string_to_sign(again, auth.canonical_request(again))
    return bool(
        f"/{region}/execute-api/aws4_request" in authorisation
        and "x-amz-security-token" in signed
        and authorisation.endswith(f"Signature={auth.signature(string, again)}")
    )


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _environment(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    for name, value in {
        "TRANSLATION_API_URL": f"{service.url}/",
        "TRANSLATION_API_KEY": "",
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
        "AWS_SESSION_TOKEN": CREDENTIALS.token,
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_translation_is_signed_and_keeps_its_order(service: Service) -> None:
    translations = TranslationClient.from_environment().translate(
        ["you are so good !", "grüß dich"]
    )

    assert [t.target for t in translations] == ["YOU ARE SO GOOD !", "GRÜSS DICH"]
    (request,) = service.requests
    assert request.url == f"{service.url}/translate"
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert is_signed(request, "eu-central-1")


def test_a_tampered_request_would_not_verify(service: Service) -> None:
    TranslationClient.from_environment().translate(["a"])
    (sent,) = service.requests
    tampered = AWSRequest(sent.method, sent.url, dict(sent.headers), sent.body + b" ")

    assert is_signed(sent, "eu-central-1")
    assert not is_signed(tampered, "eu-central-1")
    assert not is_signed(sent, "us-east-1")


def test_an_api_key_takes_the_place_of_the_signature(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSLATION_API_KEY", "k-123")
    TranslationClient.from_environment().translate(["a"])

    assert service.requests[0].headers["x-api-key"] == "k-123"
    assert "Authorization" not in service.requests[0].headers


def test_no_sentences_need_no_request(service: Service) -> None:
    assert TranslationClient.from_environment().translate([]) == []
    assert service.requests == []


def test_records_go_out_by_the_source_vocabulary_and_come_back_by_the_target_one(
    service: Service,
) -> None:
    answer = io.BytesIO()
    for ids in ([4, 5, 3], [6, 1, 0]):
        recordio.write_frame(answer, recordio.encode_record([], ids))
    service.answer_json("/model", {"subwords": False})
    service.answer_json("/vocabulary/source", VOCABULARY)
    service.answer_json("/vocabulary/target", {**VOCABULARY, "gut": 7})
    protobuf = {"content-type": "application/x-recordio-protobuf"}
    service.answers["/translate"] = (200, protobuf, answer.getvalue())

    translations = TranslationClient.from_environment().translate_as_records(
        ["you are so </s> good", "you"]
    )

    assert [t.target for t in translations] == ["you are", "good <unk>"]
    sent = next(request for request in service.requests if request.method == "POST")
    frames = recordio.read_frames(io.BytesIO(sent.body))
    assert [recordio.decode_record(frame).source for frame in frames] == [(4, 5, 1, 1, 6), (4,)]
    assert sent.headers["accept"] == "application/x-recordio-protobuf"
    assert all(is_signed(request, "eu-central-1") for request in service.requests)


def test_a_large_vocabulary_is_fetched_from_its_signed_address_without_credentials(
    service: Service,
) -> None:
    location = f"{service.url}/signed?X-Amz-Signature=1"
    service.answers["/vocabulary/source"] = (303, {"location": location}, b"{}")
    service.answer_json("/signed?X-Amz-Signature=1", VOCABULARY)

    assert TranslationClient.from_environment().vocabulary("source") == VOCABULARY
    assert "Authorization" in service.requests[0].headers
    assert "Authorization" not in service.requests[1].headers


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"no frames", "is not recordio-protobuf"),
        (b"", "1 sentences, but 0 answers"),
        (b"\x0a\x23\xd7\xce\0\0\0\0" * 2, "1 sentences, but 2 answers"),
    ],
)
def test_an_answer_that_does_not_fit_the_records_is_said_so(
    service: Service, answer: bytes, words: str
) -> None:
    service.answer_json("/model", {})
    for side in ("source", "target"):
        service.answer_json(f"/vocabulary/{side}", VOCABULARY)
    service.answers["/translate"] = (200, {}, answer)

    with pytest.raises(ClientError, match=words):
        TranslationClient.from_environment().translate_as_records(["you are"])


@pytest.mark.parametrize("identity", [99, -1])
def test_ids_beyond_the_vocabulary_are_said_so(service: Service, identity: int) -> None:
    answer = io.BytesIO()
    recordio.write_frame(answer, recordio.encode_record([], [identity]))
    service.answer_json("/model", {})
    for side in ("source", "target"):
        service.answer_json(f"/vocabulary/{side}", VOCABULARY)
    service.answers["/translate"] = (200, {}, answer.getvalue())

    with pytest.raises(ClientError, match="ids that the target vocabulary lacks"):
        TranslationClient.from_environment().translate_as_records(["you"])


def test_a_model_of_subwords_is_refused_for_records(service: Service) -> None:
    service.answer_json("/model", {"subwords": True})

    with pytest.raises(ClientError, match="subwords: translate as JSON"):
        TranslationClient.from_environment().translate_as_records(["a"])


def test_an_error_keeps_its_status_code_message_and_request_id(service: Service) -> None:
    content = {"message": "no model is deployed yet", "code": "no_model"}
    service.answer_json("/translate", content, 503)

    with pytest.raises(ApiError, match="503 no_model: no model is deployed yet") as caught:
        TranslationClient.from_environment().translate(["a"])
    assert (caught.value.status, caught.value.code) == (503, "no_model")
    assert caught.value.request_id == "r-1"


def test_an_error_that_is_not_json_is_quoted(service: Service) -> None:
    service.answers["/model"] = (502, {}, b"<html>Bad gateway</html>")

    with pytest.raises(ApiError, match="502 error: <html>Bad gateway"):
        TranslationClient.from_environment().model()


def busy(status: int, retry_after: str | None) -> tuple[int, dict[str, str], bytes]:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return status, headers, b'{"message": "busy", "code": "overloaded"}'


@pytest.fixture
def slept() -> list[float]:
    """How long the patient client has waited each time."""
    return []


@pytest.fixture
def patient(service: Service, slept: list[float]) -> TranslationClient:
    return TranslationClient(Transport(service.url, ApiKey("k"), sleep=slept.append))


def test_a_busy_service_is_asked_again_when_it_says(
    service: Service, patient: TranslationClient, slept: list[float]
) -> None:
    service.refusals = [busy(503, "2"), busy(429, "1")]

    assert [t.target for t in patient.translate(["a"])] == ["A"]

    assert slept == [2, 1]
    assert len({request.body for request in service.requests}) == 1
    assert {request.headers["x-api-key"] for request in service.requests} == {"k"}


def test_reading_is_repeated_too(service: Service, patient: TranslationClient) -> None:
    service.answer_json("/model", {"engine": "pytorch"})
    service.refusals = [busy(429, "1")]

    assert patient.model() == {"engine": "pytorch"}


def test_a_service_that_stays_busy_is_given_up(
    service: Service, patient: TranslationClient, slept: list[float]
) -> None:
    service.refusals = [busy(503, str(MAX_WAIT_SECONDS))] * 9

    with pytest.raises(ApiError, match="503 overloaded: busy"):
        patient.translate(["a"])
    assert slept == [MAX_WAIT_SECONDS] * MAX_RETRIES
    assert len(service.requests) == 1 + MAX_RETRIES


@pytest.mark.parametrize(
    "refusal",
    [
        busy(503, str(MAX_WAIT_SECONDS + 1)),
        busy(503, "Wed, 21 Oct 2026 07:28:00 GMT"),
        busy(503, "-1"),
        busy(429, None),
        busy(500, "1"),
    ],
)
def test_other_refusals_are_final(
    service: Service,
    patient: TranslationClient,
    slept: list[float],
    refusal: tuple[int, dict[str, str], bytes],
) -> None:
    service.refusals = [refusal]

    with pytest.raises(ApiError):
        patient.translate(["a"])
    assert (slept, len(service.requests)) == ([], 1)


def test_the_command_says_nothing_of_what_went_well_the_second_time(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.refusals = [busy(429, "0")]

    assert main(["translate", "a"]) == 0

    assert tuple(capsys.readouterr()) == ("A\n", "")
    assert len(service.requests) == 2
    assert all(is_signed(request, "eu-central-1") for request in service.requests)


@pytest.mark.parametrize(
    "content",
    [
        {"predictions": []},
        {"predictions": [{}]},
        [],
        {"predictions": [{"target": "", "matrix": 1}]},
    ],
)
def test_an_answer_of_another_shape_is_said_so(service: Service, content: Any) -> None:
    service.answer_json("/translate", content)

    with pytest.raises(ClientError, match="documented shape"):
        TranslationClient.from_environment().translate(["a"])


def test_without_credentials_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)

    with pytest.raises(ClientError, match="TRANSLATION_API_KEY"):
        TranslationClient.from_environment()


def test_without_a_region_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")

    with pytest.raises(ClientError, match="set AWS_REGION"):
        TranslationClient.from_environment()


def test_the_command_prints_translations_alone_one_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["translate", "you are so good !", "this is so cool"]) == 0

    printed = capsys.readouterr()
    assert printed.out == "YOU ARE SO GOOD !\nTHIS IS SO COOL\n"
    assert printed.err == ""


@pytest.mark.parametrize("protobuf", [True, False])
def test_the_command_says_which_translations_were_cut(
    service: Service, capsys: pytest.CaptureFixture[str], *, protobuf: bool
) -> None:
    service.answer_json("/model", {"subwords": False})
    for side in ("source", "target"):
        service.answer_json(f"/vocabulary/{side}", VOCABULARY)
    predictions = [{"target": "you"}, {"target": "are", "truncated": True}]
    service.answer_json("/translate", {"predictions": predictions})
    if protobuf:
        answer = io.BytesIO()
        recordio.write_frame(answer, recordio.encode_record([], [4]))
        recordio.write_frame(answer, recordio.encode_record([], [5], is_truncated=True))
        headers = {"content-type": "application/x-recordio-protobuf"}
        service.answers["/translate"] = (200, headers, answer.getvalue())

    assert main(["translate", *(["--protobuf"] if protobuf else []), "good", "good good"]) == 0

    printed = capsys.readouterr()
    assert printed.out == "you\nare\n"
    assert printed.err == "line 2: the translation was cut at its decoding length\n"


def test_the_command_translates_standard_input_in_batches_and_keeps_its_lines(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"line {i}" for i in range(40)]
    lines[3] = ""
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))

    assert main(["translate"]) == 0

    assert capsys.readouterr().out.split("\n")[:-1] == [line.upper() for line in lines]
    assert len(service.requests) == 2


def test_the_command_prints_attention_as_an_aligned_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["translate", "--attention", "so good"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "SO GOOD",
        "        so good",
        "SO    0.50 0.50",
        "GOOD  0.50 0.50",
    ]


def test_the_command_prints_the_model_as_json(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answer_json("/model", {"engine": "pytorch", "metrics": {"validation:bleu": 41.5}})

    assert main(["model"]) == 0

    assert json.loads(capsys.readouterr().out)["metrics"] == {"validation:bleu": 41.5}


def test_a_failure_is_one_line_on_standard_error(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answer_json("/translate", {"message": "slow\ndown", "code": "throttled"}, 429)

    assert main(["translate", "a"]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "error: 429 throttled: slow down (request r-1)\n"


def test_an_unreachable_service_is_one_line_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRANSLATION_API_URL", "http://127.0.0.1:9/prod")

    assert main(["translate", "a"]) == 1
    assert capsys.readouterr().err.startswith("error: cannot reach the service at 127.0.0.1:9")


def test_bytes_that_are_no_text_are_one_line_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["translate", "\udcff"]) == 1
    assert "give it in UTF-8" in capsys.readouterr().err


def test_a_reader_that_has_enough_ends_the_command_quietly() -> None:
    many = ["you are so good !"] * 64
    command = [sys.executable, "-m", "client", "translate", *many]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPOSITORY
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"YOU ARE SO GOOD !\n"
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    "arguments",
    [[], ["translat"], ["translate", "--attention", "--protobuf", "a"], ["retrain", "x"]],
)
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
