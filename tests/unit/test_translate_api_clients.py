from urllib.parse import parse_qs, urlsplit

import pytest

from translate_api.clients import Clients

OBJECT = {"Bucket": "translation-bucket", "Key": "executions/e1/description/vocab.src.json"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example-secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)


def signed_url() -> str:
    s3 = Clients().s3
    return str(s3.generate_presigned_url("get_object", Params=OBJECT, ExpiresIn=60))


def test_a_signed_address_is_of_the_region_with_signature_4() -> None:
    url = urlsplit(signed_url())

    assert url.hostname == "translation-bucket.s3.eu-central-1.amazonaws.com"
    assert url.path == "/executions/e1/description/vocab.src.json"
    query = parse_qs(url.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Credential"][0].endswith("/eu-central-1/s3/aws4_request")
    assert query["X-Amz-Expires"] == ["60"]


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_of_ones_own_keeps_its_host(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:4566")

    url = urlsplit(signed_url())

    assert url.netloc == "127.0.0.1:4566"
    assert url.path == f"/translation-bucket/{OBJECT['Key']}"
    assert "X-Amz-Signature" in parse_qs(url.query)
