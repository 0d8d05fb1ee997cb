"""Measures a model that several processes train: the first of them does it for all."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from nmt.interruption import Interrupted, WorkInterruptedError
from nmt.metrics import ValidationMetrics
from nmt.model import Transformer
from nmt.processes import Processes
from nmt.validation import Validator


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

    def measure(
        self,
        model: Transformer,
        *,
        bleu: bool,
        interrupted: Interrupted | None = None,
    ) -> ValidationMetrics | None:
        """All measures; `None` when the first process was asked to stop on the way."""
        metrics = None
        if self._processes.rank == 0:
            with suppress(WorkInterruptedError):
                metrics = self._validator.measure(
                    model,
                    bleu=bleu,
                    autocast=self._autocast(),
                    interrupted=interrupted or self._stop_requested,
                )
        return self._processes.from_first(metrics)

    def measure_to_the_end(self, model: Transformer) -> ValidationMetrics:
        """Measures without BLEU, come what may, since weights are not kept without any."""
        metrics = self.measure(model, bleu=False, interrupted=lambda: False)
        assert metrics is not None  # noqa: S101
        return metrics

    def with_bleu(self, model: Transformer, metrics: ValidationMetrics) -> ValidationMetrics:
        """Decode the validation set unless that was done, or there is no time for it."""
        return metrics if metrics.bleu is not None else self.measure(model, bleu=True) or metrics
