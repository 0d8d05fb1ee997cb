"""The function's real handler before services in memory, and what its answers must be like."""

import base64
import contextlib
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

from benchmarks.fuzz.cases import Case
from benchmarks.fuzz.failures import PROVOCATIONS
from benchmarks.fuzz.function_cases import ADAPTER_FIELDS, REQUEST_ID, TRANSLATE
from benchmarks.fuzz.texts import CANARY
from benchmarks.fuzz.verdicts import (
    Answer,
    ViolationError,
    check_headers,
    check_refusal,
    expect,
    expect_no_server_error,
    parsed,
)
from protocol import recordio
from protocol.artifacts import MANIFEST
from protocol.translation import HTTP_STATUS
from tests.copying_model import manifest
from translate_api import handler, request_log
from translate_api.answers import MAX_PAYLOAD_BYTES
from translate_api.routes import compose
from translate_api.settings import Settings

SETTINGS = Settings(
    endpoint_name="translation",
    model_parameter="/translation/model",
    state_machine_name="translation-retraining",
)
WITH_ADAPTERS = replace(
    SETTINGS,
    cors_origins=frozenset({"https://app.example"}),
    deepl_api=True,
    libretranslate_api=True,
)
RECORD = {
    "model_data": "s3://private/executions/e1/model/job-7/output/model.tar.gz",
    "description": "s3://private/description/",
    "engine": "pytorch",
    "source_language": "en",
    "target_language": "de",
}
LIBRETRANSLATE = "/libretranslate/"


class Function:
    """The function's two settings, and the log that both write."""

    def __init__(self, manifest: bytes) -> None:
        self._services = Services(manifest)
        self._routers = {
            has_adapters: compose(settings, self._services)
            for has_adapters, settings in ((False, SETTINGS), (True, WITH_ADAPTERS))
        }
        self._log = io.StringIO()

    @contextlib.contextmanager
    def running(self) -> Iterator["Function"]:
        """Take the function's log and its standard output while this lasts."""
        stream = request_log.logger.registered_handler
        assert isinstance(stream, logging.StreamHandler)  # noqa: S101 - as Powertools makes it
        previous = stream.setStream(self._log)
        try:
            yield self
        finally:
            stream.setStream(previous)

    def answer(self, case: Case) -> Answer:
        """Send the case's event and check the answer.

        Raises:
            ViolationError: the answer, or the log, is not as it must be.
        """
        self._services.provocation = case.provocation
        router = self._routers[case.has_adapters]
        with (
            mock.patch.object(handler, "api", return_value=router),
            contextlib.redirect_stdout(self._log),
        ):
            content = handler.lambda_handler(case.event, SimpleNamespace())
        log = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        try:
            answer = _unpacked(content)
            _check(case, answer)
            _check_log(log)
        except ViolationError as error:
            raise ViolationError(f"{error}; the log: {log}", error.status) from error
        return answer


class Services:
    """The clients of the function; all of them fail when a provocation is set."""

    def __init__(self, manifest: bytes) -> None:
        self.provocation = ""
        self._objects = {
            MANIFEST: manifest,
            "vocab.src.json": b'{"you": 4}',
            "vocab.trg.json": b'{"du": 4}',
        }

    def runtime(self, _answer_seconds: float) -> "Services":
        return self

    @property
    def ssm(self) -> "Services":
        return self

    s3 = ssm

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        """Upper case of text, and each record's own ids; what is not valid was to be refused."""
        self._fail_if_provoked()
        is_json = request["ContentType"] == "application/json"
        body = _shouted(request["Body"]) if is_json else _echoed(request["Body"])
        return {"Body": io.BytesIO(body)}

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        # These two are errors of the endpoint alone.
        if not self.provocation.startswith(("model", "no endpoint")):
            self._fail_if_provoked()
        expect(Name == SETTINGS.model_parameter, f"the parameter {Name} was read")
        return {"Parameter": {"Value": json.dumps(RECORD)}}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        expect(Bucket == "private", f"the bucket {Bucket} was read")
        content = self._objects[Key.rpartition("/")[2]]
        return {"ContentLength": len(content), "Body": io.BytesIO(content)}

    def generate_presigned_url(self, *_: Any, **__: Any) -> str:
        return "https://signed.example/object"

    def _fail_if_provoked(self) -> None:
        if self.provocation:
            # An error that is raised again would keep the places of every time before.
            raise PROVOCATIONS[self.provocation].error.with_traceback(None)


