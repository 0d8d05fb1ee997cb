"""API keys on this machine, found by the authorizer where each client sends them."""

import io
import json
import urllib.error
import urllib.request
import uuid
import zipfile
from pathlib import Path

import pytest

from tests.functional.local_machine import EVERYTHING, LocalMachine, eventually

AUTHORIZER = Path(__file__).parents[2] / "lambda" / "api_keys"
ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"].get("authorizer"))}
"""


class KeyedApi:
    """Two open methods behind keys: one takes them as DeepL's clients send them."""

    def __init__(self, machine: LocalMachine) -> None:
        self.machine = machine
        gateway = self.gateway = machine.client("apigateway")
        self.id = gateway.create_rest_api(name="api", apiKeySource="AUTHORIZER")["id"]
        self.root = gateway.get_resources(restApiId=self.id)["items"][0]["id"]
        self.echo = self._function({"echo.py": ECHO}, "echo.handler")
        code = (AUTHORIZER / "handler.py").read_text(encoding="utf-8")
        authorizer = self._function(
            {"api_keys/__init__.py": "", "api_keys/handler.py": code},
            "api_keys.handler.lambda_handler",
        )
        for path, header in (("model", "x-api-key"), ("v2", "Authorization")):
            self._add_method(path, header, authorizer)
        gateway.create_deployment(restApiId=self.id, stageName="prod")
        self.plan = gateway.create_usage_plan(
            name="plan", apiStages=[{"apiId": self.id, "stage": "prod"}]
        )["id"]
        key, self.value = self.new_key()
        gateway.create_usage_plan_key(usagePlanId=self.plan, keyId=key, keyType="API_KEY")

    def _function(self, files: dict[str, str], handler: str) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        created = self.machine.client("lambda").create_function(
            FunctionName="keys-" + uuid.uuid4().hex[:8],
            Runtime="python3.12",
            Role=self.machine.new_role("lambda.amazonaws.com", EVERYTHING),
            Handler=handler,
            Code={"ZipFile": packed.getvalue()},
            Timeout=10,
        )
        return self._invocation(str(created["FunctionArn"]))

    @staticmethod
    def _invocation(function: str) -> str:
        start = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
        return f"{start}/{function}/invocations"

    def _add_method(self, path: str, header: str, function: str) -> None:
        authorizer = self.gateway.create_authorizer(
            restApiId=self.id,
            name=path,
            type="TOKEN",
            authorizerUri=function,
            identitySource=f"method.request.header.{header}",
            authorizerResultTtlInSeconds=300,
        )["id"]
        resource = self.gateway.create_resource(
            restApiId=self.id, parentId=self.root, pathPart=path
        )["id"]
        method = {"restApiId": self.id, "resourceId": resource, "httpMethod": "GET"}
        self.gateway.put_method(
            **method, authorizationType="CUSTOM", authorizerId=authorizer, apiKeyRequired=True
        )
        self.gateway.put_integration(
            **method, type="AWS_PROXY", integrationHttpMethod="POST", uri=self.echo
        )

    def new_key(self) -> tuple[str, str]:
        value = uuid.uuid4().hex
        key = self.gateway.create_api_key(name=f"key-{value}", value=value, enabled=True)
        return str(key["id"]), value

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        base = f"{self.machine.settings.endpoint_url}/restapis/{self.id}/prod/_user_request_"
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{base}/{path}", headers=given)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture(scope="module")
def api(machine: LocalMachine) -> KeyedApi:
    return KeyedApi(machine)


def test_a_key_is_taken_from_the_header_that_each_path_reads(api: KeyedApi) -> None:
    for _ in range(2):  # The second time the authorizer's answer is remembered.
        status, context = api.get("v2", Authorization=f"DeepL-Auth-Key {api.value}")
        assert (status, json.loads(context)) == (200, {"principalId": "api-key"})
        assert api.get("model", x_api_key=api.value)[0] == 200


def test_a_key_that_no_plan_has_is_refused(api: KeyedApi) -> None:
    _, other = api.new_key()
    for value in ("unknown", other):
        assert api.get("v2", Authorization=f"DeepL-Auth-Key {value}")[0] == 403
        assert api.get("model", x_api_key=value)[0] == 403


def test_a_missing_key_is_refused(api: KeyedApi) -> None:
    assert api.get("v2", x_api_key=api.value)[0] == 401
    assert api.get("v2", Authorization="Bearer a key")[0] == 401
    assert api.get("model", Authorization=f"DeepL-Auth-Key {api.value}")[0] == 401


def test_a_key_that_is_removed_stops_working_though_the_answer_is_remembered(
    api: KeyedApi,
) -> None:
    key, value = api.new_key()
    api.gateway.create_usage_plan_key(usagePlanId=api.plan, keyId=key, keyType="API_KEY")
    assert api.get("model", x_api_key=value)[0] == 200

    api.gateway.delete_api_key(apiKey=key)

    assert api.get("model", x_api_key=value)[0] == 403


def test_a_stack_says_where_keys_come_from(machine: LocalMachine) -> None:
    cloudformation, name = machine.client("cloudformation"), f"keys-{uuid.uuid4().hex[:8]}"
    properties = {"Name": name, "ApiKeySourceType": "AUTHORIZER"}
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": properties}
    outputs = {"ApiId": {"Value": {"Ref": "Api"}}}
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"Api": api}, "Outputs": outputs})
    )

    def created() -> str | None:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        done = stack["StackStatus"] == "CREATE_COMPLETE"
        return str(stack["Outputs"][0]["OutputValue"]) if done else None

    found = machine.client("apigateway").get_rest_api(restApiId=eventually(created))
    assert found["apiKeySource"] == "AUTHORIZER"
