"""Whether the difference between two models could be chance: sacrebleu's paired bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.significance import PairedTest

NUM_RESAMPLES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The candidate against the served model, on the same sentences."""

    candidate_bleu: float
    served_bleu: float
    p_value: float
    """How probable so large a difference is where the two models are equally good."""
    signature: str
    """sacrebleu's, with the number of resamples and the seed."""

    @property
    def loss(self) -> float:
        """By how much the candidate is worse, in BLEU; negative where it is better."""
        return self.served_bleu - self.candidate_bleu


@dataclass(frozen=True, kw_only=True, slots=True)
class NotCompared:
    """Why there is no comparison with a served model."""

    reason: str
    refuses: bool = False
    """Whether there should have been one, so that the candidate must not pass without."""


def compare(
    candidate: Sequence[str], served: Sequence[str], references: Sequence[str], metric: BLEU
) -> Comparison:
    """Compare two models' hypotheses by resampling the test set a thousand times."""
    test = PairedTest(
        [("served", list(served)), ("candidate", list(candidate))],
        {"BLEU": metric},
        [list(references)],
        test_type="bs",
        n_samples=NUM_RESAMPLES,
    )
    signatures, results = test()
    served_result, candidate_result = cast("Any", results["BLEU"])
    return Comparison(
        candidate_bleu=float(candidate_result.score),
        served_bleu=float(served_result.score),
        p_value=float(candidate_result.p_value),
        signature=str(signatures["BLEU"]),
    )
