"""What a training job prints; the job's MetricDefinitions read the validation lines."""

import sys
from types import TracebackType
from typing import Any, Self, TextIO

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
    """Prints what the trainer reports: lines, and on a terminal a bar in the place of some."""

    def __init__(self, max_num_batches: int | None = None, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._bar = self._new_bar(max_num_batches) if self._stream.isatty() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def warned(self, warning: str) -> None:
        self._print(f"[warning] {warning}")

    def resumed(self, progress: Progress) -> None:
        self._print(
            f"[checkpoint] going on after batch {progress.step}, epoch {progress.epoch + 1}"
        )
        if self._bar is not None:
            self._bar.update(progress.step)

    def progressed(self, report: StepReport) -> None:
        if self._bar is not None:
            self._bar.update(report.step - self._bar.n)
            self._bar.set_postfix_str(
                f"loss {report.loss:.3f}, {report.tokens_per_second:,.0f} tokens/s"
            )
            return
        self._print(
            f"[training] epoch={report.epoch} batch={report.step} loss={report.loss:.4f} "
            f"learning_rate={report.learning_rate:.3g} "
            f"tokens_per_second={report.tokens_per_second:.0f} padding={report.padding:.3f}"
        )

    def validated(self, report: ValidationReport) -> None:
        self._print(metric_line(report.metrics))
        verdict = "the best so far" if report.improved else "no improvement"
        self._print(f"[checkpoint] batch={report.step}: {verdict}")

    def _print(self, line: str) -> None:
        if self._bar is None:
            print(line, file=self._stream, flush=True)
        else:
            self._bar.write(line, file=self._stream)

    def _new_bar(self, max_num_batches: int | None) -> Any:
        # Jobs do not run on a terminal and can do without.
        from tqdm import tqdm  # noqa: PLC0415

        return tqdm(
            desc="training",
            total=max_num_batches,
            unit=" batches",
            file=self._stream,
            leave=False,
            dynamic_ncols=True,
        )
