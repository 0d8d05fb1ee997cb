import json
from typing import Any

import pytest

from check_input.settings import Settings as CheckSettings
from protocol.schemas import request_model
from protocol.translation import HTTP_STATUS, ErrorCode
from tests.infrastructure.synthesis import ORIGIN, Synthesis
from translate_api import openapi
from translate_api.settings import Settings as ApiSettings

INTERNAL = ("DEFAULT_5XX", "INTEGRATION_FAILURE")


def methods(synthesis: Synthesis) -> dict[tuple[str, str], dict[str, Any]]:
    """Every method's properties by verb and path."""
    resources = synthesis.resources("Api", "AWS::ApiGateway::Resource")

    def path(reference: dict[str, Any]) -> str:
        if "Ref" not in reference:
            return ""
        properties = resources[reference["Ref"]]["Properties"]
        return f"{path(properties['ParentId'])}/{properties['PathPart']}"

    found = synthesis.resources("Api", "AWS::ApiGateway::Method").values()
    properties = [method["Properties"] for method in found]
    return {(item["HttpMethod"], path(item["ResourceId"]) or "/"): item for item in properties}


def test_the_methods_are_the_contracts_and_the_rest_reaches_the_function(
    pytorch: Synthesis,
) -> None:
    assert set(methods(pytorch)) == {
        *((verb, path) for path, verb in described_methods()),
        *(("ANY", path) for path in ("/", "/vocabulary", "/{proxy+}")),
        *(("ANY", path) for path, _ in described_methods()),
    }


def described_methods() -> list[tuple[str, str]]:
    """Every path and method of the OpenAPI document."""
    paths = openapi.document()["paths"]
    return [
        (path, verb.upper())
        for path, operations in paths.items()
        for verb in operations
        if verb != "parameters"
    ]


def test_methods_demand_a_signature(pytorch: Synthesis) -> None:
    for method in methods(pytorch).values():
        assert method["AuthorizationType"] == "AWS_IAM"
        assert method["Integration"]["Type"] == "AWS_PROXY"
        assert method["Integration"]["TimeoutInMillis"] == 29_000


def test_an_owner_can_choose_keys(chosen: Synthesis) -> None:
    for (verb, _), method in methods(chosen).items():
        assert method["AuthorizationType"] == "NONE"
        assert verb == "OPTIONS" or method["ApiKeyRequired"] is True
    plan = chosen.one("Api", "AWS::ApiGateway::UsagePlan")["Properties"]
    assert plan["Throttle"] == {"BurstLimit": 100, "RateLimit": 7}
    assert chosen.resources("Api", "AWS::ApiGateway::UsagePlanKey")
    assert "ApiKeyId" in chosen.template("Api")["Outputs"]


def test_the_api_is_regional_and_protobuf_is_binary(pytorch: Synthesis) -> None:
    api = pytorch.one("Api", "AWS::ApiGateway::RestApi")["Properties"]
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["BinaryMediaTypes"] == ["application/x-recordio-protobuf"]


def test_json_bodies_and_no_others_are_validated(pytorch: Synthesis) -> None:
    model = pytorch.one("Api", "AWS::ApiGateway::Model")["Properties"]
    assert model["ContentType"] == "application/json"
    assert model["Schema"] == request_model()
    (name,) = pytorch.resources("Api", "AWS::ApiGateway::Model")
    (validator,) = pytorch.resources("Api", "AWS::ApiGateway::RequestValidator")
    validated = {
        place: method for place, method in methods(pytorch).items() if "RequestModels" in method
    }
    assert set(validated) == {("POST", "/translate")}
    method = validated["POST", "/translate"]
    assert method["RequestModels"] == {"application/json": {"Ref": name}}
    assert method["RequestValidatorId"] == {"Ref": validator}
    deployment = pytorch.one("Api", "AWS::ApiGateway::Deployment")
    assert name in deployment["DependsOn"]


def test_compressed_bodies_are_unzipped(pytorch: Synthesis) -> None:
    api = pytorch.one("Api", "AWS::ApiGateway::RestApi")["Properties"]
    assert api["MinimumCompressionSize"] == 1024


def test_pages_may_call_only_where_the_owner_names_them(
    pytorch: Synthesis, chosen: Synthesis
) -> None:
    assert not [verb for verb, _ in methods(pytorch) if verb == "OPTIONS"]
    paths = {path for _, path in methods(chosen)}
    for path in paths:
        preflight = methods(chosen)["OPTIONS", path]
        assert preflight["AuthorizationType"] == "NONE"
        assert "ApiKeyRequired" not in preflight or not preflight["ApiKeyRequired"]
    api = chosen.one("Api", "AWS::Lambda::Function")["Properties"]["Environment"]["Variables"]
    assert ApiSettings.from_environment(api).cors_origins == {ORIGIN}
    for synthesis, allowed in ((pytorch, None), (chosen, f"'{ORIGIN}'")):
        for response in synthesis.resources("Api", "AWS::ApiGateway::GatewayResponse").values():
            headers = response["Properties"]["ResponseParameters"]
            assert headers.get("gatewayresponse.header.Access-Control-Allow-Origin") == allowed


def test_requests_are_traced_on_aws_only(pytorch: Synthesis, local: Synthesis) -> None:
    for synthesis, traced in ((pytorch, True), (local, False)):
        function = synthesis.one("Api", "AWS::Lambda::Function")["Properties"]
        stage = synthesis.one("Api", "AWS::ApiGateway::Stage")["Properties"]
        assert (function.get("TracingConfig") == {"Mode": "Active"}) is traced
        assert stage["TracingEnabled"] is traced


