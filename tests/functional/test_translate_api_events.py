import base64
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol import recordio
from protocol.artifacts import ModelManifest
from protocol.translation import HTTP_STATUS, ErrorCode
from translate_api import handler, request_log
from translate_api.answers import MAX_PAYLOAD_BYTES
from translate_api.endpoint import MAX_REQUEST_BYTES
from translate_api.routes import compose
from translate_api.settings import Settings

EVENTS = Path(__file__).parent / "events"
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
DESCRIPTION = "s3://private-bucket/executions/e1/description/"
ORIGIN = "https://app.example"
PROTOBUF = "application/x-recordio-protobuf"
MANIFEST = ModelManifest(
    source_language="en",
    target_language="de",
    training_job="translation-e1-t0",
    created_at="2026-11-22T15:00:00Z",
    metrics={"validation:bleu": 41.5, "validation:perplexity": float("inf")},
    hyperparameters={"checkpoint": "s3://private-bucket/x"},
    num_parameters=700_000,
    source_vocabulary_size=300,
    target_vocabulary_size=400,
    max_source_length=100,
    max_decoding_length=120,
    beam_size=5,
)


SETTINGS = Settings(
    endpoint_name="translation",
    model_parameter="/translation/model",
    state_machine_name="translation-retraining",
)


class FakeRuntime:
    """An endpoint that shouts: upper case for text, each id plus one hundred for records."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.failure: Exception | None = None
        self.answer: bytes | None = None

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        if self.failure:
            raise self.failure
        shout = shout_json if request["ContentType"] == "application/json" else shout_records
        answer = self.answer if self.answer is not None else shout(request["Body"])
        return {"Body": io.BytesIO(answer)}


def shout_json(body: bytes) -> bytes:
    instances = json.loads(body)["instances"]
    predictions = [{"target": instance["data"].upper()} for instance in instances]
    return json.dumps({"predictions": predictions}, ensure_ascii=False).encode()


def shout_records(body: bytes) -> bytes:
    answer = io.BytesIO()
    for frame in recordio.read_frames(io.BytesIO(body)):
        ids = [identity + 100 for identity in recordio.decode_record(frame).source]
        recordio.write_frame(answer, recordio.encode_record([], ids))
    return answer.getvalue()


class FakeSsm:
    def __init__(self) -> None:
        self.value: dict[str, str] | None = {
            "model_data": "s3://private-bucket/executions/e1/model/job-7/output/model.tar.gz",
            "description": DESCRIPTION,
            "engine": "pytorch",
            "source_language": "xx",
            "target_language": "yy",
        }

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        assert Name == "/translation/model"
        if self.value is None:
            raise aws_error("ParameterNotFound")
        return {"Parameter": {"Value": json.dumps(self.value)}}


class FakeS3:
    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        content = self.objects.get(f"s3://{Bucket}/{Key}")
        if content is None:
            raise aws_error("NoSuchKey")
        return {"ContentLength": len(content), "Body": io.BytesIO(content)}

    def generate_presigned_url(self, operation: str, Params: Any, ExpiresIn: int) -> str:  # noqa: N803
        assert operation == "get_object"
        assert ExpiresIn <= 900
        return f"https://signed.example/{Params['Bucket']}/{Params['Key']}"


class Service:
    """The real handler over in-memory AWS."""

    def __init__(self, manifest: bytes) -> None:
        self.runtime = FakeRuntime()
        self.ssm = FakeSsm()
        self.s3 = FakeS3({f"{DESCRIPTION}manifest.json": manifest})
        self.clients = SimpleNamespace(
            runtime=lambda _seconds: self.runtime, ssm=self.ssm, s3=self.s3
        )
        self.api = compose(SETTINGS, self.clients)

    def allow_pages_of(self, *origins: str) -> None:
        self.api = compose(replace(SETTINGS, cors_origins=frozenset(origins)), self.clients)

    def call(self, event: dict[str, Any]) -> SimpleNamespace:
        answer = json.loads(json.dumps(handler.lambda_handler(event, SimpleNamespace())))
        assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
        text = answer["body"]
        return SimpleNamespace(
            status=answer["statusCode"],
            headers=answer["headers"],
            base64=answer["isBase64Encoded"],
            body=base64.b64decode(text, validate=True) if answer["isBase64Encoded"] else text,
        )

    def refusal(self, event: dict[str, Any]) -> tuple[int, str, str]:
        answer = self.call(event)
        content = json.loads(answer.body)
        assert set(content) == {"message", "code"}
        assert answer.headers["content-type"] == "application/json"
        return answer.status, content["code"], content["message"]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    MANIFEST.save(tmp_path / "manifest.json")
    service = Service((tmp_path / "manifest.json").read_bytes())
    monkeypatch.setattr(handler, "api", lambda: service.api)
    return service


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the function logs; Powertools keeps the standard output that it met at import."""
    lines = io.StringIO()
    stream = request_log.logger.registered_handler
    assert isinstance(stream, logging.StreamHandler)
    previous = stream.setStream(lines)
    yield lines
    stream.setStream(previous)


