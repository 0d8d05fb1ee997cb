"""The gate: may a candidate be promoted, and in what words is that told."""

from dataclasses import dataclass

from evaluation.comparison import NUM_RESAMPLES, Comparison, NotCompared

SIGNIFICANCE = 0.05
"""A p-value below this is no chance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """What the owner demands of a candidate, in points of BLEU."""

    min_bleu: float = 0.0
    max_loss: float = 0.5
    """By how much a candidate may be worse than the served model."""
    max_loss_by_chance: float = 2.0
    """By how much where the test set cannot tell the loss from chance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether to promote, and why."""

    promote: bool
    reason: str


NOT_MEASURED = (
    "not judged: the model was given without a test set, and there is none of the execution that "
    "made the served model"
)


def judge_unmeasured(gate: Gate) -> Verdict:
    """Judge a candidate that there is no test set for: it passes where there is no floor."""
    if gate.min_bleu == 0:
        return Verdict(promote=True, reason=NOT_MEASURED)
    needed = (
        f"whether it reaches gate_min_bleu ({gate.min_bleu:g}) is unknown; give "
        'corpus.test_source and corpus.test_target, or "force": true'
    )
    return Verdict(promote=False, reason=f"{NOT_MEASURED}; {needed}")


def judge(bleu: float, gate: Gate, comparison: Comparison | NotCompared) -> Verdict:
    """Judge a candidate.

    Args:
        bleu: of the candidate.
        gate: the owner's limits.
        comparison: with the served model, or why there is none.
    """
    if bleu < gate.min_bleu:
        reason = f"BLEU {bleu:.2f} is below gate_min_bleu ({gate.min_bleu:g})"
        return Verdict(promote=False, reason=reason)
    if isinstance(comparison, NotCompared):
        reason = f"BLEU {bleu:.2f}; not compared with a served model: {comparison.reason}"
        return Verdict(promote=not comparison.refuses, reason=reason)
    return _judge_loss(comparison, gate)


def _judge_loss(comparison: Comparison, gate: Gate) -> Verdict:
    loss = comparison.loss
    against = f"the served model's {comparison.served_bleu:.2f}"
    if loss == 0:
        return Verdict(
            promote=True, reason=f"BLEU {comparison.candidate_bleu:.2f} is {against} too"
        )
    if loss < 0:
        told = f"BLEU {comparison.candidate_bleu:.2f} is {-loss:.2f} above {against}"
        return Verdict(promote=True, reason=told)
    told = f"BLEU {comparison.candidate_bleu:.2f} is {loss:.2f} below {against}"
    if loss <= gate.max_loss:
        return Verdict(promote=True, reason=f"{told}, within gate_max_loss ({gate.max_loss:g})")
    told = f"{told}, more than gate_max_loss ({gate.max_loss:g})"
    test = f"p = {comparison.p_value:.3f}, paired bootstrap of {NUM_RESAMPLES:,} resamples"
    if comparison.p_value < SIGNIFICANCE:
        return Verdict(promote=False, reason=f"{told}, and that is no chance ({test})")
    if loss <= gate.max_loss_by_chance:
        return Verdict(promote=True, reason=f"{told}, but that may be chance ({test})")
    few = f"the test set has too few sentences to tell whether that is chance ({test})"
    limit = f"gate_max_loss_by_chance ({gate.max_loss_by_chance:g})"
    return Verdict(promote=False, reason=f"{told}; {few}, which excuses no more than {limit}")
