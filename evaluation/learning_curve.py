"""The learning curve that a training job leaves in its model's archive."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from protocol.artifacts import LEARNING_CURVE

MAX_POINTS = 200
"""Of a series; more of them make neither a better plot nor a small document."""
Point = tuple[float, float]


class LearningCurveError(ValueError):
    """The file is there but is not as a training job writes it."""


def read_learning_curve(model_folder: Path) -> dict[str, list[Point]]:
    """The series by name, each with points of a batch and a value; none without the file.

    Raises:
        LearningCurveError: names the file.
    """
    path = model_folder / LEARNING_CURVE
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _series(content["training"], content["validation"])
    except (ValueError, KeyError, TypeError) as error:
        raise LearningCurveError(f"{path.name}: not a training job's: {error!r}") from error


def _series(
    training: Sequence[Mapping[str, Any]], validation: Sequence[Mapping[str, Any]]
) -> dict[str, list[Point]]:
    found = {
        "training loss": _points(training, "loss"),
        "validation perplexity": _points(validation, "perplexity"),
        "validation accuracy": _points(validation, "accuracy"),
        "validation BLEU": _points(validation, "bleu"),
    }
    return {name: points for name, points in found.items() if points}


def _points(reports: Sequence[Mapping[str, Any]], key: str) -> list[Point]:
    """At most `MAX_POINTS`, evenly spread, the last one among them; without what is no number."""
    points = [
        (float(report["step"]), float(report[key]))
        for report in reports
        if report[key] is not None and math.isfinite(report[key])
    ]
    every = -(-len(points) // MAX_POINTS) or 1
    return points[::-1][::every][::-1]
