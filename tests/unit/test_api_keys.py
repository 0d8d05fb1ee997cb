import pytest

from api_keys.handler import UnauthorizedError, lambda_handler

METHOD = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/POST/v2/translate"


def event(token: str) -> dict[str, str]:
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": METHOD}


@pytest.mark.parametrize("token", ["k-123", "DeepL-Auth-Key k-123", " DeepL-Auth-Key  k-123 "])
def test_the_key_is_handed_over_from_either_header(token: str) -> None:
    answer = lambda_handler(event(token), None)
    assert answer["usageIdentifierKey"] == "k-123"
    assert "k-123" not in str({**answer, "usageIdentifierKey": ""})


def test_the_answer_holds_for_every_method_of_the_stage() -> None:
    (statement,) = lambda_handler(event("k-123"), None)["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] == "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*"


@pytest.mark.parametrize(
    "token", ["", " ", "DeepL-Auth-Key ", "Bearer k-123", "AWS4-HMAC-SHA256 a=b"]
)
def test_a_header_without_a_key_is_unauthorized(token: str) -> None:
    with pytest.raises(UnauthorizedError, match="^Unauthorized$"):
        lambda_handler(event(token), None)
