"""The command line of the evaluation job."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from evaluation.verdict import Gate


class ArgumentsError(ValueError):
    """The command line is not usable."""


class TextOrigin(StrEnum):
    """Where the test set comes from."""

    TEST = "test"
    """It was given to this execution."""
    VALIDATION = "validation"
    """It is the validation text of this execution."""
    SERVED = "served"
    """It is the test set of the execution that made the served model."""
    NONE = "none"


class Baseline(StrEnum):
    """Whether there is a served model to compare with, or why not."""

    SERVED = "served"
    NONE = "none"
    SAME = "same"
    OTHER_ENGINE = "other-engine"
    FORCED = "forced"


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationSettings:
    """What one job is told."""

    execution: str
    """The execution's folder in the bucket, for the record."""
    text_origin: TextOrigin
    baseline: Baseline
    gate: Gate


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentsError(f"{message}; --help lists the arguments")


def read_arguments(arguments: Sequence[str]) -> EvaluationSettings:
    """Settings from the container's arguments.

    Raises:
        ArgumentsError: an argument is missing, unknown or not usable.
    """
    parser = _Parser(prog="python -m evaluation.job", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--execution", required=True, metavar="FOLDER")
    add("--test-set", required=True, choices=list(TextOrigin), type=TextOrigin)
    add("--baseline", required=True, choices=list(Baseline), type=Baseline)
    add("--gate-min-bleu", type=_points, default=0.0, metavar="BLEU")
    add("--gate-max-loss", type=_points, default=0.5, metavar="BLEU")
    add("--gate-max-loss-by-chance", type=_points, default=2.0, metavar="BLEU")
    given = parser.parse_args(arguments)
    return EvaluationSettings(
        execution=given.execution,
        text_origin=given.test_set,
        baseline=given.baseline,
        gate=Gate(
            min_bleu=given.gate_min_bleu,
            max_loss=given.gate_max_loss,
            max_loss_by_chance=given.gate_max_loss_by_chance,
        ),
    )


def _points(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 100, not {text!r}")
    return value
