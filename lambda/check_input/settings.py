"""What the function reads from its environment, checked once at its first call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from protocol.retraining import InputError, RetrainingInput


class Engine(StrEnum):
    """What trains and serves."""

    PYTORCH = "pytorch"
    BUILTIN = "builtin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the owner allows, and what an input need not say."""

    bucket: str
    corpus_buckets: frozenset[str]
    """Buckets besides `bucket` that the jobs may read."""
    allow_file_corpora: bool
    engine: Engine
    default_hyperparameters: Mapping[str, str]
    source_language: str
    target_language: str
    manifest: str = ""
    """The URI that an input may name instead of holding the keys; empty: none."""

    @property
    def readable_buckets(self) -> frozenset[str]:
        return self.corpus_buckets | {self.bucket}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            ValueError: names the variable that is missing or not usable, and what would be right.
        """
        return cls(
            bucket=required(environ, "BUCKET"),
            corpus_buckets=listed(environ, "CORPUS_BUCKETS"),
            allow_file_corpora=_flag(environ, "ALLOW_FILE_CORPORA"),
            engine=_engine(environ),
            default_hyperparameters=_hyperparameters(environ),
            source_language=required(environ, "SOURCE_LANGUAGE"),
            target_language=required(environ, "TARGET_LANGUAGE"),
            manifest=environ.get("MANIFEST", "").strip(),
        )


def required(environ: Mapping[str, str], name: str) -> str:
    """A variable's value.

    Raises:
        ValueError: it is missing or empty.
    """
    value = environ.get(name, "").strip()
    if not value:
        raise ValueError(f"the environment variable {name} is missing or empty")
    return value


def listed(environ: Mapping[str, str], name: str) -> frozenset[str]:
    """The names that a variable lists with commas between; none when it is missing."""
    names = environ.get(name, "").split(",")
    return frozenset(name.strip() for name in names if name.strip())


def _flag(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "false")
    if value not in {"true", "false"}:
        raise ValueError(f"the environment variable {name} must be true or false, not {value!r}")
    return value == "true"


def _engine(environ: Mapping[str, str]) -> Engine:
    value = required(environ, "ENGINE")
    if value not in set(Engine):
        allowed = " or ".join(Engine)
        raise ValueError(f"the environment variable ENGINE must be {allowed}, not {value!r}")
    return Engine(value)


def _hyperparameters(environ: Mapping[str, str]) -> Mapping[str, str]:
    name = "DEFAULT_HYPERPARAMETERS"
    try:
        content = json.loads(environ.get(name) or "{}")
        return RetrainingInput.parse({"hyperparameters": content}).hyperparameters
    except InputError as error:
        raise ValueError(f"the environment variable {name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"the environment variable {name} is not JSON: {error}") from error