def event(name: str, **changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return content | changes


def with_headers(name: str, **headers: str | None) -> dict[str, Any]:
    """The event with some headers replaced, or left out when `None`; underscores are hyphens."""
    content = event(name)
    for key, value in headers.items():
        wanted = key.replace("_", "-").lower()
        for kind in ("headers", "multiValueHeaders"):
            kept = {k: v for k, v in content[kind].items() if k.lower() != wanted}
            given = value if kind == "headers" else [value]
            content[kind] = kept if value is None else kept | {wanted: given}
    return content


def aws_error(code: str, message: str = "", **fields: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}, **fields}, "Operation")


def test_json_is_forwarded_as_it_came_and_answered_as_text(service: Service) -> None:
    sent = event("translate_json")

    answer = service.call(sent)

    assert answer.status == 200
    assert answer.base64 is False
    assert answer.headers == {"content-type": "application/json", "x-request-id": REQUEST_ID}
    targets = [prediction["target"] for prediction in json.loads(answer.body)["predictions"]]
    assert targets == ["YOU ARE SO GOOD !", "GRÜSS DICH"]
    assert service.runtime.calls == [
        {
            "EndpointName": "translation",
            "ContentType": "application/json",
            "Accept": "application/json",
            "Body": sent["body"].encode(),
        }
    ]


def test_base64_is_decoded_by_its_flag_and_not_by_the_content_type(service: Service) -> None:
    assert service.call(event("translate_json_as_base64")).status == 200
    assert service.runtime.calls[0]["Body"] == event("translate_json")["body"].encode()
    assert service.runtime.calls[0]["ContentType"] == "application/json"


def test_records_pass_byte_for_byte_and_come_back_as_base64(service: Service) -> None:
    sent = event("translate_protobuf")

    answer = service.call(sent)

    assert answer.status == 200
    assert answer.base64 is True
    assert answer.headers["content-type"] == PROTOBUF
    assert service.runtime.calls[0]["Body"] == base64.b64decode(sent["body"])
    frames = recordio.read_frames(io.BytesIO(answer.body))
    assert [recordio.decode_record(frame).target for frame in frames] == [(104, 105, 106), (107,)]


def test_a_base_path_of_a_custom_domain_changes_nothing(service: Service) -> None:
    assert service.call(event("custom_domain")).status == 200


def test_a_final_slash_changes_nothing(service: Service) -> None:
    assert service.call(event("translate_json", resource="/translate/")).status == 200


def test_headers_are_found_whatever_their_case_and_place(service: Service) -> None:
    sent = event(
        "translate_json", multiValueHeaders=None, headers={"cOnTeNt-TyPe": "APPLICATION/JSON"}
    )
    assert service.call(sent).status == 200

    sent = event(
        "translate_json", headers=None, multiValueHeaders={"content-type": ["application/json"]}
    )
    assert service.call(sent).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/jsonlines",
        "application/json, text/plain",
        ";",
        "application/json; charset=latin-1",
    ],
)
def test_other_content_types_are_refused(service: Service, content_type: str | None) -> None:
    status, code, message = service.refusal(
        with_headers("translate_json", content_type=content_type)
    )

    assert (status, code) == (415, "unsupported_media_type")
    assert "Content-Type" in message
    assert service.runtime.calls == []


def test_plain_text_is_refused_with_what_is_taken(service: Service) -> None:
    status, _, message = service.refusal(event("translate_text_plain"))

    assert status == 415
    assert f"application/json or {PROTOBUF}" in message


