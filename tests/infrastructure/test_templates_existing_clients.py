"""What the settings for clients of other services put into the API's stack."""

from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.synthesis import Synthesis, synthesise
from tests.infrastructure.test_templates_api import methods
from translate_api.settings import Settings as ApiSettings

BOTH = {"deepl_api": "true", "libretranslate_api": True}
PATHS = {"/v2", "/v2/{proxy+}", "/libretranslate", "/libretranslate/{proxy+}"}


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    return synthesise(tmp_path_factory.mktemp("signed"), bundles, **BOTH)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    return synthesise(tmp_path_factory.mktemp("keyed"), bundles, api_auth="api_key", **BOTH)


@pytest.fixture(scope="module")
def keyed_libretranslate(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    settings = {"api_auth": "api_key", "libretranslate_api": "true"}
    return synthesise(tmp_path_factory.mktemp("libretranslate"), bundles, **settings)


def api_settings(synthesis: Synthesis) -> ApiSettings:
    functions = synthesis.resources("Api", "AWS::Lambda::Function").values()
    (environment,) = (
        function["Properties"]["Environment"]["Variables"]
        for function in functions
        if function["Properties"]["Handler"].startswith("translate_api.")
    )
    return ApiSettings.from_environment(environment)


def authorizers(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    """The properties of every authorizer, by logical id."""
    found = synthesis.resources("Api", "AWS::ApiGateway::Authorizer")
    return {name: resource["Properties"] for name, resource in found.items()}


def test_adapters_are_off_by_default(pytorch: Synthesis, chosen: Synthesis) -> None:
    for synthesis in (pytorch, chosen):
        settings = api_settings(synthesis)
        assert (settings.deepl_api, settings.libretranslate_api) == (False, False)
        assert not PATHS & {path for _, path in methods(synthesis)}
        assert authorizers(synthesis) == {}
        api = synthesis.one("Api", "AWS::ApiGateway::RestApi")["Properties"]
        assert api.get("ApiKeySourceType", "HEADER") == "HEADER"


def test_adapters_demand_a_signature_like_everything_else(signed: Synthesis) -> None:
    settings = api_settings(signed)
    assert (settings.deepl_api, settings.libretranslate_api) == (True, True)
    found = methods(signed)
    assert {path for _, path in found} >= PATHS
    assert {method["AuthorizationType"] for method in found.values()} == {"AWS_IAM"}
    assert authorizers(signed) == {}


def test_keys_come_from_an_authorizer_and_every_method_has_one(keyed: Synthesis) -> None:
    api = keyed.one("Api", "AWS::ApiGateway::RestApi")["Properties"]
    assert api["ApiKeySourceType"] == "AUTHORIZER"
    for method in methods(keyed).values():
        assert method["AuthorizationType"] == "CUSTOM"
        assert method["ApiKeyRequired"] is True


def test_the_key_is_read_where_each_client_sends_it(keyed: Synthesis) -> None:
    found = authorizers(keyed)
    for (_, path), method in methods(keyed).items():
        authorizer = found[method["AuthorizerId"]["Ref"]]
        header = "Authorization" if path in ("/v2", "/v2/{proxy+}") else "x-api-key"
        assert authorizer["IdentitySource"] == f"method.request.header.{header}"
    for authorizer in found.values():
        assert authorizer["Type"] == "TOKEN"
        assert authorizer["AuthorizerResultTtlInSeconds"] == 300
    (pattern,) = {a.get("IdentityValidationExpression") for a in found.values()} - {None}
    assert pattern == "^DeepL-Auth-Key .+$"


def test_the_authorizers_function_may_only_write_its_log(keyed: Synthesis) -> None:
    functions = keyed.resources("Api", "AWS::Lambda::Function").values()
    (function,) = (
        f["Properties"]
        for f in functions
        if f["Properties"]["Handler"] == "api_keys.handler.lambda_handler"
    )
    role = function["Role"]["Fn::GetAtt"][0]
    policies = keyed.resources("Api", "AWS::IAM::Policy").values()
    actions = [
        statement["Action"]
        for policy in policies
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert actions == [["logs:CreateLogStream", "logs:PutLogEvents"]]
    permissions = keyed.resources("Api", "AWS::Lambda::Permission").values()
    sources = [str(permission["Properties"].get("SourceArn")) for permission in permissions]
    assert sum("/authorizers/" in source for source in sources) == 2


def test_libretranslate_alone_needs_no_authorizer(keyed_libretranslate: Synthesis) -> None:
    assert authorizers(keyed_libretranslate) == {}
    found = methods(keyed_libretranslate)
    assert ("ANY", "/libretranslate/{proxy+}") in found
    assert ("ANY", "/v2/{proxy+}") not in found
    for method in found.values():
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", True)
