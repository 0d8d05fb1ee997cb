"""Where SageMaker puts a training job's input and looks for its output, and reading that input."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.artifacts import (
    CHANNELS,
    INITIAL_MODEL_CHANNEL,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
)

DEFAULT_ROOT = "/opt/ml"
LOCAL = "local"
"""In the place of an instance type: the machine of whoever started the job, not a paid one."""
MAX_FAILURE_LENGTH = 1024
"""SageMaker shows this much of the failure file as the job's FailureReason."""


class JobInputError(ValueError):
    """The job was started without something it needs; the message says what."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The paths of one job."""

    root: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Folders":
        """The container's root, or the one that the environment names."""
        return cls(Path(environ.get("SAGEMAKER_ROOT", DEFAULT_ROOT)))

    @property
    def train_records(self) -> Path:
        return self._channel("train") / TRAIN_RECORDS

    @property
    def validation_records(self) -> Path:
        return self._channel("validation") / VALIDATION_RECORDS

    @property
    def vocabularies(self) -> Path:
        return self._channel("vocab")

    @property
    def initial_model(self) -> Path:
        """There only when training goes on from an earlier model."""
        return self._channel(INITIAL_MODEL_CHANNEL)

    @property
    def subwords(self) -> Path:
        """There only when the corpus was cut into subwords."""
        return self.vocabularies / SUBWORDS

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    def read_hyperparameters(self) -> dict[str, Any]:
        """The job's hyperparameters, values as SageMaker wrote them.

        Raises:
            JobInputError: the file is missing or is not a JSON object.
        """
        return _json_object(self._configuration("hyperparameters.json"))

    def data_files(self) -> list[Path]:
        """Every file of the channels that the job learns from; subwords only when there."""
        vocabularies = [self.vocabularies / name for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY)]
        subwords = [self.subwords] if self.subwords.exists() else []
        return [self.train_records, self.validation_records, *vocabularies, *subwords]

    def check_channels(self) -> None:
        """Refuse a job that lacks a channel or a file in one.

        Raises:
            JobInputError: names what is missing and what is there.
        """
        for channel in CHANNELS:
            if not self._channel(channel).is_dir():
                raise JobInputError(
                    f"channel {channel} is missing; the job needs {', '.join(CHANNELS)}"
                )
        for path in self.data_files():
            if not path.is_file():
                there = ", ".join(sorted(file.name for file in path.parent.iterdir())) or "nothing"
                raise JobInputError(
                    f"channel {path.parent.name} has no {path.name}; it holds {there}"
                )

    def resources(self) -> dict[str, Any]:
        """The job's hosts and instance type; empty outside SageMaker.

        Raises:
            JobInputError: the file that says so is not a JSON object.
        """
        path = self._configuration("resourceconfig.json")
        return _json_object(path) if path.exists() else {}

    def instance_type(self) -> str:
        """What the job runs on: `LOCAL` outside SageMaker, empty where SageMaker does not say.

        Raises:
            JobInputError: the file that says so is not a JSON object.
        """
        resources = self.resources() or {"current_instance_type": LOCAL}
        return str(resources.get("current_instance_type", ""))

    def write_failure(self, reason: str) -> None:
        """Leave the reason where SageMaker takes a job's FailureReason from."""
        path = self.root / "output" / "failure"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(reason[:MAX_FAILURE_LENGTH], encoding="utf-8")

    def _channel(self, name: str) -> Path:
        return self.root / "input" / "data" / name

    def _configuration(self, name: str) -> Path:
        return self.root / "input" / "config" / name


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobInputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise JobInputError(f"{path.name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise JobInputError(f"{path.name} must be a JSON object, not {content!r}")
    return content
