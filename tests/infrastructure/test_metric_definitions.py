import re

import pytest

from nmt.metrics import ValidationMetrics
from stacks.retraining import train_state
from stacks.settings import Settings
from training.progress import metric_line, metric_values


@pytest.fixture
def definitions() -> dict[str, str]:
    """The regular expressions of the training job's metrics, by name."""
    found = train_state._algorithm(Settings(), "image")["MetricDefinitions"]
    return {definition["Name"]: definition["Regex"] for definition in found}


@pytest.mark.parametrize(
    "metrics",
    [
        ValidationMetrics(perplexity=8.125, accuracy=0.625, bleu=41.5),
        ValidationMetrics(perplexity=1.01e304, accuracy=1e-07, bleu=0.0),
        ValidationMetrics(perplexity=12345678.9, accuracy=1.0),
    ],
)
def test_sagemaker_reads_the_metrics_off_the_log(
    definitions: dict[str, str], metrics: ValidationMetrics
) -> None:
    line = metric_line(metrics)

    found = {name: re.search(regex, line) for name, regex in definitions.items()}

    read = {name: float(match[1]) for name, match in found.items() if match}
    assert read == metric_values(metrics)
