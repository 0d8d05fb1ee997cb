"""The strings of a training job, checked against the table before any data is read."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from training.rows import Hyperparameter, Status
from training.table import HYPERPARAMETERS
from training.values import Value


class HyperparameterError(ValueError):
    """A name is unknown or a value is not valid; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """The value of every row of the table; `None` where neither job nor table gives one."""

    values: Mapping[str, Value | None]
    given: Mapping[str, str]
    """What the job was started with."""

    def whole(self, name: str) -> int:
        """A whole number that is there."""
        value = self.values[name]
        assert isinstance(value, int), name  # noqa: S101
        return value

    def real(self, name: str) -> float:
        """A number that is there."""
        value = self.values[name]
        assert isinstance(value, float), name  # noqa: S101
        return value

    def text(self, name: str) -> str:
        """Text that is there."""
        value = self.values[name]
        assert isinstance(value, str), name  # noqa: S101
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.values[name]
        assert isinstance(value, bool), name  # noqa: S101
        return value

    def optional_whole(self, name: str) -> int | None:
        """A whole number, or nothing."""
        return None if self.values[name] is None else self.whole(name)

    def optional_real(self, name: str) -> float | None:
        """A number, or nothing."""
        return None if self.values[name] is None else self.real(name)


def read_hyperparameters(given: Mapping[str, object]) -> Hyperparameters:
    """Check every name and value.

    Raises:
        HyperparameterError: names the first hyperparameter that cannot be used, its value, the
            valid values or the nearest known name.
    """
    for name in given:
        if name not in HYPERPARAMETERS:
            raise HyperparameterError(_unknown(name))
    strings = {name: _string(name, value) for name, value in given.items()}
    values = {name: _value(row, strings.get(name)) for name, row in HYPERPARAMETERS.items()}
    return Hyperparameters(values=values, given=strings)


def no_effect_warnings(hyperparameters: Hyperparameters) -> list[str]:
    """One line for each hyperparameter that was given but changes nothing."""
    return [
        f"{name}={value} has no effect: {HYPERPARAMETERS[name].note}"
        for name, value in hyperparameters.given.items()
        if HYPERPARAMETERS[name].status is Status.NO_EFFECT
    ]


def _unknown(name: str) -> str:
    message = f"unknown hyperparameter {name!r}"
    if nearest := difflib.get_close_matches(name, HYPERPARAMETERS, n=1):
        return f"{message}; did you mean {nearest[0]}?"
    return f"{message}; docs/hyperparameters.md lists those that there are"


def _string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise HyperparameterError(
            f"hyperparameter {name} must be a string, as SageMaker passes them, not {value!r}"
        )
    return value.strip()


def _value(row: Hyperparameter, given: str | None) -> Value | None:
    text = row.default if given is None else given
    if text is None:
        return None
    try:
        return row.kind.read(text)
    except ValueError as error:
        message = f"hyperparameter {row.name} must be {row.kind.describe()}, not {text!r}"
        raise HyperparameterError(message) from error
