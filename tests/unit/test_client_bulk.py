"""`python -m client translate-file`: what it asks for, what it shows and what it saves."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError as AwsError
from botocore.exceptions import ReadTimeoutError

from client import command_line
from client.command_line import main

ARN = "arn:aws:states:us-east-1:000000000000:execution:translation-bulk:e1"


class FakeAws:
    """The session and its clients in one: a bucket, and an execution that has just ended."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.input: Mapping[str, Any] = {}
        self.outcome: dict[str, str] = {}
        self.language = "de"
        self.when_it_ends: Callable[[], object] = lambda: None
        self.output: dict[str, Any] = {
            "files": 1,
            "lines": 3,
            "sentences": 2,
            "failed_lines": 1,
            "outputs": ["s3://own/bulk/news.txt.de"],
            "transform": {"sentences_per_second": 12.5},
        }

    def create_client(self, _service: str) -> "FakeAws":
        return self

    def head_object(self, **_request: Any) -> None:
        raise AwsError({"Error": {"Code": "404"}}, "HeadObject")

    def put_object(self, Bucket: str, Key: str, Body: io.BufferedReader) -> None:  # noqa: N803
        self.objects[f"s3://{Bucket}/{Key}"] = Body.read()

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self.objects[f"s3://{Bucket}/{Key}"])}

    def start_execution(self, **request: Any) -> dict[str, str]:
        assert request["stateMachineArn"] == "arn:bulk"
        self.input = json.loads(request["input"])
        return {"executionArn": ARN}

    def get_parameter(self, **request: Any) -> dict[str, Any]:
        assert request == {"Name": "/translation/model"}
        if not self.language:
            raise AwsError({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")
        record = {"model_data": "s3://own/m.tar.gz", "target_language": self.language}
        return {"Parameter": {"Value": json.dumps(record)}}

    def describe_execution(self, **_request: Any) -> dict[str, Any]:
        self.when_it_ends()
        succeeded = {"status": "SUCCEEDED", "output": json.dumps(self.output)}
        return {"startDate": datetime.now(UTC), **(self.outcome or succeeded)}

    def get_execution_history(self, **_request: Any) -> dict[str, Any]:
        return {"events": []}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    aws = FakeAws()
    monkeypatch.setattr(command_line, "aws_session", lambda: aws)
    monkeypatch.setenv("BULK_STATE_MACHINE_ARN", "arn:bulk")
    monkeypatch.setenv("TRANSLATION_BUCKET", "own")
    return aws


def test_a_file_in_s3_is_translated_where_it_lies(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["translate-file", "s3://own/bulk/news.txt", "--instances", "2"]) == 0
    assert aws.input == {"input": "s3://own/bulk/news.txt", "instances": 2}
    assert capsys.readouterr().out.splitlines() == [
        ARN,
        "result: s3://own/bulk/news.txt.de",
        "2 sentences of 3 lines, 12.5 a second in this execution",
        "1 lines could not be translated and are empty; the manifest beside the result says why",
    ]


def test_a_local_file_is_uploaded_and_its_result_saved_beside_it(
    aws: FakeAws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my news.txt.gz"
    path.write_bytes(b"packed")
    folder = "s3://own/bulk/uploads/f12d0c5bc9ba9a8a/"
    aws.output |= {"outputs": [f"{folder}my_news.txt.de.gz"], "failed_lines": 0}
    aws.objects[f"{folder}my_news.txt.de.gz"] = b"gepackt"

    assert main(["translate-file", str(path)]) == 0

    uploaded = aws.input["input"]
    assert uploaded.startswith("s3://own/corpora/")
    assert aws.objects[uploaded] == b"packed"
    assert aws.input["output"] == f"s3://own/bulk/uploads/{uploaded.split('/')[-2]}/"
    result = tmp_path / "my news.txt.de.gz"
    assert result.read_bytes() == b"gepackt"
    assert capsys.readouterr().out.endswith(f"saved: {result}\n")


def test_the_result_of_a_local_file_may_go_elsewhere(aws: FakeAws, tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes(b"you\n")
    (tmp_path / "out").mkdir()
    aws.objects["s3://own/bulk/news.txt.de"] = b"du\n"

    assert main(["translate-file", str(path), "--output", str(tmp_path / "out")]) == 0

    assert (tmp_path / "out" / "news.txt.de").read_bytes() == b"du\n"


@pytest.fixture
def earlier(tmp_path: Path, aws: FakeAws) -> Path:
    """An earlier result beside news.txt, where the new one belongs."""
    (tmp_path / "news.txt").write_bytes(b"you\n")
    aws.objects["s3://own/bulk/news.txt.de"] = b"du\n"
    path = tmp_path / "news.txt.de"
    path.write_bytes(b"edited by hand\n")
    return path


def test_an_earlier_result_is_not_overwritten_and_nothing_is_sent(
    aws: FakeAws, earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = dict(aws.objects)
    assert main(["translate-file", str(earlier.with_suffix(""))]) == 1
    assert capsys.readouterr().err == (
        f"error: {earlier} is there already and is not overwritten; move it, give another folder "
        "with --output, or replace it with --force\n"
    )
    assert earlier.read_bytes() == b"edited by hand\n"
    assert (aws.objects, aws.input) == (kept, {})


def test_the_result_of_another_language_is_in_nobodys_way(aws: FakeAws, earlier: Path) -> None:
    aws.language, aws.output["outputs"] = "fr", ["s3://own/bulk/news.txt.fr"]
    aws.objects["s3://own/bulk/news.txt.fr"] = b"toi\n"
    assert main(["translate-file", str(earlier.with_suffix(""))]) == 0
    assert earlier.with_suffix(".fr").read_bytes() == b"toi\n"
    assert earlier.read_bytes() == b"edited by hand\n"


@pytest.mark.usefixtures("aws")
def test_force_replaces_an_earlier_result(earlier: Path) -> None:
    assert main(["translate-file", str(earlier.with_suffix("")), "--force"]) == 0
    assert earlier.read_bytes() == b"du\n"
    assert {path.name for path in earlier.parent.iterdir()} == {"news.txt", "news.txt.de"}


def test_who_does_not_wait_has_nothing_overwritten(aws: FakeAws, earlier: Path) -> None:
    assert main(["translate-file", str(earlier.with_suffix("")), "--no-wait"]) == 0
    assert aws.input
    assert earlier.read_bytes() == b"edited by hand\n"


def test_a_file_that_comes_meanwhile_is_not_overwritten(
    aws: FakeAws, earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier.unlink()
    aws.when_it_ends = lambda: earlier.write_bytes(b"of another\n")
    assert main(["translate-file", str(earlier.with_suffix(""))]) == 1
    assert capsys.readouterr().err == (
        f"error: {earlier} is there already and is not overwritten; "
        "the result is s3://own/bulk/news.txt.de\n"
    )
    assert earlier.read_bytes() == b"of another\n"


def test_a_result_that_breaks_off_leaves_what_was_there(
    aws: FakeAws, earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise ReadTimeoutError(endpoint_url="https://s3")
            return super().read(size)

    monkeypatch.setattr(aws, "get_object", lambda **_: {"Body": Broken(b"du\n")})
    assert main(["translate-file", str(earlier.with_suffix("")), "--force"]) == 1
    assert earlier.read_bytes() == b"edited by hand\n"
    assert {path.name for path in earlier.parent.iterdir()} == {"news.txt", "news.txt.de"}


def test_without_a_model_nothing_is_uploaded(
    aws: FakeAws, earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.language, kept = "", dict(aws.objects)
    assert main(["translate-file", str(earlier.with_suffix(""))]) == 1
    assert "no model is served yet" in capsys.readouterr().err
    assert aws.objects == kept


def test_many_results_are_counted(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.output |= {"files": 30, "transform": {"sentences_per_second": None}}
    assert main(["translate-file", "s3://own/bulk/"]) == 0
    out = capsys.readouterr().out
    assert "and 29 more files\n2 sentences of 3 lines\n" in out


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["s3://own"], "input must be s3://BUCKET/KEY", 2),
        (["s3://own/bulk/a", "--instances", "0"], "instances must be a whole number", 2),
        (["nothing.txt"], "there is no file nothing.txt", 1),
        (["nothing.txt", "--shard-lines", "0"], "shard_lines must be a whole number", 2),
        (["nothing.txt", "--output", "s3://own/x/"], "is no folder of this machine", 1),
        (["s3://own/bulk/a", "--force"], "--force replaces the result of a local file", 1),
        (["nothing.txt", "--force", "--no-wait"], "nothing is saved here", 1),
    ],
)
@pytest.mark.usefixtures("aws")
def test_mistakes_are_told_before_anything_starts(
    arguments: list[str], words: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["translate-file", *arguments]) == code
    assert words in capsys.readouterr().err


def test_a_failed_shard_is_told_and_nothing_is_saved(
    aws: FakeAws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "news.txt"
    path.write_bytes(b"you\n")
    cause = "1 of 3 shards are not translated, the first of them abc-000001"
    aws.outcome = {"status": "FAILED", "error": "ShardsFailed", "cause": cause}
    assert main(["translate-file", str(path)]) == 1
    assert capsys.readouterr().err == f"error: ShardsFailed: {cause}\n"
    assert [file.name for file in tmp_path.iterdir()] == ["news.txt"]


def test_one_need_not_wait(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate-file", "s3://own/bulk/a", "--no-wait", "--execution-name", "e"]) == 0
    assert capsys.readouterr().out == f"{ARN}\n"
