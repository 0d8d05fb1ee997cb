"""Values of the CDK's context, read as the types that the settings want.

`cdk deploy -c KEY=VALUE` gives text where cdk.json gives JSON, so each type takes both.
"""

import dataclasses
import difflib
import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any


class SettingsError(ValueError):
    """A context value is not usable; the message names the key and the allowed values."""


def refuse_unknown(key: str, known: Mapping[str, Any]) -> None:
    # The framework's own keys carry an at sign, a colon, a slash or a hyphen.
    if key in known or re.search(r"[@:/]", key):
        return
    spelled = key.lower().replace("-", "_")
    near = difflib.get_close_matches(spelled, known, n=1, cutoff=0.75)
    if near:
        raise SettingsError(f"{key}: unknown setting; did you mean {near[0]}?")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", key):
        raise SettingsError(f"{key}: unknown setting; known settings: {', '.join(known)}")


def typed(part: "dataclasses.Field[Any]", value: Any) -> Any:
    if isinstance(part.type, type) and issubclass(part.type, StrEnum):
        return _choice(part.name, part.type, value)
    readers: Mapping[Any, Callable[[str, Any], Any]] = {
        int: _whole_number,
        float: _number,
        bool: _truth,
        tuple[str, ...]: _names,
    }
    if reader := readers.get(part.type):
        return reader(part.name, value)
    if part.name in ("default_hyperparameters", "instance_prices") and isinstance(value, Mapping):
        return json.dumps(value)
    if not isinstance(value, str):
        raise SettingsError(f"{part.name}: {value!r} is not a string")
    return value


def _choice(name: str, choices: type[StrEnum], value: Any) -> StrEnum:
    try:
        return choices(value)
    except ValueError:
        allowed = ", ".join(choices)
        raise SettingsError(f"{name}: {value!r} is not allowed; use one of {allowed}") from None


def _whole_number(name: str, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise SettingsError(f"{name}: {value!r} is not a whole number")


def _number(name: str, value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise SettingsError(f"{name}: {value!r} is not a number")


def _truth(name: str, value: Any) -> bool:
    spelled = str(value).lower() if isinstance(value, str | bool) else ""
    if spelled in ("true", "false"):
        return spelled == "true"
    raise SettingsError(f"{name}: {value!r} is not allowed; use true or false")


def _names(name: str, value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise SettingsError(f"{name}: {value!r} must be names separated by commas, or a list")
    return tuple(part.strip() for part in parts if part.strip())
