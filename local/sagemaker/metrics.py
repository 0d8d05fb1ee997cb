"""Reads a training job's metrics from its log, by the regular expressions of its request."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.sagemaker.errors import ValidationError


def compiled(definitions: Sequence[dict[str, str]]) -> dict[str, re.Pattern[str]]:
    """The metric names with their expressions.

    Raises:
        ValidationError: an expression is not one, or has no group for the value.
    """
    patterns = {}
    for definition in definitions:
        try:
            pattern = re.compile(definition["Regex"])
        except re.error as error:
            raise ValidationError(
                f"MetricDefinitions: {definition['Name']}: {definition['Regex']!r}: {error}"
            ) from error
        if not pattern.groups:
            raise ValidationError(
                f"MetricDefinitions: {definition['Name']}: {definition['Regex']!r} has no group"
            )
        patterns[definition["Name"]] = pattern
    return patterns


def final_metrics(log: Path, definitions: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """FinalMetricDataList: the last value of each metric that the log mentions."""
    patterns = compiled(definitions)
    values: dict[str, float] = {}
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            for name, pattern in patterns.items():
                for match in pattern.finditer(line):
                    _keep(values, name, match.group(1))
    timestamp = log.stat().st_mtime
    return [
        {"MetricName": name, "Value": value, "Timestamp": timestamp}
        for name, value in values.items()
    ]


def _keep(values: dict[str, float], name: str, text: str) -> None:
    try:
        values[name] = float(text)
    except ValueError:
        return