def function() -> Function:
    """The function before a model of words."""
    content = manifest(13, 13, subwords=False)
    fields = {name: getattr(content, name) for name in content.__slots__}
    return Function(json.dumps(fields).encode())


def _shouted(body: bytes) -> bytes:
    predictions = []
    for instance in json.loads(body)["instances"]:
        best = {"target": instance["data"].upper()}
        wanted = int(instance.get("configuration", {}).get("alternatives", 1))
        others = [{"target": f"{best['target']} {number}"} for number in range(1, min(wanted, 8))]
        predictions.append({**best, **({"alternatives": others} if wanted > 1 else {})})
    return json.dumps({"predictions": predictions}, ensure_ascii=False).encode()


def _echoed(body: bytes) -> bytes:
    answer = io.BytesIO()
    for frame in recordio.read_frames(io.BytesIO(body)):
        ids = recordio.decode_record(frame).source
        recordio.write_frame(answer, recordio.encode_record([], ids))
    return answer.getvalue()


def _check_log(log: str) -> None:
    expect(log.startswith("{"), "the log is not of JSON lines")
    expect(CANARY not in log, "the log holds what was to be translated")


def _unpacked(content: dict[str, Any]) -> Answer:
    """The HTTP answer that API Gateway makes of the function's."""
    expect(
        content.keys() == {"statusCode", "headers", "body", "isBase64Encoded"},
        f"the function answered {content!r}",
    )
    text = content["body"]
    expect(isinstance(text, str), f"the body is {text!r}")
    size = len(json.dumps(content, ensure_ascii=False).encode("utf-8"))
    expect(size <= MAX_PAYLOAD_BYTES + 16 * 1024, f"the answer has {size} bytes")
    body = base64.b64decode(text, validate=True) if content["isBase64Encoded"] else text.encode()
    headers = {name.lower(): value for name, value in content["headers"].items()}
    expect(len(headers) == len(content["headers"]), f"a header twice: {content['headers']}")
    return Answer(status=content["statusCode"], headers=headers, body=body)


def _check(case: Case, answer: Answer) -> None:
    check_headers(answer)
    request_id = answer.headers.get("x-request-id")
    expect(request_id == REQUEST_ID, f"the request id is {request_id!r}")
    provoked = PROVOCATIONS.get(case.provocation)
    expect_no_server_error(answer, [HTTP_STATUS[provoked.code]] if provoked else [])
    if answer.status >= 400 and case.event["httpMethod"].upper() != "HEAD":
        check_refusal(answer, _message_key(case, answer.status))
    if case.num_sentences is not None:
        expect(answer.status == 200, f"a good request is answered {answer.status}: {answer.body!r}")
        _check_number(case, answer)


def _message_key(case: Case, status: int) -> str:
    """The name of an error's message in the API that the path belongs to."""
    path = case.event["resource"]
    is_of_another = path in ADAPTER_FIELDS and path.startswith(LIBRETRANSLATE)
    # Where the method is wrong, no API has been reached yet.
    return "error" if is_of_another and case.has_adapters and status != 405 else "message"


def _check_number(case: Case, answer: Answer) -> None:
    """Whether there are as many answers as sentences."""
    if case.event["resource"] != TRANSLATE:
        return
    if answer.headers["content-type"] == recordio.CONTENT_TYPE:
        number = sum(1 for _ in recordio.read_frames(io.BytesIO(answer.body)))
    else:
        targets = [found["target"] for found in parsed(answer.body)["predictions"]]
        number = len(targets)
        expected = [source.upper() for source, _ in case.sentences]
        expect(targets == expected, f"{expected} became {targets}")
    expect(number == case.num_sentences, f"{number} answers to {case.num_sentences} sentences")
