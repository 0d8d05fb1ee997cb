import json
from pathlib import Path

import pytest

from protocol.artifacts import SOURCE_VOCABULARY, TRAIN_RECORDS
from tests.reversal import write_job
from training.folders import Folders, JobInputError


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    write_job(tmp_path, {"batch_size": "8"}, num_pairs=2)
    return Folders(tmp_path)


def write_hosts(folders: Folders, *hosts: str) -> None:
    content = {"current_host": hosts[0], "hosts": hosts}
    path = folders.root / "input" / "config" / "resourceconfig.json"
    path.write_text(json.dumps(content), encoding="utf-8")


def test_the_root_is_sagemakers_unless_the_environment_names_another() -> None:
    assert Folders.from_environment({}).model == Path("/opt/ml/model")
    assert Folders.from_environment({"SAGEMAKER_ROOT": "/job"}).model == Path("/job/model")


def test_a_complete_job_is_accepted(folders: Folders) -> None:
    write_hosts(folders, "algo-1")

    assert folders.resources()["hosts"] == ["algo-1"]
    folders.check_channels()
    assert folders.read_hyperparameters() == {"batch_size": "8"}


def test_a_missing_channel_is_named_with_those_needed(folders: Folders) -> None:
    folders.train_records.unlink()
    folders.train_records.parent.rmdir()

    with pytest.raises(
        JobInputError, match="channel train is missing; the job needs train, validation, vocab"
    ):
        folders.check_channels()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"train/{TRAIN_RECORDS}", r"channel train has no train\.rec; it holds nothing"),
        (
            f"vocab/{SOURCE_VOCABULARY}",
            r"channel vocab has no vocab\.src\.json; it holds vocab\.trg\.json",
        ),
    ],
)
def test_a_missing_file_is_named_with_what_is_there(
    folders: Folders, path: str, message: str
) -> None:
    (folders.root / "input" / "data" / path).unlink()

    with pytest.raises(JobInputError, match=message):
        folders.check_channels()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"hyperparameters\.json cannot be read: No such file"),
        ("{", r"hyperparameters\.json is not JSON"),
        ("[1]", r"hyperparameters\.json must be a JSON object, not \[1\]"),
    ],
)
def test_unreadable_hyperparameters_are_refused(
    folders: Folders, content: str | None, message: str
) -> None:
    path = folders.root / "input" / "config" / "hyperparameters.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(JobInputError, match=message):
        folders.read_hyperparameters()


def test_a_failure_is_cut_to_what_sagemaker_shows(folders: Folders) -> None:
    folders.write_failure("because " * 1000)

    written = (folders.root / "output" / "failure").read_text(encoding="utf-8")
    assert len(written) == 1024
    assert written.startswith("because because")
