from pathlib import Path
from typing import Any, BinaryIO

import pytest
from botocore.exceptions import ClientError as AwsError

from client import ClientError, uploads
from client.uploads import upload_local_files


class FakeS3:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.num_puts = 0
        self.head_error = "404"

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        assert Bucket == "own"
        if Key not in self.objects:
            raise AwsError({"Error": {"Code": self.head_error}}, "HeadObject")
        return {"ContentLength": len(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: BinaryIO) -> None:  # noqa: N803
        assert Bucket == "own"
        self.num_puts += 1
        self.objects[Key] = Body.read()


def upload(value: str, s3: FakeS3) -> str:
    return upload_local_files({"source": value}, lambda: "own", s3)["source"]


def test_a_local_file_is_uploaded_under_its_contents_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "my train.en.gz"
    path.write_bytes(b"hello")
    s3 = FakeS3()

    uri = upload(str(path), s3)

    assert uri == "s3://own/corpora/2cf24dba5fb0a30e/my_train.en.gz"
    assert s3.objects == {"corpora/2cf24dba5fb0a30e/my_train.en.gz": b"hello"}


def test_the_same_content_is_sent_once_and_a_change_gets_a_new_address(tmp_path: Path) -> None:
    path = tmp_path / "train.en"
    s3 = FakeS3()
    path.write_bytes(b"one")
    first = upload(str(path), s3)
    assert upload(str(path), s3) == first
    assert s3.num_puts == 1

    path.write_bytes(b"two")
    assert upload(str(path), s3) != first
    assert s3.num_puts == 2


def test_a_member_of_a_local_archive_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "dev.tgz"
    path.write_bytes(b"archive")

    assert upload(f"{path}#newstest2014.tc.en", FakeS3()).endswith("/dev.tgz#newstest2014.tc.en")


def test_a_file_with_a_hash_sign_in_its_name_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "train#1.en"
    path.write_bytes(b"text")

    assert upload(str(path), FakeS3()).endswith("/train_1.en")


@pytest.mark.parametrize("uri", ["s3://other/x", "https://example.org/x.gz", "file:///data/x"])
def test_addresses_are_left_as_they_are(uri: str) -> None:
    s3 = FakeS3()

    assert upload(uri, s3) == uri
    assert s3.num_puts == 0


def test_a_missing_file_is_named_with_its_option(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match=r"source: there is no file .*train\.en"):
        upload(str(tmp_path / "train.en"), FakeS3())


def test_a_file_over_s3s_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.en"
    path.write_bytes(b"text")
    monkeypatch.setattr(uploads, "MAX_FILE_BYTES", 3)

    with pytest.raises(ClientError, match="compress it"):
        upload(str(path), FakeS3())


def test_a_refusal_of_s3_is_not_taken_for_a_missing_object(tmp_path: Path) -> None:
    path = tmp_path / "train.en"
    path.write_bytes(b"text")
    s3 = FakeS3()
    s3.head_error = "403"

    with pytest.raises(AwsError, match="403"):
        upload(str(path), s3)
