"""Official clients of other translation services, over HTTP, through the real function."""

import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import deepl
import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from libretranslatepy import LibreTranslateAPI

from client.proxy import SigningProxy
from client.proxy_forwarding import Forwarding
from client.transport import Signature
from deepl_api.parameters import PARAMETERS
from libretranslate_api.adapter import LIBRETRANSLATE
from libretranslate_api.translation_request import PARAMETERS as LIBRETRANSLATE_PARAMETERS
from protocol.translation import ErrorCode, RequestError
from tests.functional.api_gateway_server import ApiGatewayServer
from tests.functional.serving_thread import serving
from tests.functional.test_client_http import CREDENTIALS
from tests.functional.test_translate_api_events import aws_error
from translate_api.adapters import LANGUAGES_SECONDS, ServedLanguages
from translate_api.http_request import HttpRequest
from translate_api.routes import compose
from translate_api.routing import Router
from translate_api.settings import Settings

MODEL = {"source_language": "en", "target_language": "de"}
FORM = "application/x-www-form-urlencoded"


class Endpoint:
    """Stands for SageMaker's: upper case for a translation, and what it was sent."""

    def __init__(self) -> None:
        self.instances: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        assert request["ContentType"] == request["Accept"] == "application/json"
        if self.failure:
            raise self.failure
        instances = json.loads(request["Body"])["instances"]
        self.instances += instances
        answer = {"predictions": [self._prediction(instance) for instance in instances]}
        return {"Body": io.BytesIO(json.dumps(answer).encode())}

    @staticmethod
    def _prediction(instance: dict[str, Any]) -> dict[str, Any]:
        target = instance["data"].upper()
        count = instance.get("configuration", {}).get("alternatives", 1)
        others = [{"target": f"{target} {index}"} for index in range(1, count)]
        return {"target": target} | ({"alternatives": others} if others else {})


class Parameters:
    """Stands for SSM, which says what is served."""

    def __init__(self) -> None:
        self.languages = dict(MODEL)

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        assert Name == "/translation/model"
        record = {"model_data": "s3://b/j/output/model.tar.gz", "engine": "builtin"}
        return {"Parameter": {"Value": json.dumps(record | self.languages)}}


def function(endpoint: Endpoint, parameters: Parameters, **settings: bool) -> Router:
    """The whole function over these stand-ins."""
    return compose(
        Settings(
            endpoint_name="translation",
            model_parameter="/translation/model",
            state_machine_name="translation-retraining",
            **settings,  # type: ignore[arg-type]
        ),
        SimpleNamespace(runtime=lambda _seconds: endpoint, ssm=parameters, s3=None),
    )


BOTH = {"deepl_api": True, "libretranslate_api": True}


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture(scope="module")
def router(endpoint: Endpoint) -> Router:
    return function(endpoint, Parameters(), **BOTH)


@pytest.fixture(scope="module")
def address(router: Router) -> Iterator[str]:
    server = ApiGatewayServer(router)
    with serving(server):
        yield server.url


@pytest.fixture(autouse=True)
def _as_at_the_start(endpoint: Endpoint) -> None:
    endpoint.failure = None
    endpoint.instances.clear()


@pytest.fixture
def client(address: str, monkeypatch: pytest.MonkeyPatch) -> deepl.DeepLClient:
    monkeypatch.setattr("deepl.http_client.max_network_retries", 0)
    return deepl.DeepLClient("any", server_url=f"{address}/")


@pytest.fixture
def libre(address: str) -> LibreTranslateAPI:
    return LibreTranslateAPI(f"{address}/libretranslate", api_key="any")


def test_deepls_package_translates_a_text_and_a_list(
    client: deepl.DeepLClient, endpoint: Endpoint
) -> None:
    single = client.translate_text("good day\nto you", target_lang="DE")
    assert isinstance(single, deepl.TextResult)
    assert (single.text, single.detected_source_lang) == ("GOOD DAY\nTO YOU", "EN")
    assert single.billed_characters == len("good day\nto you")

    several = client.translate_text(
        ["grüß dich 🥊", ""],
        source_lang="EN",
        target_lang=deepl.Language.GERMAN,
        formality=deepl.Formality.PREFER_MORE,
        split_sentences=deepl.SplitSentences.OFF,
        context="a greeting",
        preserve_formatting=True,
    )
    assert isinstance(several, list)
    assert [result.text for result in several] == ["GRÜSS DICH 🥊", ""]
    split = {"split_sentences": True}
    assert [item["configuration"] for item in endpoint.instances] == [split, split, {}]


