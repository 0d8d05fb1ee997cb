"""How `up` ends; the deployment and the client's answers are stand-ins."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from examples.phrasebook import DEMO_SENTENCES
from local import commands, server_process
from local.__main__ import main
from local.demonstration import Demonstration
from local.settings import LocalSettings

RIGHT = [pair.target for pair in DEMO_SENTENCES]


class DeployedService:
    """A deployment without a model at first."""

    model = ""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings

    def deploy(self, context: Sequence[str]) -> None:
        pass

    def served_model(self) -> str:
        return self.model

    def addresses(self) -> dict[str, str]:
        return {"TRANSLATION_API_URL": "http://127.0.0.1:4566/api"}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the service answers to the seven sentences; a test may change it."""
    given = list(RIGHT)

    def client(_demonstration: Demonstration, _command: str, *_arguments: str) -> str:
        return "\n".join(given)

    monkeypatch.setattr(Demonstration, "_client", client)
    monkeypatch.setattr(Demonstration, "train", lambda _demonstration: None)
    monkeypatch.setattr(commands, "Deployment", DeployedService)
    monkeypatch.setattr(
        server_process, "find", lambda settings: SimpleNamespace(port=settings.port)
    )
    return given


def up(folder: Path) -> int:
    return main(["up", "--state", str(folder)])


def test_up_ends_well_when_every_translation_is_right(
    answers: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(tmp_path) == 0

    printed = capsys.readouterr()
    assert all(answer in printed.out for answer in answers)
    assert printed.err == ""


def test_up_fails_with_the_sentence_once_all_is_shown(
    answers: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers[2] = "etwas anderes ."

    assert up(tmp_path) == 1

    printed = capsys.readouterr()
    assert "As x-recordio-protobuf:" in printed.out
    assert "make status says what runs" in printed.out
    assert printed.err == (
        "up: 1 of 7 translations differ from the phrasebook's: "
        f"{DEMO_SENTENCES[2].source!r} became 'etwas anderes .', expected {RIGHT[2]!r}\n"
    )


def test_up_names_every_sentence_that_differs(
    answers: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers[:] = ["nein"] * len(RIGHT)

    assert up(tmp_path) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("up: 7 of 7 translations differ")
    assert all(repr(pair.source) in line and repr(pair.target) in line for pair in DEMO_SENTENCES)


def test_up_does_not_judge_a_model_of_the_owners(
    answers: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DeployedService, "model", "s3://bucket/model.tar.gz")
    answers[0] = "ganz anders"

    assert up(tmp_path) == 0

    printed = capsys.readouterr()
    assert "there is a model already" in printed.out
    assert "ganz anders" in printed.out
    assert printed.err == ""
