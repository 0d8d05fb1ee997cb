"""What the gate lets pass: the floor, losses that are chance, losses that are none."""

import random

import pytest

from evaluation.comparison import Comparison, NotCompared, compare
from evaluation.scores import Scorer, bleu_tokenizer
from evaluation.verdict import Gate, judge

WORDS = [f"word{number}" for number in range(200)]
REFERENCES = [" ".join(random.Random(seed).choices(WORDS, k=12)) for seed in range(200)]


def spoilt(share: float, seed: int) -> list[str]:
    """The references with so many of their words replaced."""
    chance = random.Random(seed)
    return [
        " ".join("wrong" if chance.random() < share else word for word in reference.split())
        for reference in REFERENCES
    ]


def compared(candidate: list[str], served: list[str], sentences: int = 200) -> Comparison:
    ours, theirs, references = (text[:sentences] for text in (candidate, served, REFERENCES))
    return compare(ours, theirs, references, Scorer("de").bleu_metric())


def test_a_clearly_worse_model_is_refused() -> None:
    comparison = compared(spoilt(0.30, 1), spoilt(0.15, 2))
    assert comparison.loss > 10
    assert comparison.p_value < 0.01
    verdict = judge(comparison.candidate_bleu, Gate(), comparison)
    assert not verdict.promote
    assert "that is no chance (p = 0.001, paired bootstrap of 1,000 resamples)" in verdict.reason


def test_a_loss_that_may_be_chance_is_accepted() -> None:
    losses = [compared(spoilt(0.20, seed), spoilt(0.20, seed + 50)) for seed in range(4)]
    lost = [comparison for comparison in losses if comparison.loss > 0]
    assert lost
    for comparison in lost:
        verdict = judge(
            comparison.candidate_bleu, Gate(max_loss=0.0, max_loss_by_chance=5.0), comparison
        )
        assert verdict.promote == (comparison.p_value >= 0.05)
    assert any(comparison.p_value >= 0.05 for comparison in lost)


def test_a_large_loss_is_refused_although_so_few_sentences_cannot_tell() -> None:
    few = compared(spoilt(0.25, 3), spoilt(0.20, 23), sentences=20)
    assert few.loss > 4
    assert few.p_value >= 0.05
    verdict = judge(few.candidate_bleu, Gate(), few)
    assert not verdict.promote
    assert "the test set has too few sentences to tell whether that is chance" in verdict.reason
    assert judge(few.candidate_bleu, Gate(max_loss_by_chance=50.0), few).promote


def test_the_comparison_is_the_same_every_time() -> None:
    candidate, served = spoilt(0.20, 1), spoilt(0.22, 2)
    assert compared(candidate, served) == compared(candidate, served)


def comparison(candidate: float, served: float, p_value: float) -> Comparison:
    return Comparison(candidate_bleu=candidate, served_bleu=served, p_value=p_value, signature="…")


@pytest.mark.parametrize(
    ("candidate", "served", "p_value", "promote", "told"),
    [
        (30.0, 29.0, 0.001, True, "BLEU 30.00 is 1.00 above the served model's 29.00"),
        (29.0, 29.0, 1.0, True, "BLEU 29.00 is the served model's 29.00 too"),
        (28.6, 29.0, 0.001, True, "is 0.40 below the served model's 29.00, within gate_max_loss"),
        (28.0, 29.0, 0.2, True, "more than gate_max_loss (0.5), but that may be chance (p = 0.200"),
        (27.0, 29.0, 0.2, True, "more than gate_max_loss (0.5), but that may be chance (p = 0.200"),
        (26.9, 29.0, 0.2, False, "which excuses no more than gate_max_loss_by_chance (2)"),
        (28.0, 29.0, 0.049, False, "more than gate_max_loss (0.5), and that is no chance (p = 0.0"),
        (9.0, 2.0, 0.001, False, "BLEU 9.00 is below gate_min_bleu (10)"),
    ],
)
def test_the_verdict_follows_the_limits(
    candidate: float, served: float, p_value: float, promote: bool, told: str
) -> None:
    verdict = judge(candidate, Gate(min_bleu=10), comparison(candidate, served, p_value))
    assert verdict.promote == promote
    assert told in verdict.reason


def test_without_a_comparison_the_floor_alone_decides() -> None:
    missing = NotCompared(reason="there is none yet")
    assert judge(10.0, Gate(min_bleu=10), missing).promote
    assert not judge(9.99, Gate(min_bleu=10), missing).promote
    assert not judge(99.0, Gate(), NotCompared(reason="broken", refuses=True)).promote


@pytest.mark.parametrize(
    ("language", "tokenizer"),
    [("de", "13a"), ("de-AT", "13a"), ("zh-TW", "zh"), ("ja", "char"), ("KO", "char")],
)
def test_words_are_found_as_the_language_writes_them(language: str, tokenizer: str) -> None:
    assert bleu_tokenizer(language) == tokenizer
    assert f"tok:{tokenizer}|" in Scorer(language).signatures()["bleu"]
