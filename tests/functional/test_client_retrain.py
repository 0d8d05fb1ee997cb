import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError as AwsError

from client import command_line
from client.command_line import main
from protocol.retraining import RetrainingInput

ARN = "arn:aws:states:us-east-1:000000000000:execution:translation-retraining:e1"
STARTED = datetime(2026, 11, 22, 16, tzinfo=UTC)


PARTS = [f"{role}{side}" for role in ("", "validation-", "test-") for side in ("source", "target")]


class FakeAws:
    """The session and its clients in one: a bucket, and a state machine that has just ended."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.input: Mapping[str, Any] = {}
        self.interrupted = False
        self.outcome: dict[str, str] = {
            "status": "SUCCEEDED",
            "output": json.dumps(
                {
                    "model_data": "s3://own/executions/e1/model/job/output/model.tar.gz",
                    "metrics": {"validation:bleu": 41.5, "validation:accuracy": 0.7},
                    "promoted": True,
                    "reason": "BLEU 41.50 is 1.00 above the served model's 40.50",
                    "evaluation": "s3://own/executions/e1/evaluation/evaluation.json",
                }
            ),
        }

    def create_client(self, _service: str) -> "FakeAws":
        return self

    def head_object(self, **_request: Any) -> None:
        raise AwsError({"Error": {"Code": "404"}}, "HeadObject")

    def put_object(self, Bucket: str, Key: str, Body: io.BufferedReader) -> None:  # noqa: N803
        self.objects[f"s3://{Bucket}/{Key}"] = Body.read()

    def start_execution(self, **request: Any) -> dict[str, str]:
        assert request["stateMachineArn"] == "arn:machine"
        self.input = json.loads(request["input"])
        return {"executionArn": ARN}

    def describe_execution(self, **_request: Any) -> dict[str, Any]:
        if self.interrupted:
            raise KeyboardInterrupt
        return {"startDate": STARTED, **self.outcome}

    def get_execution_history(self, **_request: Any) -> dict[str, Any]:
        entered = [("CheckInput", 1), ("Train", 75)]
        events = [
            {
                "id": identity,
                "timestamp": STARTED + timedelta(seconds=seconds),
                "stateEnteredEventDetails": {"name": name},
            }
            for identity, (name, seconds) in enumerate(entered, start=1)
        ]
        return {"events": events[::-1]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    aws = FakeAws()
    monkeypatch.setattr(command_line, "aws_session", lambda: aws)
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:machine")
    monkeypatch.setenv("TRANSLATION_BUCKET", "own")
    return aws


@pytest.mark.usefixtures("aws")
def test_states_are_printed_as_they_are_entered_and_then_the_metrics(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["retrain"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        ARN,
        "[  0:01] CheckInput",
        "[  1:15] Train",
        "validation:accuracy: 0.7",
        "validation:bleu: 41.5",
        "model: s3://own/executions/e1/model/job/output/model.tar.gz",
        "promoted: yes",
        "reason: BLEU 41.50 is 1.00 above the served model's 40.50",
        "evaluation: s3://own/executions/e1/evaluation/evaluation.json",
    ]


def test_local_files_are_uploaded_before_the_machine_starts(aws: FakeAws, tmp_path: Path) -> None:
    options = []
    for part in PARTS:
        (tmp_path / part).write_text(f"text of {part}", encoding="utf-8")
        options += [f"--{part}", str(tmp_path / part)]

    assert main(["retrain", *options, "--max-lines", "50", "--no-promote", "--force"]) == 0

    wanted = RetrainingInput.parse(aws.input)
    assert aws.objects[wanted.corpus.source] == b"text of source"
    assert aws.objects[wanted.corpus.validation_target] == b"text of validation-target"
    assert len(aws.objects) == len(PARTS)
    assert (wanted.max_lines, wanted.promote, wanted.force) == (50, False, True)


def test_without_waiting_only_the_arn_is_printed(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.outcome = {"status": "RUNNING"}

    assert main(["retrain", "--no-wait"]) == 0
    assert capsys.readouterr().out == f"{ARN}\n"


def test_a_failed_execution_prints_its_error_and_cause(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.outcome = {"status": "FAILED", "error": "TrainingFailed", "cause": "job e1: no GPU"}

    assert main(["retrain"]) == 1
    assert capsys.readouterr().err == "error: TrainingFailed: job e1: no GPU\n"


def test_an_interruption_says_that_the_execution_goes_on_and_how_to_stop_it(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.interrupted = True

    assert main(["retrain"]) == 130

    told = capsys.readouterr().err
    assert "the execution goes on" in told
    assert f"python -m client cancel {ARN}" in told


def test_a_wrong_input_starts_nothing_and_is_a_usage_error(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["retrain", "--source", "train.en"]) == 2

    assert "must be given together" in capsys.readouterr().err
    assert aws.input == {}


def test_lines_are_a_number_or_all(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrain", "--max-lines", "all", "--no-wait"]) == 0
    assert aws.input["max_lines"] is None

    with pytest.raises(SystemExit):
        main(["retrain", "--max-lines", "many"])
    assert "--max-lines: invalid" in capsys.readouterr().err


def test_a_missing_file_starts_nothing(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("source", "target", "validation-source", "validation-target")
    options = [word for name in names for word in (f"--{name}", "/nonexistent/train")]

    assert main(["retrain", *options]) == 1

    assert "there is no file /nonexistent/train" in capsys.readouterr().err
    assert aws.input == {}


def test_cleaning_is_asked_for_with_flags(aws: FakeAws) -> None:
    options = ["--max-length-ratio", "3", "--drop-duplicates", "--target-script", "Latin"]

    assert main(["retrain", *options, "--no-wait"]) == 0

    assert aws.input["cleaning"] == {
        "max_length_ratio": 3.0,
        "drop_duplicates": True,
        "target_script": "Latin",
    }
