"""From the command line's options to a checked input of the retraining state machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from protocol.retraining import InputError, RetrainingInput


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrainingOptions:
    """What the owner asked for; everything else is left to the service's own defaults."""

    source: str | None = None
    target: str | None = None
    validation_source: str | None = None
    validation_target: str | None = None
    test_source: str | None = None
    test_target: str | None = None
    max_lines: int | Literal["all"] | None = None
    subwords: int | None = None
    cleaning: Mapping[str, Any] = field(default_factory=dict)
    """By the names of the input's keys; what is `None` or false stays off."""
    hyperparameters: Sequence[str] = ()
    """As `name=value`; these win over those of the file."""
    hyperparameters_file: Path | None = None
    tuning: str | None = None
    """A JSON object, as the input takes it."""
    initial_model: str | None = None
    pretrained_model: str | None = None
    promote: bool = True
    force: bool = False
    wait_for_older: bool = False

    def to_input(self) -> dict[str, Any]:
        """The execution's input, checked as the service will check it.

        Raises:
            InputError: names the key, the value and what would be right.
        """
        optional: dict[str, Any] = {
            "corpus": self._corpus() or None,
            "max_lines": None if self.max_lines == "all" else self.max_lines,
            "subwords": self.subwords,
            "cleaning": self._cleaning() or None,
            "hyperparameters": self._hyperparameters() or None,
            "initial_model": self.initial_model,
            "tuning": self._tuning(),
            "pretrained_model": self.pretrained_model,
            "force": self.force or None,
            "wait": self.wait_for_older or None,
        }
        content = {key: value for key, value in optional.items() if value is not None}
        if self.max_lines == "all":
            # Absent would mean the service's own default; null reads the whole corpus.
            content["max_lines"] = None
        content["promote"] = self.promote
        RetrainingInput.parse(content)
        return content

    def _corpus(self) -> dict[str, str]:
        parts = {
            "source": self.source,
            "target": self.target,
            "validation_source": self.validation_source,
            "validation_target": self.validation_target,
            "test_source": self.test_source,
            "test_target": self.test_target,
        }
        return {part: uri for part, uri in parts.items() if uri is not None}

    def _cleaning(self) -> dict[str, Any]:
        return {
            key: value
            for key, value in self.cleaning.items()
            if value is not None and value is not False
        }

    def _hyperparameters(self) -> dict[str, Any]:
        given = [_pair(text) for text in self.hyperparameters]
        return {**_from_file(self.hyperparameters_file), **dict(given)}

    def _tuning(self) -> Any:
        try:
            return None if self.tuning is None else json.loads(self.tuning)
        except ValueError as error:
            raise InputError(f"tuning is not JSON: {error}") from error


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise InputError(f"a hyperparameter is given as name=value, not {text!r}")
    return name.strip(), value


def _from_file(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold a JSON object of hyperparameters")
    return content