@pytest.mark.parametrize("charset", ["utf-8", '"UTF-8"', "utf8"])
def test_a_charset_of_utf_8_is_tolerated(service: Service, charset: str) -> None:
    sent = with_headers("translate_json", content_type=f"application/json;charset={charset}")

    assert service.call(sent).status == 200


@pytest.mark.parametrize(
    ("name", "accept", "status"),
    [
        ("translate_json", None, 200),
        ("translate_json", "text/html, application/*;q=0.5", 200),
        ("translate_json", f"{PROTOBUF}, application/json", 200),
        ("translate_json", "text/html", 415),
        ("translate_json", "application/json;q=0, text/html", 415),
        ("translate_protobuf", "*/*", 415),
        ("translate_protobuf", None, 415),
        ("translate_protobuf", f"{PROTOBUF.upper()};q=0.9", 200),
        ("translate_protobuf", f"application/json, {PROTOBUF}", 415),
        ("translate_protobuf", "application/json", 415),
    ],
)
def test_accept_must_allow_the_answer(
    service: Service, name: str, accept: str | None, status: int
) -> None:
    answer = service.call(with_headers(name, accept=accept))

    assert answer.status == status
    assert len(service.runtime.calls) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "not JSON"),
        ("{", "not JSON"),
        ("\ud800", "not JSON"),
        ('{"instances": []}', "at least one instance"),
        ('{"instances": [{"data": 7}]}', "instances[0]"),
        ('{"instances": [{"data": "a"}], "beam": 4}', "unknown key 'beam'"),
    ],
)
def test_a_callers_mistake_costs_no_call_of_the_endpoint(
    service: Service, body: str | None, words: str
) -> None:
    status, code, message = service.refusal(event("translate_json", body=body))

    assert (status, code) == (400, "bad_request")
    assert words in message
    assert service.runtime.calls == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "at least one record"),
        (b"not a frame", "magic"),
        (b"\x0a\x23\xd7\xce\xff\xff\xff\xff", "frame 1 at byte 0 is cut short"),
        (b"\x0a\x23\xd7\xce\x04\0\0\0\xff\xff\xff\xff", "record 0"),
    ],
)
def test_bytes_that_are_no_records_are_refused(service: Service, body: bytes, words: str) -> None:
    sent = event("translate_protobuf", body=base64.b64encode(body).decode())

    status, code, message = service.refusal(sent)

    assert (status, code) == (400, "bad_request")
    assert words in message
    assert service.runtime.calls == []


def test_a_broken_base64_body_is_refused(service: Service) -> None:
    assert service.refusal(event("translate_protobuf", body="*"))[:2] == (400, "bad_request")


def test_a_long_quotation_of_the_caller_is_cut(service: Service) -> None:
    body = json.dumps({"\x01" * 100_000: 1})

    assert len(service.refusal(event("translate_json", body=body))[2]) < 600


def test_a_body_over_sagemakers_limit_is_refused_with_the_limit(service: Service) -> None:
    body = json.dumps({"instances": [{"data": "x" * MAX_REQUEST_BYTES}]})

    status, code, message = service.refusal(event("translate_json", body=body))

    assert (status, code) == (413, "too_large")
    assert str(MAX_REQUEST_BYTES) in message


@pytest.mark.parametrize("letter", ["x", '"'])
def test_an_answer_over_lambdas_limit_says_so(service: Service, letter: str) -> None:
    size = 7_000_000 if letter == "x" else 3_500_000
    service.runtime.answer = (letter * size).encode()

    status, code, message = service.refusal(event("translate_json"))

    assert (status, code) == (413, "too_large")
    assert "6.0 MB" in message
    assert "attention" in message


