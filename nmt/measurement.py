"""Measures a model that several processes train: the first of them does it for all."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from nmt.interruption import Interrupted, WorkInterruptedError
from nmt.metrics import ValidationMetrics
from nmt.model import Transformer
from nmt.processes import Processes
from nmt.validation import Validator

SECONDS_AFTER_A_STOP = 10.0
"""Whoever asks for a stop waits two minutes at most, and the model is yet to be written."""


class Measurement:
    """The same measures in every process."""

    def __init__(
        self,
        validator: Validator,
        processes: Processes,
        *,
        autocast: Callable[[], AbstractContextManager[object]],
        stop_requested: Interrupted,
    ) -> None:
        self._validator = validator
        self._processes = processes
        self._autocast = autocast
        self._stop_requested = stop_requested

    def measure(self, model: Transformer, *, bleu: bool) -> ValidationMetrics | None:
        """All measures; `None` when the first process was asked to stop on the way."""
        metrics = None
        if self._processes.rank == 0:
            with suppress(WorkInterruptedError):
                metrics = self._validator.measure(
                    model, bleu=bleu, autocast=self._autocast(), interrupted=self._stop_requested
                )
        return self._processes.from_first(metrics)

    def measure_after_a_stop(self, model: Transformer) -> tuple[ValidationMetrics, str | None]:
        """Measures without BLEU in a short time, since weights are not kept without any.

        With a warning when that was too short for the whole validation set.
        """
        result, num_pairs = None, len(self._validator.corpus)
        if self._processes.rank == 0:
            result = self._validator.measure_briefly(
                model, seconds=SECONDS_AFTER_A_STOP, autocast=self._autocast()
            )
        result = self._processes.from_first(result)
        assert result is not None  # noqa: S101
        metrics, num_measured = result
        partial = num_measured < num_pairs
        return metrics, _partly(num_measured, num_pairs) if partial else None

    def with_bleu(self, model: Transformer, metrics: ValidationMetrics) -> ValidationMetrics:
        """Decode the validation set unless that was done, or there is no time for it."""
        return metrics if metrics.bleu is not None else self.measure(model, bleu=True) or metrics


def _partly(num_measured: int, num_pairs: int) -> str:
    return (
        "asked to stop before the first validation: perplexity and accuracy are those of "
        f"{num_measured:,} of the {num_pairs:,} validation pairs"
    )
