"""File names of the processing job's output and of a trained model; the model's manifest."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TRAIN_RECORDS = "train.rec"
VALIDATION_RECORDS = "val.rec"
SOURCE_VOCABULARY = "vocab.src.json"
TARGET_VOCABULARY = "vocab.trg.json"
SUBWORDS = "subwords.json"
MANIFEST = "manifest.json"
SAMPLES = "samples.json"
VERIFICATION = "verification.json"
TEST_FOLDER = "test"
"""In an execution's folder: the text that candidates are judged by, a line for each sentence."""
TEST_SOURCE = "source.txt"
TEST_TARGET = "target.txt"
CTRANSLATE2_FOLDER = "ctranslate2"
WEIGHTS = "weights.pt"
"""PyTorch's, to train further from; serving does not read it."""
LEARNING_CURVE = "learning_curve.json"
LEARNING_CURVE_PLOT = "learning_curve.svg"
MODEL_ARCHIVE = "model.tar.gz"
CHANNELS = ("train", "validation", "vocab")
INITIAL_MODEL_CHANNEL = "model"
"""Optional: the archive of an earlier model to go on training from."""

MANIFEST_FORMAT_VERSION = 1


class ManifestError(ValueError):
    """A model's manifest is missing or does not say what this service needs to know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelManifest:
    """What a model archive says of itself; `GET /model` shows it to callers."""

    source_language: str
    target_language: str
    training_job: str
    created_at: str
    """UTC, ISO 8601 with seconds."""
    metrics: dict[str, float]
    """`validation:bleu`, `validation:perplexity` and `validation:accuracy` of the kept weights."""
    hyperparameters: dict[str, str]
    """As the training job received them."""
    num_parameters: int
    source_vocabulary_size: int
    target_vocabulary_size: int
    max_source_length: int
    """In pieces; longer sentences were never seen in training."""
    max_decoding_length: int
    beam_size: int
    subwords: bool = False
    metric_signatures: dict[str, str] = field(default_factory=dict)
    """sacrebleu's, for the metrics that have one."""
    effective_hyperparameters: dict[str, Any] = field(default_factory=dict)
    """With defaults filled in, and what was decided where none is given."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file that the job learned from."""
    versions: dict[str, str] = field(default_factory=dict)
    num_batches: int = 0
    kept_batch: int = 0
    """The batch after which the weights were as they are."""
    training_seconds: float = 0.0
    """Validation included, and the time before a resumption."""
    end_reason: str = ""
    """Why the training ended, in its own words."""
    format_version: int = MANIFEST_FORMAT_VERSION

    def save(self, path: Path) -> None:
        """Write the manifest as JSON, whole or not at all."""
        partial = path.with_name(path.name + ".partial")
        partial.write_text(
            json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "ModelManifest":
        """Read a manifest.

        Raises:
            ManifestError: the file is missing, not JSON, of another format version, or has keys
                missing or unknown.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error
        return cls.parse(content, path)

    @classmethod
    def parse(cls, text: bytes, path: Path | str) -> "ModelManifest":
        """Read a manifest's JSON; `path` only names it in messages.

        Raises:
            ManifestError: as `load`.
        """
        try:
            content = json.loads(text.decode("utf-8"))
        except ValueError as error:
            raise ManifestError(f"{path}: not JSON: {error}") from error
        return cls._from_content(content, path)

    @classmethod
    def _from_content(cls, content: Any, path: Path | str) -> "ModelManifest":
        if not isinstance(content, dict):
            raise ManifestError(f"{path}: a manifest is a JSON object")
        version = content.get("format_version")
        if version != MANIFEST_FORMAT_VERSION:
            raise ManifestError(
                f"{path}: format version {version!r}, this service reads {MANIFEST_FORMAT_VERSION}"
            )
        fields = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(content.keys() - fields):
            raise ManifestError(f"{path}: unknown keys {', '.join(unknown)}")
        try:
            return cls(**content)
        except TypeError as error:
            raise ManifestError(f"{path}: {error}") from error
