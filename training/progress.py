"""What a training job prints; the job's MetricDefinitions read the validation lines."""

from nmt.metrics import ValidationMetrics
from nmt.progress import Progress, StepReport, ValidationReport

BLEU, PERPLEXITY, ACCURACY = "validation:bleu", "validation:perplexity", "validation:accuracy"
"""The names that SageMaker knows the metrics by."""


def say(line: str) -> None:
    """Print a line at once, so that the log is never behind the job."""
    print(line, flush=True)


def metric_values(metrics: ValidationMetrics) -> dict[str, float]:
    """The metrics that were measured, by name."""
    values = {BLEU: metrics.bleu, PERPLEXITY: metrics.perplexity, ACCURACY: metrics.accuracy}
    return {name: float(f"{value:.6g}") for name, value in values.items() if value is not None}


def metric_line(metrics: ValidationMetrics) -> str:
    """The metrics in the form that the MetricDefinitions expect."""
    values = " ".join(f"{name}={value}" for name, value in metric_values(metrics).items())
    return f"[validation] {values}"


class ProgressPrinter:
    """Prints what the trainer reports."""

    def warned(self, warning: str) -> None:
        say(f"[warning] {warning}")

    def resumed(self, progress: Progress) -> None:
        say(f"[checkpoint] going on after batch {progress.step}, epoch {progress.epoch + 1}")

    def progressed(self, report: StepReport) -> None:
        say(
            f"[training] epoch={report.epoch} batch={report.step} loss={report.loss:.4f} "
            f"learning_rate={report.learning_rate:.3g} "
            f"tokens_per_second={report.tokens_per_second:.0f} padding={report.padding:.3f}"
        )

    def validated(self, report: ValidationReport) -> None:
        say(metric_line(report.metrics))
        verdict = "the best so far" if report.improved else "no improvement"
        say(f"[checkpoint] batch={report.step}: {verdict}")