def test_an_answer_just_under_lambdas_limit_passes(service: Service) -> None:
    service.runtime.answer = b"x" * (MAX_PAYLOAD_BYTES - 2)
    assert service.call(event("translate_json")).status == 200

    service.runtime.answer = b"x" * (MAX_PAYLOAD_BYTES * 3 // 4)
    assert service.call(event("translate_protobuf")).status == 200

    service.runtime.answer = b"x" * (MAX_PAYLOAD_BYTES * 3 // 4 + 3)
    assert service.refusal(event("translate_protobuf"))[0] == 413


@pytest.mark.parametrize("name", ["translate_get", "translate_head", "translate_options"])
def test_other_methods_are_told_what_the_path_takes(service: Service, name: str) -> None:
    assert service.refusal(event(name))[:2] == (405, "method_not_allowed")
    assert service.call(event(name)).headers["allow"] == "POST"


def test_a_path_that_takes_get_takes_head_without_a_body(service: Service) -> None:
    answer = service.call(event("model", httpMethod="HEAD"))

    assert (answer.status, answer.body) == (200, "")
    assert answer.headers == service.call(event("model")).headers
    assert service.call(event("model", httpMethod="PUT")).headers["allow"] == "GET, HEAD"


def test_the_openapi_document_is_served_as_it_is_stored(service: Service) -> None:
    stored = Path(__file__).parents[2] / "docs" / "openapi.json"
    asked = event("model", resource="/openapi.json", path="/openapi.json")

    answer = service.call(asked)

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body == stored.read_text(encoding="utf-8")


def with_origin(name: str, origin: str, **changes: Any) -> dict[str, Any]:
    return with_headers(name, origin=origin) | changes


@pytest.mark.parametrize("name", ["translate_json", "unknown_path", "translate_get"])
def test_without_the_setting_no_page_may_read_an_answer(service: Service, name: str) -> None:
    headers = service.call(with_origin(name, ORIGIN)).headers

    assert not [
        header for header in headers if header.startswith("access-control") or header == "vary"
    ]


@pytest.mark.parametrize("name", ["translate_json", "unknown_path", "translate_get"])
def test_pages_of_the_named_origins_may_read_every_answer(service: Service, name: str) -> None:
    service.allow_pages_of(ORIGIN, "https://other.example")

    headers = service.call(with_origin(name, ORIGIN)).headers
    assert headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in headers["access-control-expose-headers"]
    assert headers["vary"] == "origin"
    strange = service.call(with_origin(name, "https://strange.example")).headers
    assert "access-control-allow-origin" not in strange
    assert strange["vary"] == "origin"


def test_a_star_stands_for_all_origins(service: Service) -> None:
    service.allow_pages_of("*")

    headers = service.call(with_origin("translate_json", ORIGIN)).headers

    assert headers["access-control-allow-origin"] == "*"
    assert "vary" not in headers


def test_a_browser_may_ask_before_it_calls(service: Service) -> None:
    service.allow_pages_of(ORIGIN)

    answer = service.call(with_origin("translate_options", ORIGIN))
    assert (answer.status, answer.body) == (204, "")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert {"authorization", "content-type", "x-amz-date", "x-api-key"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )
    strange = service.call(with_origin("translate_options", "https://strange.example"))
    assert not [name for name in strange.headers if name.startswith("access-control-allow")]
    assert service.call(event("translate_get")).headers["allow"] == "POST, OPTIONS"
    assert service.refusal(event("unknown_path", httpMethod="OPTIONS"))[0] == 404


def test_metrics_count_requests_characters_times_and_errors_by_code(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.call(event("translate_json"))
    service.call(event("translate_json", body="{"))

    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    good, bad, error = written
    assert (good["Requests"], good["Characters"]) == ([1.0], [len("you are so good !grüß dich")])
    assert 0 <= good["EndpointLatency"][0] <= good["Latency"][0]
    assert bad.keys() & {"Requests", "Latency", "Characters", "EndpointLatency"} == {
        "Requests",
        "Latency",
    }
    assert (error["Errors"], error["code"]) == ([1.0], "bad_request")
    (described,) = good["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Translation"
    assert not any("good" in json.dumps(line) for line in written)


@pytest.mark.parametrize("name", ["unknown_path", "vocabulary_both"])
def test_unknown_paths_are_not_found(service: Service, name: str) -> None:
    status, code, message = service.refusal(event(name))

    assert (status, code) == (404, "not_found")
    assert "POST /translate" in message


def test_the_model_is_described_without_where_it_lies(service: Service) -> None:
    answer = service.call(event("model"))

    content = json.loads(answer.body)
    assert answer.status == 200
    assert content["engine"] == "pytorch"
    assert (content["source_language"], content["target_language"]) == ("en", "de")
    assert content["training_job"] == "translation-e1-t0"
    assert content["created_at"] == "2026-11-22T15:00:00Z"
    assert content["metrics"] == {"validation:bleu": 41.5, "validation:perplexity": None}
    assert (content["source_vocabulary_size"], content["target_vocabulary_size"]) == (300, 400)
    assert "private-bucket" not in answer.body
    assert "arn:" not in answer.body


def test_a_request_without_headers_is_answered(service: Service) -> None:
    assert service.call(event("console_test")).status == 200


def test_the_builtin_engines_model_is_described_as_far_as_it_is_known(service: Service) -> None:
    service.ssm.value = {
        "model_data": "s3://private-bucket/executions/e1/model/job-7/output/model.tar.gz",
        "description": "",
        "engine": "builtin",
        "source_language": "en",
        "target_language": "fi",
    }

    answer = service.call(event("model"))

    assert answer.status == 200
    assert json.loads(answer.body) == {
        "engine": "builtin",
        "training_job": "job-7",
        "source_language": "en",
        "target_language": "fi",
    }
    assert service.refusal(event("vocabulary_source"))[:2] == (404, "not_found")


def test_a_description_that_lost_its_manifest_is_our_fault(service: Service) -> None:
    service.s3.objects.clear()

    status, code, message = service.refusal(event("model"))

    assert (status, code) == (500, "internal")
    assert "manifest" not in message


@pytest.mark.parametrize("name", ["model", "vocabulary_source"])
def test_before_the_first_model_callers_are_told_what_to_start(service: Service, name: str) -> None:
    service.ssm.value = None

    status, code, message = service.refusal(event(name))

    assert (status, code) == (503, "no_model")
    assert "python -m client retrain" in message
    assert int(service.call(event(name)).headers["retry-after"]) > 0


def test_the_vocabulary_comes_as_its_file_is(service: Service) -> None:
    content = '{\n    "<pad>": 0,\n    "grüß": 4\n}'
    service.s3.objects[f"{DESCRIPTION}vocab.src.json"] = content.encode()

    answer = service.call(event("vocabulary_source"))

    assert (answer.status, answer.body) == (200, content)


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (aws_error("NoSuchBucket", "arn:aws:s3:::private-bucket"), 500, "internal"),
        (aws_error("SlowDown"), 503, "overloaded"),
        (ReadTimeoutError(endpoint_url="https://private"), 504, "timeout"),
    ],
)
def test_a_bucket_that_fails_is_not_a_missing_vocabulary(
    service: Service, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int, code: str
) -> None:
    def fail(**_request: Any) -> None:
        raise failure

    monkeypatch.setattr(service.s3, "get_object", fail)

    assert service.refusal(event("vocabulary_source"))[:2] == (status, code)
    assert "private" not in service.call(event("vocabulary_source")).body


@pytest.mark.parametrize("code", ["AccessDenied", "403"])
def test_a_missing_file_is_missing_to_a_function_that_may_not_list_the_bucket(
    service: Service, monkeypatch: pytest.MonkeyPatch, log: io.StringIO, code: str
) -> None:
    def deny(**_request: Any) -> None:
        raise aws_error(code, "not authorized to perform: s3:ListBucket")

    monkeypatch.setattr(service.s3, "get_object", deny)

    refusal = service.refusal(event("vocabulary_source"))
    assert refusal == (404, "not_found", "the current model came without a source vocabulary")
    (line,) = [entry for entry in map(json.loads, log.getvalue().splitlines()) if "file" in entry]
    assert (line["level"], line["file"], line["aws_code"]) == ("WARNING", "vocab.src.json", code)
    assert "s3:ListBucket" in line["aws_message"]
    assert service.refusal(event("model"))[:2] == (500, "internal")


@pytest.mark.parametrize("content", [b"x" * 6_400_000, b'"' * 3_200_000])
def test_a_vocabulary_over_the_limit_is_answered_by_its_address(
    service: Service, content: bytes
) -> None:
    service.s3.objects[f"{DESCRIPTION}vocab.src.json"] = content

    answer = service.call(event("vocabulary_source"))

    url = "https://signed.example/private-bucket/executions/e1/description/vocab.src.json"
    assert answer.status == 303
    assert answer.headers["location"] == url
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (aws_error("AccessDeniedException", "User: arn:aws:sts::1:x"), 500, "internal"),
        (ReadTimeoutError(endpoint_url="https://private"), 504, "timeout"),
        (RuntimeError("secret"), 500, "internal"),
    ],
)
def test_failures_keep_the_documented_shape_and_tell_nothing(
    service: Service,
    failure: Exception,
    status: int,
    code: str,
    log: io.StringIO,
) -> None:
    service.runtime.failure = failure

    assert service.refusal(event("translate_json"))[:2] == (status, code)
    answer = service.call(event("translate_json"))
    assert not any(word in answer.body for word in ("arn:", "private", "secret"))
    assert type(failure).__name__ in log.getvalue()
    assert "you are so good" not in log.getvalue()
    assert "secret" not in log.getvalue()