def test_the_stage_throttles_and_logs(pytorch: Synthesis) -> None:
    stage = pytorch.one("Api", "AWS::ApiGateway::Stage")["Properties"]
    assert stage["StageName"] == "prod"
    (settings,) = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == 50
    assert settings["ThrottlingBurstLimit"] == 100
    assert settings["DataTraceEnabled"] is False
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"requestId", "caller", "status", "latency"} <= line.keys()


def test_every_log_is_kept_for_as_long_as_the_owner_says(
    pytorch: Synthesis, chosen: Synthesis
) -> None:
    for synthesis, days in ((pytorch, 90), (chosen, 30)):
        for stack in ("Api", "Retraining"):
            groups = synthesis.resources(stack, "AWS::Logs::LogGroup")
            assert groups
            assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {days}


def test_gateway_responses_have_the_services_shape(pytorch: Synthesis) -> None:
    responses = pytorch.resources("Api", "AWS::ApiGateway::GatewayResponse").values()
    for response in responses:
        properties = response["Properties"]
        template = properties["ResponseTemplates"]["application/json"]
        headers = properties["ResponseParameters"]
        assert headers["gatewayresponse.header.x-request-id"] == "context.requestId"
        body = json.loads(template.replace("$context.error.messageString", '"words"'))
        assert body.keys() == {"message", "code"}
        assert properties["StatusCode"] == str(HTTP_STATUS[ErrorCode(body["code"])])
        if properties["ResponseType"] in INTERNAL:
            assert "$context" not in template


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("REQUEST_TOO_LARGE", "413", "too_large"),
        ("THROTTLED", "429", "throttled"),
        ("MISSING_AUTHENTICATION_TOKEN", "403", "forbidden"),
        ("INVALID_SIGNATURE", "403", "forbidden"),
        ("ACCESS_DENIED", "403", "forbidden"),
        ("INTEGRATION_TIMEOUT", "504", "timeout"),
        ("UNSUPPORTED_MEDIA_TYPE", "415", "unsupported_media_type"),
        ("BAD_REQUEST_BODY", "400", "bad_request"),
        ("DEFAULT_4XX", "403", "forbidden"),
        ("DEFAULT_5XX", "500", "internal"),
    ],
)
def test_gateway_responses_have_the_right_code(
    pytorch: Synthesis, kind: str, status: str, code: str
) -> None:
    responses = pytorch.resources("Api", "AWS::ApiGateway::GatewayResponse").values()
    (properties,) = (
        response["Properties"]
        for response in responses
        if response["Properties"]["ResponseType"] == kind
    )
    assert properties["StatusCode"] == status
    assert f'"code": "{code}"' in properties["ResponseTemplates"]["application/json"]
    headers = properties["ResponseParameters"]
    assert ("gatewayresponse.header.Retry-After" in headers) is (kind == "THROTTLED")


def test_what_is_too_large_is_told_both_limits(pytorch: Synthesis) -> None:
    responses = pytorch.resources("Api", "AWS::ApiGateway::GatewayResponse").values()
    (template,) = (
        response["Properties"]["ResponseTemplates"]["application/json"]
        for response in responses
        if response["Properties"]["ResponseType"] == "REQUEST_TOO_LARGE"
    )
    message = json.loads(template)["message"]
    assert "10 MB" in message
    assert "6 MB" in message
    assert "4.5 MB of protobuf" in message


def test_a_changed_refusal_is_deployed(pytorch: Synthesis) -> None:
    deployment = pytorch.one("Api", "AWS::ApiGateway::Deployment")
    responses = pytorch.resources("Api", "AWS::ApiGateway::GatewayResponse")
    assert set(responses) <= set(deployment["DependsOn"])


def test_the_function_answers_before_the_gateway_gives_up(pytorch: Synthesis) -> None:
    function = pytorch.one("Api", "AWS::Lambda::Function")["Properties"]
    assert function["Timeout"] == 28
    assert function["Runtime"] == "python3.12"
    assert function["Architectures"] == ["x86_64"]
    assert function["Handler"] == "translate_api.handler.lambda_handler"


def test_the_functions_get_the_environment_that_they_read(pytorch: Synthesis) -> None:
    api = pytorch.one("Api", "AWS::Lambda::Function")["Properties"]["Environment"]["Variables"]
    settings = ApiSettings.from_environment(api)
    assert settings.endpoint_name == "translation"
    assert settings.model_parameter == "/translation/model"
    check = pytorch.function("Retraining", "CheckInput")["Environment"]
    read = CheckSettings.from_environment({**check["Variables"], "BUCKET": "b"})
    assert (read.engine, read.allow_file_corpora) == ("pytorch", False)
    assert read.corpus_buckets == frozenset()


def test_files_are_corpora_on_one_machine_only(local: Synthesis) -> None:
    function = local.function("Retraining", "CheckInput")
    assert function["Environment"]["Variables"]["ALLOW_FILE_CORPORA"] == "true"


def test_outputs_are_what_the_client_reads(pytorch: Synthesis) -> None:
    outputs = pytorch.template("Api")["Outputs"]
    assert {"ApiId", "ApiUrl", "StageName"} <= outputs.keys()
    address = outputs["ApiUrl"]["Value"]["Fn::Join"][1]
    assert address[0] == "https://"
    assert address[-1] == "/prod"
    assert "StateMachineArn" in pytorch.template("Retraining")["Outputs"]
