"""Every row of the table of errors, through API Gateway, the function and an endpoint."""

import gzip
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from protocol.recordio import encode_record, write_frame
from protocol.translation import HTTP_STATUS, ErrorCode
from stacks.api.rest_api import INTEGRATION_SECONDS
from tests.functional.local_machine import eventually
from tests.functional.rest_service import DESCRIPTION, JSON, ORIGIN, RECORDIO, Answer, RestService
from translate_api.clients import ANSWER_SECONDS

MB = 1024 * 1024
GZIP = {"content-encoding": "gzip"}
Call = Callable[[RestService], Answer]


def post(body: bytes, **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda service: service.call("POST", "/translate", body, named)


def sentence(text: str) -> Call:
    return lambda service: service.translate(text)


def request(method: str, path: str) -> Call:
    return lambda service: service.call(method, path)


def configured(**configuration: Any) -> bytes:
    instance = {"data": "hello", "configuration": configuration}
    return json.dumps({"instances": [instance]}).encode()


ROWS: list[tuple[ErrorCode, str, Call]] = [
    (ErrorCode.BAD_REQUEST, "not JSON", post(b"{")),
    (ErrorCode.BAD_REQUEST, '(allowed: ["object"])', post(b"[]")),
    (ErrorCode.BAD_REQUEST, 'required properties (["instances"])', post(b"{}")),
    (ErrorCode.BAD_REQUEST, "too short", post(b'{"instances": []}')),
    (ErrorCode.BAD_REQUEST, 'required properties (["data"])', post(b'{"instances": [{}]}')),
    (ErrorCode.BAD_REQUEST, 'schema: ["beam"]', post(configured(beam=1))),
    (ErrorCode.BAD_REQUEST, "(maximum: 32, found: 33)", post(configured(beam_size=33))),
    (ErrorCode.BAD_REQUEST, '"six"', post(configured(beam_size="six"))),
    (ErrorCode.BAD_REQUEST, "at most beam_size, 2", post(configured(beam_size=2, alternatives=3))),
    (ErrorCode.BAD_REQUEST, "magic", post(b"no frame", content_type=RECORDIO, accept=RECORDIO)),
    (ErrorCode.BAD_REQUEST, "one record", post(b"", content_type=RECORDIO, accept=RECORDIO)),
    (ErrorCode.BAD_REQUEST, "900 words", sentence("answer 400 bad_request it has 900 words")),
    (ErrorCode.FORBIDDEN, "Missing", lambda service: service.send("GET", "/model", b"", {})),
    (ErrorCode.NOT_FOUND, "POST /translate", request("GET", "/nothing/here")),
    (ErrorCode.NOT_FOUND, "POST /translate", request("POST", "/")),
    (ErrorCode.NOT_FOUND, "POST /translate", request("GET", "/vocabulary/both")),
    (ErrorCode.METHOD_NOT_ALLOWED, "POST", request("GET", "/translate")),
    (ErrorCode.METHOD_NOT_ALLOWED, "GET, HEAD", request("DELETE", "/model")),
    (ErrorCode.TOO_LARGE, "10 MB", post(b"x" * (10 * MB + 1), content_type="text/plain")),
    (ErrorCode.TOO_LARGE, "6 MB", post(b"x" * (6 * MB + 1), content_type="text/plain")),
    (ErrorCode.TOO_LARGE, "4.5 MB", post(b"x" * (5 * MB), content_type=RECORDIO)),
    (ErrorCode.TOO_LARGE, "6 MB", post(b'"' * (3 * MB + 1), content_type="text/plain")),
    (ErrorCode.TOO_LARGE, "10 MB", post(gzip.compress(b"x" * (10 * MB + 1)), **GZIP)),
    (ErrorCode.TOO_LARGE, "6.0 MB", sentence(f"large {6 * MB + 1}")),
    (ErrorCode.TOO_LARGE, "64 sentences", sentence("answer 413 too_large take 64 sentences")),
    (ErrorCode.UNSUPPORTED_MEDIA_TYPE, "application/json or", post(b"x", content_type="a/b")),
    (
        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        "UTF-8",
        post(configured(), content_type=f"{JSON};charset=x"),
    ),
    (ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Accept", post(configured(), accept="text/html")),
    (ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Accept", post(b"", content_type=RECORDIO, accept="*/*")),
    (ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Media Type", post(b"no gzip", **GZIP)),
    (ErrorCode.THROTTLED, "too many", sentence("answer 429 throttled too many just now")),
    (ErrorCode.OVERLOADED, "64 wait", sentence("answer 503 overloaded 64 wait")),
    (ErrorCode.TIMEOUT, "ran past", sentence("answer 504 timeout ran past its time")),
    (ErrorCode.INTERNAL, "request id", sentence("answer 500 internal a secret")),
    (ErrorCode.OVERLOADED, "more work", sentence("die")),
]
RETRIED = {ErrorCode.THROTTLED, ErrorCode.OVERLOADED, ErrorCode.NO_MODEL}


def check(answer: Answer, code: ErrorCode, words: str) -> None:
    assert answer.refusal() == (HTTP_STATUS[code], code), answer.body
    assert words in answer.json()["message"]
    assert "secret" not in answer.json()["message"]
    assert ("retry-after" in answer.headers) is (code in RETRIED)
    assert ("allow" in answer.headers) is (code is ErrorCode.METHOD_NOT_ALLOWED)
    if code is ErrorCode.METHOD_NOT_ALLOWED:
        assert answer.json()["message"] == f"this path takes {answer.headers['allow']} only"
    check_identity(answer)


def check_identity(answer: Answer) -> None:
    assert answer.headers["x-request-id"]
    assert answer.headers["x-request-id"] == answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(("code", "words", "call"), ROWS)
def test_each_error_has_its_status_code_and_words(
    rest_service: RestService, code: ErrorCode, words: str, call: Call
) -> None:
    if words == "64 wait":
        assert rest_service.translate("alive").status == 200
    check(call(rest_service), code, words)
    if words == "more work":
        eventually(lambda: rest_service.translate("hello").status == 200)


@pytest.mark.parametrize("path", ["/translate", "/model", "/vocabulary/source"])
def test_before_the_first_model_callers_learn_what_to_start(
    rest_service: RestService, path: str
) -> None:
    answer = rest_service.before_the_first_model[path]
    check(answer, ErrorCode.NO_MODEL, "start the retraining state machine")


@pytest.fixture
def without_endpoint(rest_service: RestService) -> Iterator[None]:
    """The endpoint is deleted, as by hand, while the record of the model stays."""
    rest_service.delete_endpoint()
    yield
    rest_service.create_endpoint()


@pytest.mark.usefixtures("without_endpoint")
def test_without_the_endpoint_of_a_model_callers_learn_the_same(rest_service: RestService) -> None:
    check(rest_service.translate("hello"), ErrorCode.NO_MODEL, "start the retraining state machine")
    assert rest_service.call("GET", "/model").status == 200


def test_a_model_that_does_not_answer_is_given_up_before_lambda_ends_the_function(
    rest_service: RestService,
) -> None:
    started = time.monotonic()
    answer = rest_service.translate("sleep 29")
    seconds = time.monotonic() - started
    check(answer, ErrorCode.TIMEOUT, "send fewer or shorter sentences")
    assert ANSWER_SECONDS[0] <= seconds < INTEGRATION_SECONDS


@pytest.fixture
def throttled(rest_service: RestService) -> Iterator[None]:
    """API Gateway lets one request for the model a second pass."""
    gateway = rest_service.machine.client("apigateway")
    api = rest_service.deployment.outputs("api")
    place = {"restApiId": api["ApiId"], "stageName": api["StageName"]}

    def limit(rate: int, burst: int) -> None:
        values = {"rateLimit": rate, "burstLimit": burst}
        gateway.update_stage(
            **place,
            patchOperations=[
                {"op": "replace", "path": f"/~1model/GET/throttling/{name}", "value": str(value)}
                for name, value in values.items()
            ],
        )

    limit(1, 1)
    yield
    limit(10_000, 5_000)


@pytest.mark.usefixtures("throttled")
def test_over_the_owners_rate_callers_are_told_to_wait(rest_service: RestService) -> None:
    answers = [rest_service.call("GET", "/model") for _ in range(4)]

    check(answers[-1], ErrorCode.THROTTLED, "Too many requests")


def test_every_code_has_a_row() -> None:
    covered = {code for code, _, _ in ROWS} | {ErrorCode.NO_MODEL}
    assert covered == set(ErrorCode)
    reference = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \d{3} \| `(\w+)` \|", reference, flags=re.MULTILINE)) == {
        str(code) for code in ErrorCode
    }


def test_values_pass_the_gateway_as_json_and_as_strings(rest_service: RestService) -> None:
    for value in (5, "5"):
        answer = rest_service.call("POST", "/translate", configured(beam_size=value))
        assert answer.status == 200, answer.body
    every_key = configured(
        attention_matrix="TRUE",
        scores=False,
        length_penalty="0.6",
        glossary={"car": "Wagen"},
        split_sentences="false",
        max_decoding_length=7,
    )
    assert rest_service.call("POST", "/translate", every_key).status == 200


def test_compressed_json_and_records_are_answered_as_others(rest_service: RestService) -> None:
    plain = configured()
    answer = rest_service.call("POST", "/translate", gzip.compress(plain), GZIP)
    assert answer.json() == {"predictions": [{"target": "HELLO"}]}
    stream = io.BytesIO()
    write_frame(stream, encode_record([4, 300], []))
    types = {"content-type": RECORDIO, "accept": RECORDIO}
    packed = gzip.compress(stream.getvalue())
    answer = rest_service.call("POST", "/translate", packed, types | GZIP)
    assert (answer.status, answer.body) == (200, stream.getvalue())
    assert answer.headers["content-type"] == RECORDIO
    check_identity(answer)


def test_a_large_answer_is_compressed_for_who_takes_it(rest_service: RestService) -> None:
    answer = rest_service.translate("x" * 5000, accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 200
    assert json.loads(gzip.decompress(answer.body))["predictions"][0]["target"] == "X" * 5000


def test_the_limits_themselves_still_pass(rest_service: RestService) -> None:
    assert rest_service.translate("x" * (5 * MB)).status == 200
    assert rest_service.translate("large 5000000").status == 200


def test_the_document_and_the_model_are_served(rest_service: RestService) -> None:
    stored = Path(__file__).parents[2] / "docs" / "openapi.json"
    answer = rest_service.call("GET", "/openapi.json")
    assert (answer.status, answer.body) == (200, stored.read_bytes())
    assert rest_service.call("GET", "/model").json()["training_job"] == "job-7"
    head = rest_service.call("HEAD", "/model")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == JSON
    head = rest_service.call("HEAD", "/translate")
    assert (head.status, head.body, head.headers["allow"]) == (405, b"", "POST, OPTIONS")
    check_identity(head)


def test_json_may_say_that_it_is_in_utf_8(rest_service: RestService) -> None:
    body = json.dumps({"instances": [{"data": "grün"}]}, ensure_ascii=False).encode()
    for charset in ("utf-8", '"UTF-8"'):
        types = {"content-type": f"{JSON}; charset={charset}"}
        answer = rest_service.call("POST", "/translate", body, types)
        assert answer.json() == {"predictions": [{"target": "GRÜN"}]}


@pytest.fixture
def large_vocabulary(rest_service: RestService) -> Iterator[bytes]:
    """The model's target vocabulary is more than passes Lambda."""
    s3 = rest_service.machine.client("s3")
    bucket = rest_service.deployment.outputs("storage")["BucketName"]
    place = {"Bucket": bucket, "Key": f"{DESCRIPTION}vocab.trg.json"}
    small = s3.get_object(**place)["Body"].read()
    large = json.dumps({"x" * 6 * MB: 4}).encode()
    s3.put_object(**place, Body=large)
    yield large
    s3.put_object(**place, Body=small)


def test_a_vocabulary_over_the_limit_is_at_a_signed_address(
    rest_service: RestService, large_vocabulary: bytes
) -> None:
    answer = rest_service.call("GET", "/vocabulary/target")
    address = answer.headers["location"]
    assert (answer.status, answer.json()) == (303, {"location": address})
    assert answer.headers["cache-control"] == "no-store"
    assert urllib3.request("GET", address, retries=False, timeout=20).data == large_vocabulary


def test_a_page_of_the_named_origin_may_ask_unsigned_and_read_refusals(
    rest_service: RestService,
) -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
    preflight = rest_service.send("OPTIONS", "/translate", b"", asked)
    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    strange = rest_service.send("OPTIONS", "/model", b"", {"origin": "https://strange.example"})
    assert "access-control-allow-origin" not in strange.headers
    refused = rest_service.send("POST", "/translate", b"{}", {"origin": ORIGIN})
    assert refused.refusal() == (403, "forbidden")
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    answered = rest_service.translate("hello", origin=ORIGIN)
    assert answered.headers["access-control-allow-origin"] == ORIGIN
