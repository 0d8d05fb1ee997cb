"""What the serving process reads from its environment, and nothing else does."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nmt.translator import TranslatorConfig, available_cores

ALL_INTERFACES = "0.0.0.0"  # noqa: S104 - a container is reached from outside by design
DEFAULT_ROOT = Path("/opt/ml")
PREFIX = "SERVING_"
KNOWN = (
    "SERVING_HOST",
    "SERVING_THREADS",
    "SERVING_COMPUTE_TYPE",
    "SERVING_DEVICE",
    "SERVING_MAX_SOURCE_PIECES",
    "SERVING_MAX_WAITING",
)
BYTES_PER_MB = 1024 * 1024
MAX_PAYLOAD_IN_FLIGHT_MB = 100
"""Batch transform allows no more than this over all its concurrent requests."""


class SettingsError(ValueError):
    """An environment variable has a value that the process cannot run with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingSettings:
    """Everything that can be set about the process; see `from_environment` for the names."""

    root: Path = DEFAULT_ROOT
    """SageMaker's folder; the model lies unpacked in `model` below it."""
    host: str = ALL_INTERFACES
    port: int = 8080
    num_threads: int = 1
    max_waiting: int = 64
    """Requests that may wait for a thread; one more is answered 503 at once."""
    max_body_mb: int = 6
    translator: TranslatorConfig = field(default_factory=TranslatorConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise SettingsError(f"SAGEMAKER_BIND_TO_PORT must be 1 to 65535, not {self.port}")

    @property
    def model_folder(self) -> Path:
        return self.root / "model"

    @property
    def max_body_bytes(self) -> int:
        return self.max_body_mb * BYTES_PER_MB

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "ServingSettings":
        """Read SageMaker's variables and our own, which start with `SERVING_`.

        Raises:
            SettingsError: names the variable, its value and what would be right.
        """
        if unknown := sorted(key for key in environ if key.startswith(PREFIX) and key not in KNOWN):
            raise SettingsError(f"unknown setting {unknown[0]}; known: {', '.join(KNOWN)}")
        num_threads = _count(environ, "SERVING_THREADS", available_cores())
        return cls(
            root=Path(environ.get("SAGEMAKER_ROOT") or DEFAULT_ROOT),
            host=environ.get("SERVING_HOST") or ALL_INTERFACES,
            port=_count(environ, "SAGEMAKER_BIND_TO_PORT", 8080),
            num_threads=num_threads,
            max_waiting=_count(environ, "SERVING_MAX_WAITING", 64),
            max_body_mb=_count(environ, "SAGEMAKER_MAX_PAYLOAD_IN_MB", 6),
            translator=_translator_config(environ, num_threads),
        )


def _translator_config(environ: Mapping[str, str], num_threads: int) -> TranslatorConfig:
    try:
        return TranslatorConfig(
            device=environ.get("SERVING_DEVICE") or "auto",
            compute_type=environ.get("SERVING_COMPUTE_TYPE") or None,
            num_threads=num_threads,
            max_source_length=_count(environ, "SERVING_MAX_SOURCE_PIECES", 1024),
        )
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(f"SERVING_DEVICE: {error}") from error


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise SettingsError(f"{name} must be a whole number of at least 1, not {text!r}")
    return int(text)
