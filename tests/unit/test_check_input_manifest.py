import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from check_input.manifest import MAX_BYTES, resolve
from protocol.retraining import InputError

URI = "s3://own/manifests/retrain.json"
NAMED = {"manifest": URI}


class FakeS3:
    def __init__(self, body: bytes = b"", error: str = "") -> None:
        self.body = body
        self.error = error

    def get_object(self, **request: str) -> dict[str, Any]:
        assert request == {"Bucket": "own", "Key": "manifests/retrain.json"}
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": "no"}}, "GetObject")
        return {"Body": io.BytesIO(self.body), "ContentLength": len(self.body)}


def resolved(content: object, s3: FakeS3, uri: str = URI) -> object:
    return resolve(content, uri, lambda: s3)


def test_a_manifest_holds_what_an_input_holds() -> None:
    wanted = {"max_lines": 100, "wait": True}
    assert resolved(NAMED, FakeS3(json.dumps(wanted).encode())) == wanted


@pytest.mark.parametrize("content", [{"promote": False}, {}, None, "text"])
def test_an_input_without_a_manifest_reads_nothing(content: object) -> None:
    def no_client() -> Any:
        raise AssertionError("S3 is not asked")

    assert resolve(content, URI, no_client) is content


def test_a_service_without_triggers_knows_no_manifest() -> None:
    # The parser then refuses the key as it refuses every unknown one.
    assert resolved(NAMED, FakeS3(), uri="") == NAMED


@pytest.mark.parametrize(
    ("content", "s3", "words"),
    [
        ({"manifest": "s3://own/other.json"}, FakeS3(), f"manifest must be {URI}"),
        ({**NAMED, "promote": False}, FakeS3(), "put promote into it"),
        (NAMED, FakeS3(error="NoSuchKey"), f"there is no {URI}"),
        (NAMED, FakeS3(error="AccessDenied"), f"there is no {URI}"),
        (NAMED, FakeS3(b"{"), f"{URI} is not JSON"),
        (NAMED, FakeS3(b"\xff\xfe\xfd"), f"{URI} is not JSON"),
        (NAMED, FakeS3(b"[" * 100_000), f"{URI} is not JSON"),
        (NAMED, FakeS3(b" " * (MAX_BYTES + 1)), "262,145 bytes"),
        (NAMED, FakeS3(json.dumps(NAMED).encode()), "names no other manifest"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_an_owners_mistake(
    content: object, s3: FakeS3, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        resolved(content, s3)


def test_a_passing_failure_of_s3_is_not_an_owners_mistake() -> None:
    with pytest.raises(ClientError):
        resolved(NAMED, FakeS3(error="SlowDown"))
