"""Official clients of other translation services against the deployed service."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import deepl
import pytest
from libretranslatepy import LibreTranslateAPI

from tests.e2e.conftest import LOCAL, REPOSITORY
from tests.e2e.deployment import Deployment

SENTENCE = "can you drive a car ?"

pytestmark = pytest.mark.skipif(not LOCAL, reason="another service may not have them turned on")


@pytest.fixture(scope="module")
def address(deployment: Deployment) -> Iterator[str]:
    """The signing proxy before the service, with the deployment's credentials."""
    assert deployment.api.url
    command = [sys.executable, "-m", "client", "proxy", "--port", "0"]
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(process.terminate)
        assert process.stdout
        yield process.stdout.readline().split()[0]


@pytest.mark.usefixtures("first_model")
def test_deepls_package_translates(deployment: Deployment, address: str) -> None:
    (expected,) = deployment.api.translate(SENTENCE)
    client = deepl.DeepLClient("any", server_url=address)
    result = client.translate_text([SENTENCE, f"{SENTENCE}\n{SENTENCE}"], target_lang="DE")
    assert isinstance(result, list)
    target = expected["target"]
    assert [item.text for item in result] == [target, f"{target}\n{target}"]
    assert {item.detected_source_lang for item in result} == {"EN"}
    assert [language.code for language in client.get_target_languages()] == ["DE"]
    assert not client.get_usage().any_limit_reached
    with pytest.raises(deepl.DeepLException, match="Value for 'target_lang' not supported"):
        client.translate_text(SENTENCE, target_lang="FR")


@pytest.mark.usefixtures("first_model")
def test_libretranslates_package_translates(deployment: Deployment, address: str) -> None:
    (expected,) = deployment.api.translate(SENTENCE)
    client = LibreTranslateAPI(f"{address}/libretranslate")
    assert client.translate(SENTENCE, "en", "de") == expected["target"]
    assert [language["code"] for language in client.languages()] == ["en", "de"]


@pytest.mark.usefixtures("first_model")
def test_without_the_proxy_nobody_gets_in(deployment: Deployment) -> None:
    for path in ("/v2/translate", "/libretranslate/translate", "/v2/languages"):
        answer = deployment.api.call("POST", path, b"{}", signed=False)
        assert (answer.status, answer.json()["code"]) == (403, "forbidden")
