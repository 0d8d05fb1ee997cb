"""REST APIs on this machine: limits, encodings and errors as API Gateway has them."""

import gzip
import io
import json
import urllib.error
import urllib.request
import uuid
import zipfile
import zlib
from collections.abc import Mapping

import pytest

from tests.functional.local_machine import EVERYTHING, LocalMachine
from tests.functional.test_local_state_machines import Execution

BINARY = "application/x-recordio-protobuf"
GZIP = {"Content-Encoding": "gzip"}
FUNCTION = """
import base64, json, time

class WrongInputError(ValueError):
    pass

def handler(event, context):
    if "httpMethod" not in event:
        raise WrongInputError("this is no HTTP event:\\nnot at all")
    body = event["body"] or ""
    raw = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    if raw == b"sleep":
        time.sleep(3)
    if raw == b"large":
        return {"statusCode": 200, "body": "x" * (6 * 1024 * 1024 + 1)}
    if event["headers"].get("content-type") == "application/x-recordio-protobuf":
        answer = base64.b64encode(raw).decode()
        return {"statusCode": 200, "isBase64Encoded": True, "body": answer}
    return {"statusCode": 200, "body": json.dumps({"length": len(raw)})}
"""


class RestApi:
    """One open method in front of one function."""

    def __init__(self, machine: LocalMachine) -> None:
        self.function = self._function(machine)
        gateway = machine.client("apigateway")
        api = gateway.create_rest_api(
            name="api", binaryMediaTypes=[BINARY], minimumCompressionSize=1024
        )["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        model = {"type": "object", "required": ["instances"]}
        gateway.create_model(
            restApiId=api,
            name="Json",
            contentType="application/json",
            schema=json.dumps(model),
        )
        validator = gateway.create_request_validator(
            restApiId=api, name="body", validateRequestBody=True
        )["id"]
        gateway.put_method(
            restApiId=api,
            resourceId=root,
            httpMethod="POST",
            authorizationType="NONE",
            requestModels={"application/json": "Json"},
            requestValidatorId=validator,
        )
        gateway.put_integration(
            restApiId=api,
            resourceId=root,
            httpMethod="POST",
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            timeoutInMillis=1000,
            uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{self.function}/invocations",
        )
        gateway.put_gateway_response(
            restApiId=api,
            responseType="REQUEST_TOO_LARGE",
            responseParameters={"gatewayresponse.header.x-request-id": "context.requestId"},
            responseTemplates={"application/json": '{"code": "too_large"}'},
        )
        gateway.create_deployment(restApiId=api, stageName="prod")
        self.url = f"{machine.settings.endpoint_url}/restapis/{api}/prod/_user_request_/"

    @staticmethod
    def _function(machine: LocalMachine) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("echo.py", FUNCTION)
        created = machine.client("lambda").create_function(
            FunctionName="echo-" + uuid.uuid4().hex[:8],
            Runtime="python3.12",
            Role=machine.new_role("lambda.amazonaws.com", EVERYTHING),
            Handler="echo.handler",
            Code={"ZipFile": packed.getvalue()},
            Timeout=10,
        )
        return str(created["FunctionArn"])

    def post(
        self, body: bytes, content_type: str, **headers: str
    ) -> tuple[int, bytes, Mapping[str, str]]:
        sent = {"Content-Type": content_type, **headers}
        request = urllib.request.Request(self.url, data=body, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), dict(error.headers)


@pytest.fixture(scope="module")
def api(machine: LocalMachine) -> RestApi:
    return RestApi(machine)


def test_a_json_model_is_kept_for_json_only(api: RestApi) -> None:
    assert api.post(b"{}", "application/json")[0] == 400
    assert api.post(b'{"instances": []}', "application/json")[0] == 200
    assert api.post(b"\xce\xd7", BINARY, Accept=BINARY)[:2] == (200, b"\xce\xd7")


def test_the_first_accepted_type_decides_about_binary(api: RestApi) -> None:
    every_byte = bytes(range(256))
    assert api.post(every_byte, BINARY, Accept=f"{BINARY}, */*")[1] == every_byte
    assert api.post(every_byte, BINARY, Accept=f"*/*, {BINARY}")[1] != every_byte


def test_compressed_bodies_are_unzipped(api: RestApi) -> None:
    body = json.dumps({"instances": ["x" * 1000]}).encode()
    status, answer, _ = api.post(gzip.compress(body), "application/json", **GZIP)
    assert (status, json.loads(answer)) == (200, {"length": len(body)})
    headers = {"Content-Encoding": "deflate"}
    assert api.post(zlib.compress(body), "application/json", **headers)[0] == 200
    every_byte = bytes(range(256)) * 8
    packed = api.post(gzip.compress(every_byte), BINARY, Accept=BINARY, **GZIP)
    assert packed[:2] == (200, every_byte)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_that_is_not_of_its_coding_is_a_415(api: RestApi, coding: str) -> None:
    status, _, _ = api.post(b"not compressed", "application/json", **{"Content-Encoding": coding})
    assert status == 415


def test_large_answers_are_compressed_for_those_who_take_it(api: RestApi) -> None:
    body = b"x" * 4000
    for accepted, coding in (("gzip, br", "gzip"), ("br", None), ("gzip", "gzip")):
        _, answer, headers = api.post(body, BINARY, Accept=BINARY, **{"Accept-Encoding": accepted})
        assert headers.get("Content-Encoding", None) == coding
        assert (gzip.decompress(answer) if coding else answer) == body
    _, _, headers = api.post(b"short", BINARY, Accept=BINARY, **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in headers


def test_payloads_have_their_limits(api: RestApi) -> None:
    assert api.post(b"x" * (10 * 1024 * 1024 + 1), "text/plain")[0] == 413
    assert api.post(b"x" * (6 * 1024 * 1024 + 1), "text/plain")[0] == 413
    bomb = gzip.compress(b"x" * (10 * 1024 * 1024 + 1))
    assert api.post(bomb, "text/plain", **GZIP)[0] == 413
    assert api.post(b"x" * 4_000_000, "text/plain")[0] == 200
    assert api.post(b"large", "text/plain")[0] == 502


def test_a_refusal_carries_its_requests_id(api: RestApi) -> None:
    status, answer, headers = api.post(b"x" * (6 * 1024 * 1024 + 1), "text/plain")
    assert (status, json.loads(answer)) == (413, {"code": "too_large"})
    given = {name.lower(): value for name, value in headers.items()}
    assert given["x-request-id"]
    assert given["x-request-id"] == given["x-amzn-requestid"]


def test_a_slow_function_is_a_504(api: RestApi) -> None:
    status, answer, _ = api.post(b"sleep", "text/plain")
    assert status == 504
    assert json.loads(answer)["message"] == "Endpoint request timed out"


def test_a_functions_error_has_its_own_name(api: RestApi, machine: LocalMachine) -> None:
    task = {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": api.function, "Payload": {}},
    }
    ended = Execution(machine, task).ended()
    assert ended["error"] == "WrongInputError"
    log = machine.settings.logs / "functions" / f"{api.function.rsplit(':', 1)[1]}.log"
    assert "this is no HTTP event" in log.read_text(encoding="utf-8")


def test_the_machines_role_must_allow_the_function(api: RestApi, machine: LocalMachine) -> None:
    task = {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": api.function, "Payload": {}},
    }
    nothing = [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]
    ended = Execution(machine, task, statements=nothing).ended()
    assert ended["error"] == "Lambda.AWSLambdaException"
    assert "not authorized to perform: lambda:InvokeFunction" in ended["cause"]