def test_a_failure_of_the_model_is_logged_with_its_log_stream_but_not_its_message(
    service: Service, log: io.StringIO
) -> None:
    stream = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/sagemaker/Endpoints/translation"
    service.runtime.failure = aws_error(
        "ModelError",
        "cannot translate: you are so good !",
        OriginalStatusCode=500,
        OriginalMessage="cannot translate: you are so good !",
        LogStreamArn=stream,
    )

    answer = service.call(event("translate_json"))

    assert answer.status == 500
    assert "arn:" not in answer.body
    (line,) = (
        entry for entry in map(json.loads, log.getvalue().splitlines()) if "aws_code" in entry
    )
    assert (line["aws_code"], line["model_status"]) == ("ModelError", 500)
    assert line["model_log_stream"] == stream
    assert "you are so good" not in log.getvalue()
    assert "you are so good" not in answer.body


def test_throttling_asks_for_patience(service: Service) -> None:
    service.runtime.failure = aws_error("ThrottlingException")

    assert service.refusal(event("translate_json"))[:2] == (429, "throttled")
    assert int(service.call(event("translate_json")).headers["retry-after"]) > 0


def test_every_request_leaves_a_structured_line_without_the_callers_text(
    service: Service, log: io.StringIO
) -> None:
    service.call(event("translate_json"))
    service.call(event("translate_json", body='{"you are so good": 1}'))
    service.call(event("unknown_path"))

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    answered = [line for line in lines if line["message"] == "answered"]
    assert [(line["route"], line["status"]) for line in answered] == [
        ("/translate", 200),
        ("/translate", 400),
        ("unknown", 404),
    ]
    assert {line["request_id"] for line in lines} == {REQUEST_ID}
    assert not any("good" in json.dumps(line) or "latest" in json.dumps(line) for line in lines)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["instances", "data", "configuration", "attention_matrix", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20) | (
    st.sampled_from(
        ["application/json", PROTOBUF, "*/*", "application/json;charset", ";;=;", "a;q=x"]
    )
)
bodies: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=30),
    json_values.map(json.dumps),
    st.binary(max_size=40).map(
        lambda content: base64.b64encode(b"\x0a\x23\xd7\xce" + content).decode()
    ),
)
PROPERTY = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@given(
    body=st.none() | bodies,
    is_base64=st.booleans(),
    content_type=header_values,
    accept=header_values,
    method=st.sampled_from(["POST", "POST", "POST", "GET", "PATCH", ""]),
    resource=st.sampled_from(["/translate", "/translate", "/{proxy+}", "/vocabulary/{side}", ""]),
    parameters=st.none() | st.fixed_dictionaries({"proxy": st.text(max_size=8)}),
)
@PROPERTY
def test_a_callers_mistake_never_becomes_a_5xx(
    service: Service,
    body: str | None,
    is_base64: bool,
    content_type: str,
    accept: str,
    method: str,
    resource: str,
    parameters: dict[str, str] | None,
) -> None:
    service.runtime.answer = b"{}"
    sent = event(
        "translate_json",
        body=body,
        isBase64Encoded=is_base64,
        headers={"Content-Type": content_type, "Accept": accept},
        multiValueHeaders=None,
        httpMethod=method,
        resource=resource,
        pathParameters=parameters,
    )

    answer = service.call(sent)

    assert answer.status < 500
    if answer.status >= 400:
        content = json.loads(answer.body)
        assert HTTP_STATUS[ErrorCode(content["code"])] == answer.status
