"""Measures a model on held-out pairs: likelihood of the references, BLEU of greedy output."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from nmt.data import Indices, ParallelCorpus, length_sorted_batches, make_batch
from nmt.decoding import greedy_decode
from nmt.interruption import Interrupted, never, proceed_unless
from nmt.loss import batch_scores
from nmt.metrics import ValidationMetrics, corpus_bleu, perplexity
from nmt.model import Transformer

_SMALL_BATCH = 16
"""Pairs between two looks at the clock."""

Detokenize = Callable[[Sequence[int]], str]
"""Turns target ids into the text that BLEU compares."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationConfig:
    """What is decoded, and how much at once."""

    bleu_sample_size: int | None = None
    """Sentences to decode, spread evenly over the set; `None` decodes all."""
    max_decoding_length: int = 100
    batch_size: int = 128


class Validator:
    """Holds the validation set and measures a model on it."""

    def __init__(
        self, corpus: ParallelCorpus, config: ValidationConfig, detokenize: Detokenize
    ) -> None:
        self.corpus = corpus
        self.config = config
        self.detokenize = detokenize

    def measure(
        self,
        model: Transformer,
        *,
        bleu: bool,
        autocast: AbstractContextManager[object] | None = None,
        interrupted: Interrupted = never,
    ) -> ValidationMetrics:
        """All measures of the model as it is; BLEU only when asked for.

        Raises:
            WorkInterruptedError: `interrupted` became true on the way.
        """
        everything = self._batches(np.arange(len(self.corpus)), interrupted)
        with _evaluating(model), autocast or nullcontext():
            cross_entropy, accuracy = self._likelihood(model, everything)
            score = self._bleu(model, interrupted) if bleu else None
        return ValidationMetrics(
            perplexity=perplexity(cross_entropy), accuracy=accuracy, bleu=score
        )

    def measure_briefly(
        self,
        model: Transformer,
        *,
        seconds: float,
        autocast: AbstractContextManager[object] | None = None,
    ) -> tuple[ValidationMetrics, int]:
        """Measures without BLEU, of as many pairs as the time allows; and how many these are.

        The pairs are drawn from the whole set, and some are measured however short the time is.
        """
        order = np.random.default_rng(0).permutation(len(self.corpus))
        measured: list[Indices] = []
        with _evaluating(model), autocast or nullcontext():
            batches = _while_there_is_time(order, seconds, measured)
            cross_entropy, accuracy = self._likelihood(model, batches)
        metrics = ValidationMetrics(perplexity=perplexity(cross_entropy), accuracy=accuracy)
        return metrics, sum(map(len, measured))

    def _likelihood(self, model: Transformer, batches: Iterable[Indices]) -> tuple[float, float]:
        """Mean cross-entropy of the references' tokens, and the share predicted right."""
        total, num_correct, num_tokens = 0.0, 0, 0
        for indices in batches:
            batch = make_batch(self.corpus, indices).to(_device(model))
            cross_entropy, correct, tokens = batch_scores(model, batch)
            total += cross_entropy
            num_correct += correct
            num_tokens += tokens
        return total / num_tokens, num_correct / num_tokens

    def _bleu(self, model: Transformer, interrupted: Interrupted) -> float:
        hypotheses: list[str] = []
        references: list[str] = []
        for indices in self._batches(self._sample(), interrupted):
            source = make_batch(self.corpus, indices).source.to(_device(model))
            # An untrained model would otherwise decode every sentence to the limit.
            limit = min(self.config.max_decoding_length, 2 * source.shape[1] + 10)
            decoded = greedy_decode(
                model, source, max_decoding_length=limit, interrupted=interrupted
            )
            hypotheses += [self.detokenize(ids) for ids in decoded]
            references += [self.detokenize(self.corpus.target.sentence(int(i))) for i in indices]
        return corpus_bleu(hypotheses, references)

    def _sample(self) -> Indices:
        size = min(self.config.bleu_sample_size or len(self.corpus), len(self.corpus))
        return np.linspace(0, len(self.corpus) - 1, size).astype(np.int64)

    def _batches(self, indices: Indices, interrupted: Interrupted) -> Iterator[Indices]:
        for batch in length_sorted_batches(self.corpus, indices, self.config.batch_size):
            proceed_unless(interrupted)
            yield batch


def _while_there_is_time(order: Indices, seconds: float, taken: list[Indices]) -> Iterator[Indices]:
    """Small batches in this order, noted as they are taken: one, and more until the time is up."""
    give_up = time.monotonic() + seconds
    for start in range(0, len(order), _SMALL_BATCH):
        if start and time.monotonic() >= give_up:
            return
        taken.append(order[start : start + _SMALL_BATCH])
        yield taken[-1]


@contextmanager
def _evaluating(model: Transformer) -> Iterator[None]:
    """Without dropout for a while."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def _device(model: Transformer) -> torch.device:
    return next(model.parameters()).device
