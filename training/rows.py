"""What is known of a hyperparameter: a row of the table."""

from dataclasses import dataclass
from enum import StrEnum

from training.values import Kind, RealNumber, WholeNumber


class Status(StrEnum):
    """What this service makes of a hyperparameter."""

    HONOURED = "honoured"
    MAPPED = "mapped"
    NO_EFFECT = "no effect"
    OURS = "ours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hyperparameter:
    """One row of the table."""

    name: str
    kind: Kind
    default: str | None = None
    """`None`: the note says what happens when the hyperparameter is absent."""
    status: Status
    note: str
    """Meaning; for `no effect`, the reason."""


def honoured(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    """It means the same here."""
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.HONOURED, note=note)


def mapped(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    """It sets a counterpart, which the note names."""
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.MAPPED, note=note)


def no_effect(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    """It is accepted and changes nothing."""
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.NO_EFFECT, note=note)


def ours(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    """The built-in algorithm does not know it."""
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.OURS, note=note)


COUNT = WholeNumber()
DROPOUT = RealNumber(least=0, below=1)
DEFAULT_DROPOUT = 0.1
"""Of every dropout for which nothing is given."""
