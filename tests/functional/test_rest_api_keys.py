"""A service deployed with API keys: each client with its key where that client puts it."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
from collections.abc import Iterator, Mapping

import deepl
import pytest
from libretranslatepy import LibreTranslateAPI

from local.settings import REPOSITORY
from tests.functional.rest_service import JSON, Answer, RestService

SENTENCE, TRANSLATION = "this is so cool", "das ist so kühl"
BODY = json.dumps({"instances": [{"data": SENTENCE}]}).encode()
WRONG = "a-key-that-nobody-has-been-given"
BODIES = {
    "/translate": BODY,
    "/v2/translate": json.dumps({"text": [SENTENCE], "target_lang": "DE"}).encode(),
    "/libretranslate/translate": json.dumps(
        {"q": SENTENCE, "source": "en", "target": "de"}
    ).encode(),
}


@contextlib.contextmanager
def proxy(service: RestService, key: str) -> Iterator[str]:
    """The client's proxy with a key in its environment and no AWS credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    given = {"TRANSLATION_API_URL": service.url, "TRANSLATION_API_KEY": key}
    command = [sys.executable, "-m", "client", "proxy", "--port", "0"]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=kept | given, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[0]
        finally:
            process.terminate()


def post(service: RestService, path: str, headers: Mapping[str, str]) -> Answer:
    return service.send("POST", path, BODIES[path], {"content-type": JSON, **headers})


def test_a_key_in_its_own_header_translates(keyed_service: RestService, key: str) -> None:
    answer = post(keyed_service, "/translate", {"x-api-key": key})
    assert answer.json() == {"predictions": [{"target": TRANSLATION}]}
    answer = post(keyed_service, "/libretranslate/translate", {"x-api-key": key})
    assert answer.json() == {"translatedText": TRANSLATION}


def test_deepls_package_sends_its_key_itself(keyed_service: RestService, key: str) -> None:
    client = deepl.DeepLClient(key, server_url=f"{keyed_service.url}/")
    result = client.translate_text([SENTENCE, f"{SENTENCE}\n{SENTENCE}"], target_lang="DE")
    assert isinstance(result, list)
    assert [item.text for item in result] == [TRANSLATION, f"{TRANSLATION}\n{TRANSLATION}"]
    assert [language.code for language in client.get_source_languages()] == ["EN"]


def test_deepls_package_with_another_key_is_refused(keyed_service: RestService) -> None:
    client = deepl.DeepLClient(WRONG, server_url=f"{keyed_service.url}/")
    with pytest.raises(deepl.AuthorizationException):
        client.translate_text(SENTENCE, target_lang="DE")


def test_both_packages_work_through_the_proxy_with_its_key(
    keyed_service: RestService, key: str
) -> None:
    with proxy(keyed_service, key) as address:
        libre = LibreTranslateAPI(f"{address}/libretranslate")
        assert libre.translate(SENTENCE, "en", "de") == TRANSLATION
        assert [language["code"] for language in libre.languages()] == ["en", "de"]
        client = deepl.DeepLClient("unused", server_url=address)
        result = client.translate_text(SENTENCE, target_lang="DE")
        assert isinstance(result, deepl.TextResult)
        assert result.text == TRANSLATION


def test_a_proxy_with_another_key_gets_the_services_refusal(keyed_service: RestService) -> None:
    with proxy(keyed_service, WRONG) as address:
        libre = LibreTranslateAPI(f"{address}/libretranslate")
        with pytest.raises(urllib.error.HTTPError) as refused:
            libre.translate(SENTENCE, "en", "de")
        with refused.value as answer:
            assert (answer.code, json.load(answer)["code"]) == (403, "forbidden")


@pytest.mark.parametrize("path", BODIES)
def test_without_a_key_of_ours_nobody_gets_in(keyed_service: RestService, path: str) -> None:
    unsuitable: list[Mapping[str, str]] = [
        {},
        {"x-api-key": WRONG},
        {"authorization": f"DeepL-Auth-Key {WRONG}"},
    ]
    for headers in unsuitable:
        answer = post(keyed_service, path, headers)
        assert answer.refusal() == (403, "forbidden"), headers
        assert answer.headers["x-request-id"] == answer.headers["x-amzn-requestid"]
    assert keyed_service.call("POST", path, BODIES[path]).refusal() == (403, "forbidden")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/translate", "POST"), ("/model", "GET, HEAD"), ("/v2/usage", "GET, POST, HEAD")],
)
def test_without_origins_options_is_a_method_like_others(
    keyed_service: RestService, key: str, path: str, allowed: str
) -> None:
    headers = {"x-api-key": key, "authorization": f"DeepL-Auth-Key {key}"}
    answer = keyed_service.send("OPTIONS", path, b"", headers)
    assert answer.status == 405
    assert answer.headers["allow"] == allowed
    assert answer.json()["code"] == "method_not_allowed"