def test_deepls_package_sees_the_languages(client: deepl.DeepLClient) -> None:
    (source,) = client.get_source_languages()
    (target,) = client.get_target_languages()
    assert (source.code, source.name) == ("EN", "English")
    assert (target.code, target.name, target.supports_formality) == ("DE", "German", False)


def test_deepls_package_knows_that_it_knows_no_usage(client: deepl.DeepLClient) -> None:
    usage = client.get_usage()
    assert not usage.any_limit_reached
    assert not usage.character.valid


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target_lang": "FR"}, "Value for 'target_lang' not supported"),
        ({"target_lang": "DE", "source_lang": "FR"}, "Value for 'source_lang' not supported"),
        ({"target_lang": "DE", "formality": "less"}, "'formality' is not supported"),
        ({"target_lang": "DE", "tag_handling": "xml"}, "'tag_handling' is not supported"),
        (
            {"target_lang": "DE", "source_lang": "EN", "glossary": "id"},
            "'glossary_id' is not supported",
        ),
        (
            {"target_lang": "DE", "extra_body_parameters": {"formalty": "more"}},
            "'formalty' is not a known parameter",
        ),
    ],
)
def test_deepls_package_is_told_what_cannot_be_honoured(
    client: deepl.DeepLClient, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(deepl.DeepLException, match=f"Bad request, message: {words}") as caught:
        client.translate_text("good day", **options)
    assert caught.value.http_status_code == 400


@pytest.mark.parametrize(
    ("failure", "kind", "status", "words"),
    [
        (
            aws_error("ThrottlingException"),
            deepl.TooManyRequestsException,
            429,
            "too many requests",
        ),
        (aws_error("ModelNotReadyException"), deepl.DeepLException, 503, "try again shortly"),
        (
            aws_error("ValidationError", "Could not find endpoint e: not found"),
            deepl.DeepLException,
            503,
            "no model is deployed yet",
        ),
        (ReadTimeoutError(endpoint_url="https://private"), deepl.DeepLException, 504, "too long"),
        (RuntimeError("secret"), deepl.DeepLException, 500, "the service failed"),
    ],
)
def test_deepls_package_understands_failures(
    client: deepl.DeepLClient,
    endpoint: Endpoint,
    failure: Exception,
    kind: type[deepl.DeepLException],
    status: int,
    words: str,
) -> None:
    endpoint.failure = failure
    with pytest.raises(kind, match=words) as caught:
        client.translate_text("good day", target_lang="DE")
    assert caught.value.http_status_code == status
    assert not any(word in str(caught.value) for word in ("private", "secret"))


def test_deepls_package_is_told_that_other_operations_are_not_there(
    client: deepl.DeepLClient,
) -> None:
    with pytest.raises(deepl.DeepLException, match="there is no such path") as caught:
        client.get_glossary_languages()
    assert caught.value.http_status_code == 404


def test_an_english_model_answers_the_variants_that_deepls_package_demands() -> None:
    parameters = Parameters()
    parameters.languages = {"source_language": "de", "target_language": "en"}
    server = ApiGatewayServer(function(Endpoint(), parameters, deepl_api=True))
    with serving(server):
        client = deepl.DeepLClient("any", server_url=f"{server.url}/")
        codes = [language.code for language in client.get_target_languages()]
        assert codes == ["EN-GB", "EN-US"]
        result = client.translate_text("guten tag", target_lang="EN-GB")
        assert isinstance(result, deepl.TextResult)
        assert (result.text, result.detected_source_lang) == ("GUTEN TAG", "DE")


def posted(address: str, path: str, body: bytes, content_type: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{address}{path}", data=body, headers={"content-type": content_type}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_deepls_form_bodies_are_taken_too(address: str) -> None:
    body = b"text=one&text=two+%C3%BC&target_lang=DE&show_billed_characters=1"
    status, content = posted(address, "/v2/translate", body, FORM)
    assert status == 200
    assert [item["text"] for item in content["translations"]] == ["ONE", "TWO Ü"]
    assert [item["billed_characters"] for item in content["translations"]] == [3, 5]


def test_libretranslates_package_translates(libre: LibreTranslateAPI) -> None:
    assert libre.translate("grüß dich\n\nto you", "en", "de") == "GRÜSS DICH\n\nTO YOU"
    assert libre.languages() == [
        {"code": "en", "name": "English", "targets": ["de"]},
        {"code": "de", "name": "German", "targets": []},
    ]


@pytest.mark.parametrize(("source", "target"), [("auto", "de"), ("fr", "de"), ("en", "fr")])
def test_libretranslates_package_is_refused_other_languages(
    libre: LibreTranslateAPI, source: str, target: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        libre.translate("good day", source, target)
    with caught.value as error:
        content = json.load(error)
    assert (error.code, content["code"]) == (400, "bad_request")
    assert "is not supported" in content["error"]


def test_libretranslates_package_is_told_that_nothing_is_detected(
    libre: LibreTranslateAPI,
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        libre.detect("good day")
    with caught.value as error:
        assert error.code == 404


def test_libretranslates_json_takes_lists_and_alternatives(address: str) -> None:
    fields = {"q": ["a", "b"], "source": "en", "target": "de", "alternatives": 1}
    path, body = "/libretranslate/translate", json.dumps(fields).encode()
    assert posted(address, path, body, "application/json") == (
        200,
        {"translatedText": ["A", "B"], "alternatives": [["A 1"], ["B 1"]]},
    )


@pytest.mark.parametrize("path", ["/v2/translate", "/libretranslate/translate"])
def test_refusals_have_the_shape_of_their_api(address: str, path: str) -> None:
    key = "message" if path.startswith("/v2") else "error"
    for body, content_type, status in (
        (b"{", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"text": ["\\ud800"], "q": "\\ud800"}', "application/json", 400),
    ):
        answered, content = posted(address, path, body, content_type)
        assert answered == status
        assert content[key]


def test_both_packages_work_through_the_signing_proxy(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = SigningProxy(0, Forwarding(address, Signature(CREDENTIALS, "eu-central-1")))
    with serving(proxy):
        client = deepl.DeepLClient("any", server_url=proxy.url)
        result = client.translate_text("good day", target_lang="DE")
        assert isinstance(result, deepl.TextResult)
        assert result.text == "GOOD DAY"
        assert [language.code for language in client.get_target_languages()] == ["DE"]
        libre = LibreTranslateAPI(f"{proxy.url}/libretranslate")
        assert libre.translate("good day", "en", "de") == "GOOD DAY"


def test_adapters_are_off_unless_turned_on() -> None:
    server = ApiGatewayServer(function(Endpoint(), Parameters()))
    with serving(server):
        for path in ("/v2/translate", "/libretranslate/translate"):
            status, content = posted(server.url, path, b"{}", "application/json")
            assert (status, content["code"]) == (404, "not_found")


def test_the_languages_are_looked_up_again_after_a_while() -> None:
    now = 0.0
    described = dict(MODEL)
    served = ServedLanguages(lambda: described, clock=lambda: now)
    assert served.pair().target == "de"
    described["target_language"] = "fr"
    now = LANGUAGES_SECONDS
    assert served.pair().target == "de"
    now += 1
    assert served.pair().target == "fr"


def test_a_service_without_a_model_is_asked_again() -> None:
    def none() -> dict[str, str]:
        raise RequestError("no model", ErrorCode.NO_MODEL)

    served = ServedLanguages(none)
    for _ in range(2):
        with pytest.raises(RequestError, match="no model"):
            served.pair()


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["EN", "de", "auto", "0", "1", "html", "nonewlines", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
names = st.sampled_from(
    [*(parameter.name for parameter in PARAMETERS), *LIBRETRANSLATE_PARAMETERS, "type", "x"]
)
fields = st.dictionaries(names, json_values, max_size=6)
bodies = (
    st.tuples(fields.map(json.dumps), st.just("application/json"))
    | st.tuples(
        st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"]), max_size=8)).map(
            urlencode
        ),
        st.just(FORM),
    )
    | st.tuples(st.text(max_size=20), st.sampled_from(["application/json", FORM, "", ";"]))
)


@given(
    path=st.sampled_from(
        ["/v2/translate", "/v2/languages", "/v2/usage", *LIBRETRANSLATE.operations]
    ),
    body=bodies,
    query=st.none() | st.dictionaries(names, st.lists(st.text(max_size=3), min_size=1)),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_callers_mistake_never_becomes_a_5xx(
    router: Router, path: str, body: tuple[str, str], query: dict[str, list[str]] | None
) -> None:
    event = {
        "httpMethod": "GET" if path == "/libretranslate/languages" else "POST",
        "resource": path,
        "headers": {"content-type": body[1]},
        "multiValueQueryStringParameters": query,
        "body": body[0],
    }

    answer = router.answer(HttpRequest.from_event(event))

    assert answer.status < 500
    content = json.loads(answer.body)
    if answer.status >= 400:
        assert content.keys() == {"message" if path.startswith("/v2") else "error", "code"}
