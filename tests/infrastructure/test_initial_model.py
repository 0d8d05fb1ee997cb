"""Training that goes on from an earlier model, from the input to the jobs' requests."""

import pytest

from tests.infrastructure.retraining_machine import Run
from tests.infrastructure.synthesis import BUCKET, Synthesis

MODEL = f"s3://{BUCKET}/executions/monday/model/m-t0/output/model.tar.gz"


def test_preprocessing_and_training_are_given_the_model(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = Run(pytorch.definition()).start(monkeypatch, {"initial_model": MODEL}, "Tuesday")
    assert ended.status == "SUCCEEDED", ended.cause

    preprocessing, *_ = ended.sent("createProcessingJob.sync")
    arguments = preprocessing["AppSpecification"]["ContainerArguments"]
    assert arguments[arguments.index("--initial-model") + 1] == MODEL
    (training,) = ended.sent("createTrainingJob.sync")
    channels = {channel["ChannelName"]: channel for channel in training["InputDataConfig"]}
    assert list(channels) == ["train", "validation", "vocab", "model"]
    assert channels["model"] == {
        "ChannelName": "model",
        "ContentType": "application/x-sagemaker-model",
        "InputMode": "File",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": MODEL,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def test_without_one_there_is_no_such_channel(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    (training,) = (
        Run(pytorch.definition()).start(monkeypatch, {}, "Monday").sent("createTrainingJob.sync")
    )
    names = [channel["ChannelName"] for channel in training["InputDataConfig"]]
    assert names == ["train", "validation", "vocab"]
    uri = training["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri == f"s3://{BUCKET}/executions/Monday/train"


def test_the_built_in_algorithm_cannot_go_on(
    builtin: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(builtin.definition(), engine="builtin")
    ended = run.start(monkeypatch, {"initial_model": MODEL}, "Tuesday")
    assert (ended.status, ended.error) == ("FAILED", "InvalidInput")
    assert "has no incremental training" in ended.cause
