"""What the function reads from its environment, checked once at its first call."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Names of what the function calls, and of what it tells callers to start."""

    endpoint_name: str
    model_parameter: str
    """SSM parameter that says which model is served; absent before the first promotion."""
    state_machine_name: str
    cors_origins: frozenset[str] = frozenset()
    """Whose web pages may call; `*` stands for all."""
    deepl_api: bool = False
    """Whether clients of DeepL's API are answered too."""
    libretranslate_api: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            ValueError: a variable is missing or empty.
        """
        return cls(
            endpoint_name=_required(environ, "ENDPOINT_NAME"),
            model_parameter=_required(environ, "MODEL_PARAMETER"),
            state_machine_name=_required(environ, "STATE_MACHINE_NAME"),
            cors_origins=frozenset(filter(None, environ.get("CORS_ORIGINS", "").split(","))),
            deepl_api=environ.get("DEEPL_API") == "true",
            libretranslate_api=environ.get("LIBRETRANSLATE_API") == "true",
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ValueError(f"the environment variable {name} is missing or empty")
    return value
