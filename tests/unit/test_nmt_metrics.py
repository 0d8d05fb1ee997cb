import math

import pytest

from nmt.metrics import Metric, ValidationMetrics, corpus_bleu, perplexity

WORSE = ValidationMetrics(perplexity=9.0, accuracy=0.4, bleu=10.0)
BETTER = ValidationMetrics(perplexity=3.0, accuracy=0.5, bleu=20.0)


@pytest.mark.parametrize("metric", list(Metric))
def test_the_better_of_two_is_judged_by_the_metric(metric: Metric) -> None:
    assert BETTER.better_than(WORSE, metric)
    assert not WORSE.better_than(BETTER, metric)
    assert not BETTER.better_than(BETTER, metric)
    assert WORSE.better_than(None, metric)


def test_a_measure_that_was_not_taken_cannot_be_compared() -> None:
    unmeasured = ValidationMetrics(perplexity=1.0, accuracy=1.0)

    with pytest.raises(ValueError, match="bleu was not measured"):
        unmeasured.better_than(WORSE, Metric.BLEU)


def test_perplexity_stays_a_number_that_a_log_can_carry() -> None:
    assert perplexity(math.log(7.0)) == pytest.approx(7.0)
    assert math.isfinite(perplexity(1e6))


def test_bleu_compares_white_space_tokens_with_their_case() -> None:
    references = ["das ist ein Haus .", "wir gehen nach Hause ."]

    assert corpus_bleu(references, references) == pytest.approx(100.0)
    assert corpus_bleu([line.lower() for line in references], references) < 60
    assert corpus_bleu([line.replace(" .", ".") for line in references], references) < 90
