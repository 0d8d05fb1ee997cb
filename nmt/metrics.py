"""What validation measures, and which of two measurements is the better one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sacrebleu.metrics.bleu import BLEU

_LARGEST_EXPONENT = 700.0


class Metric(StrEnum):
    """A measure that training can be stopped on."""

    PERPLEXITY = "perplexity"
    ACCURACY = "accuracy"
    BLEU = "bleu"


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationMetrics:
    """The quality of one set of weights on the validation set."""

    perplexity: float
    accuracy: float
    """Share of target tokens, `</s>` included, that the model ranks first given those before."""
    bleu: float | None = None
    """0 to 100; `None` when nothing was decoded."""

    def value(self, metric: Metric) -> float:
        """One measure.

        Raises:
            ValueError: BLEU was not measured.
        """
        value: float | None = getattr(self, metric.value)
        if value is None:
            raise ValueError(f"{metric} was not measured")
        return value

    def better_than(self, other: "ValidationMetrics | None", metric: Metric) -> bool:
        """Whether these weights are to be kept in place of the other's."""
        if other is None:
            return True
        mine, theirs = self.value(metric), other.value(metric)
        return mine < theirs if metric is Metric.PERPLEXITY else mine > theirs


def perplexity(cross_entropy: float) -> float:
    """The exponential of a mean cross-entropy, kept finite."""
    return math.exp(min(cross_entropy, _LARGEST_EXPONENT))


def corpus_bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """BLEU over white-space tokens, cased, as sacrebleu computes it with `--tokenize none`."""
    metric = _bleu()
    return float(metric.corpus_score(list(hypotheses), [list(references)]).score)


def bleu_signature() -> str:
    """How sacrebleu names the way that `corpus_bleu` counts."""
    metric = _bleu()
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature())


def _bleu() -> BLEU:
    return BLEU(tokenize="none", force=True)
