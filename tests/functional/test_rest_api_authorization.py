"""Who gets in: of all these callers only the one who may call, with a signature of now."""

import datetime as dt
import json
import uuid
from dataclasses import replace

import botocore.auth
import pytest

from tests.functional.local_machine import policy
from tests.functional.rest_service import Answer, RestService, Signer

BODY = json.dumps({"instances": [{"data": "hello"}]}).encode()


def new_caller(service: RestService, *actions: str, resource: str = "*") -> Signer:
    """A user with a key, who may do these things."""
    iam = service.machine.client("iam")
    name = "caller-" + uuid.uuid4().hex[:8]
    iam.create_user(UserName=name)
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy([statement]))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Signer(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])


def translated(service: RestService, signer: Signer) -> Answer:
    return service.call("POST", "/translate", BODY, signer=signer)


def test_a_caller_with_permission_gets_in(rest_service: RestService) -> None:
    signer = new_caller(rest_service, "execute-api:Invoke")
    assert translated(rest_service, signer).status == 200


def test_permission_for_one_method_is_none_for_another(rest_service: RestService) -> None:
    api = rest_service.deployment.outputs("api")["ApiId"]
    allowed = f"arn:aws:execute-api:us-east-1:000000000000:{api}/prod/GET/model"
    signer = new_caller(rest_service, "execute-api:Invoke", resource=allowed)
    assert rest_service.call("GET", "/model", signer=signer).status == 200
    assert translated(rest_service, signer).refusal() == (403, "forbidden")


def test_a_signer_without_permission_is_refused_in_words(rest_service: RestService) -> None:
    for signer in (new_caller(rest_service), new_caller(rest_service, "s3:*")):
        answer = translated(rest_service, signer)
        assert answer.refusal() == (403, "forbidden")
        assert "not authorized to perform: execute-api:Invoke" in answer.json()["message"]
        assert answer.headers["x-request-id"] == answer.headers["x-amzn-requestid"]


def test_an_unsigned_request_is_refused(rest_service: RestService) -> None:
    headers = {"content-type": "application/json"}
    answer = rest_service.send("POST", "/translate", BODY, headers)
    assert answer.refusal() == (403, "forbidden")


@pytest.mark.parametrize(
    "change",
    [
        {"secret_access_key": "another-secret"},
        {"access_key_id": "AKIAUNKNOWNUNKNOWN00"},
        {"region": "eu-central-1"},
        {"service": "s3"},
        {"service": "sagemaker"},
    ],
)
def test_a_signature_of_another_key_region_or_service_is_refused(
    rest_service: RestService, change: dict[str, str]
) -> None:
    answer = translated(rest_service, replace(rest_service.signer, **change))
    assert answer.refusal() == (403, "forbidden")
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("minutes", [-6, 6, -24 * 60])
def test_a_signature_of_another_time_is_refused(
    rest_service: RestService, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    now = dt.datetime.now(dt.UTC)
    shifted = now + dt.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: shifted)
    assert translated(rest_service, rest_service.signer).refusal() == (403, "forbidden")


def test_a_signature_of_other_bytes_is_refused(rest_service: RestService) -> None:
    url = f"{rest_service.url}/translate"
    headers = rest_service.signer.headers("POST", url, BODY, {"content-type": "application/json"})
    other = BODY.replace(b"hello", b"world")
    assert rest_service.send("POST", "/translate", BODY, headers).status == 200
    assert rest_service.send("POST", "/translate", other, headers).refusal() == (403, "forbidden")
    assert rest_service.send("GET", "/model", b"", headers).refusal() == (403, "forbidden")


@pytest.mark.parametrize(
    "authorization", ["Bearer token", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x", ""]
)
def test_a_header_that_is_no_signature_is_refused(
    rest_service: RestService, authorization: str
) -> None:
    headers = {"content-type": "application/json", "authorization": authorization}
    answer = rest_service.send("POST", "/translate", BODY, headers)
    assert answer.refusal() == (403, "forbidden")


def test_a_key_that_is_turned_off_is_refused(rest_service: RestService) -> None:
    signer = new_caller(rest_service, "execute-api:Invoke")
    iam = rest_service.machine.client("iam")
    user = iam.get_access_key_last_used(AccessKeyId=signer.access_key_id)["UserName"]
    iam.update_access_key(UserName=user, AccessKeyId=signer.access_key_id, Status="Inactive")
    assert translated(rest_service, signer).refusal() == (403, "forbidden")
