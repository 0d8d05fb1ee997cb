from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError as AwsError

from client import ClientError
from client.addresses import Addresses
from client.transport import region_of

OUTPUTS = {
    "demo-api": {"ApiId": "a1", "ApiUrl": "https://a1.execute-api.eu-central-1.amazonaws.com/prod"},
    "demo-retraining": {"StateMachineArn": "arn:aws:states:::x"},
    "demo-storage": {"BucketName": "own"},
    "empty-api": {},
}


class FakeSession:
    def __init__(self, error: str = "Stack with id x does not exist") -> None:
        self.meta = SimpleNamespace(region_name="eu-central-1")
        self.error = error

    def create_client(self, service: str) -> "FakeSession":
        assert service == "cloudformation"
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        if StackName not in OUTPUTS:
            details = {"Code": "ValidationError", "Message": self.error}
            raise AwsError({"Error": details}, "DescribeStacks")
        outputs = OUTPUTS[StackName].items()
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs]}]}


def test_the_environment_comes_first() -> None:
    environ = {
        "TRANSLATION_API_URL": "http://127.0.0.1:4566/restapis/a1/prod/_user_request_/",
        "STATE_MACHINE_ARN": "arn:local",
        "TRANSLATION_BUCKET": "local",
    }
    addresses = Addresses(FakeSession(), environ, "demo")

    assert addresses.api_url() == "http://127.0.0.1:4566/restapis/a1/prod/_user_request_"
    assert addresses.state_machine_arn() == "arn:local"
    assert addresses.bucket() == "local"


def test_otherwise_the_stacks_outputs_say_it() -> None:
    addresses = Addresses(FakeSession(), {}, "demo")

    assert addresses.api_url() == "https://a1.execute-api.eu-central-1.amazonaws.com/prod"
    assert addresses.state_machine_arn() == "arn:aws:states:::x"
    assert addresses.bucket() == "own"


@pytest.mark.parametrize(
    ("name", "words"),
    [("other", "there is no stack other-api in eu-central-1"), ("empty", "has no output ApiUrl")],
)
def test_a_service_that_is_not_there_is_named_with_the_remedies(name: str, words: str) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        Addresses(FakeSession(), {}, name).api_url()
    assert "--name, or set TRANSLATION_API_URL" in str(caught.value)


def test_another_refusal_of_cloudformation_is_not_taken_for_a_missing_stack() -> None:
    with pytest.raises(AwsError, match="not authorized"):
        Addresses(FakeSession("not authorized"), {}, "other").api_url()


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://a1.execute-api.eu-central-1.amazonaws.com/prod", "eu-central-1"),
        ("https://a1.execute-api.cn-north-1.amazonaws.com.cn/prod", "cn-north-1"),
        ("http://127.0.0.1:4566/restapis/a1/prod/_user_request_", None),
        ("https://translate.example.org", None),
    ],
)
def test_the_region_is_read_from_api_gateways_own_host_names(url: str, region: str | None) -> None:
    assert region_of(url) == region
