"""What the serving process reads from its environment, and nothing else does."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nmt.decoding_length import MAX_DECODING_LENGTH
from nmt.translator import TranslatorConfig, available_cores
from protocol.configuration import MAX_BEAM_SIZE

ALL_INTERFACES = "0.0.0.0"  # noqa: S104 - a container is reached from outside by design
DEFAULT_ROOT = Path("/opt/ml")
PREFIX = "SERVING_"
KNOWN = (
    "SERVING_HOST",
    "SERVING_THREADS",
    "SERVING_COMPUTE_TYPE",
    "SERVING_DEVICE",
    "SERVING_MAX_INSTANCES",
    "SERVING_MAX_SOURCE_PIECES",
    "SERVING_MAX_BEAM_SIZE",
    "SERVING_MAX_DECODING_LENGTH",
    "SERVING_MAX_BATCH_SIZE",
    "SERVING_MAX_WAITING_SENTENCES",
    "SERVING_MAX_WAITING_PIECES",
    "SERVING_REQUEST_SECONDS",
)
BYTES_PER_MB = 1024 * 1024
MAX_PAYLOAD_IN_FLIGHT_MB = 100
"""Batch transform allows no more than this over all its concurrent requests."""
BATCH_TRANSFORM_SECONDS = 540
"""Batch transform waits for 600 seconds unless it is told otherwise."""
BATCH_TRANSFORM_INSTANCES = 100_000


class SettingsError(ValueError):
    """An environment variable has a value that the process cannot run with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestLimits:
    """What one request may ask for; more is refused before any work is done."""

    max_body_mb: int = 6
    max_instances: int = 1024
    max_source_pieces: int = 1024
    """Of one sentence, or of one part of a text that is split."""
    max_beam_size: int = MAX_BEAM_SIZE
    max_decoding_length: int = MAX_DECODING_LENGTH
    seconds: float = 25
    """API Gateway gives up after 29 seconds and SageMaker after 60."""

    @property
    def max_body_bytes(self) -> int:
        return self.max_body_mb * BYTES_PER_MB


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLimits:
    """What may wait for a translator, and what one call of it takes."""

    max_sentences: int = 1024
    max_pieces: int = 65536
    max_batch_size: int = 64
    """Sentences of one call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingSettings:
    """Everything that can be set about the process; see `from_environment` for the names."""

    root: Path = DEFAULT_ROOT
    """SageMaker's folder; the model lies unpacked in `model` below it."""
    host: str = ALL_INTERFACES
    port: int = 8080
    num_threads: int = field(default_factory=available_cores)
    device: str = "auto"
    compute_type: str | None = None
    limits: RequestLimits = field(default_factory=RequestLimits)
    queue: QueueLimits = field(default_factory=QueueLimits)

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise SettingsError(f"SAGEMAKER_BIND_TO_PORT must be 1 to 65535, not {self.port}")
        if self.limits.max_beam_size > MAX_BEAM_SIZE:
            raise SettingsError(
                f"SERVING_MAX_BEAM_SIZE must be 1 to {MAX_BEAM_SIZE}, "
                f"not {self.limits.max_beam_size}"
            )

    @property
    def model_folder(self) -> Path:
        return self.root / "model"

    @property
    def translator(self) -> TranslatorConfig:
        """How CTranslate2 is to run.

        Raises:
            SettingsError: there is no such device.
        """
        try:
            return TranslatorConfig(
                device=self.device,
                compute_type=self.compute_type,
                num_threads=self.num_threads,
                max_source_length=self.limits.max_source_pieces,
                max_batch_size=self.queue.max_batch_size,
            )
        except ValueError as error:
            raise SettingsError(f"SERVING_DEVICE: {error}") from error

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "ServingSettings":
        """Read SageMaker's variables and our own, which start with `SERVING_`.

        Raises:
            SettingsError: names the variable, its value and what would be right.
        """
        if unknown := sorted(key for key in environ if key.startswith(PREFIX) and key not in KNOWN):
            raise SettingsError(f"unknown setting {unknown[0]}; known: {', '.join(KNOWN)}")
        settings = cls(
            root=Path(environ.get("SAGEMAKER_ROOT") or DEFAULT_ROOT),
            host=environ.get("SERVING_HOST") or ALL_INTERFACES,
            port=_count(environ, "SAGEMAKER_BIND_TO_PORT", 8080),
            num_threads=_count(environ, "SERVING_THREADS", available_cores()),
            device=environ.get("SERVING_DEVICE") or "auto",
            compute_type=environ.get("SERVING_COMPUTE_TYPE") or None,
            limits=_request_limits(environ),
            queue=_queue_limits(environ),
        )
        _ = settings.translator  # the device is checked before anything is loaded
        return settings


def _request_limits(environ: Mapping[str, str]) -> RequestLimits:
    limits = RequestLimits()
    in_batch_transform = environ.get("SAGEMAKER_BATCH", "").lower() == "true"
    instances = BATCH_TRANSFORM_INSTANCES if in_batch_transform else limits.max_instances
    seconds = BATCH_TRANSFORM_SECONDS if in_batch_transform else int(limits.seconds)
    return RequestLimits(
        max_body_mb=_count(environ, "SAGEMAKER_MAX_PAYLOAD_IN_MB", limits.max_body_mb),
        max_instances=_count(environ, "SERVING_MAX_INSTANCES", instances),
        max_source_pieces=_count(environ, "SERVING_MAX_SOURCE_PIECES", limits.max_source_pieces),
        max_beam_size=_count(environ, "SERVING_MAX_BEAM_SIZE", limits.max_beam_size),
        max_decoding_length=_count(
            environ, "SERVING_MAX_DECODING_LENGTH", limits.max_decoding_length
        ),
        seconds=_count(environ, "SERVING_REQUEST_SECONDS", seconds),
    )


def _queue_limits(environ: Mapping[str, str]) -> QueueLimits:
    limits = QueueLimits()
    return QueueLimits(
        max_sentences=_count(environ, "SERVING_MAX_WAITING_SENTENCES", limits.max_sentences),
        max_pieces=_count(environ, "SERVING_MAX_WAITING_PIECES", limits.max_pieces),
        max_batch_size=_count(environ, "SERVING_MAX_BATCH_SIZE", limits.max_batch_size),
    )


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise SettingsError(f"{name} must be a whole number of at least 1, not {text!r}")
    return int(text)
