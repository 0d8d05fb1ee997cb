"""What a finished run tells its owner."""

from dataclasses import dataclass

import numpy as np

from preprocessing.encodings import Encoding
from preprocessing.parallel_text import PairCounts, ParallelText
from preprocessing.records import PairEncoding
from preprocessing.token_store import TokenStore
from protocol.vocabulary import UNK_ID


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownShare:
    """The share of tokens in a record file that the vocabulary does not hold."""

    source: float
    target: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Counts of one run; validation and test are `None` where no such text was given."""

    training: PairCounts
    validation: PairCounts | None
    test: PairCounts | None = None
    unknown: UnknownShare | None
    """Of the validation text."""
    source_vocabulary_size: int
    target_vocabulary_size: int
    seconds: float

    def __str__(self) -> str:
        rows = [
            ("training pairs", str(self.training)),
            ("source vocabulary", f"{self.source_vocabulary_size:,} entries"),
            ("target vocabulary", f"{self.target_vocabulary_size:,} entries"),
        ]
        num_pairs = self.training.read
        if self.validation and self.unknown:
            num_pairs += self.validation.read
            rows += [
                ("validation pairs", str(self.validation)),
                ("out of vocabulary", _unknown(self.unknown)),
            ]
        if self.test:
            num_pairs += self.test.read
            rows.append(("test pairs", str(self.test)))
        rows.append(("time", f"{self.seconds:.1f} s, {num_pairs / self.seconds:,.0f} pairs/s"))
        return "\n".join(f"{name:<18} {value}" for name, value in rows)


@dataclass(frozen=True, slots=True)
class TestSetSummary:
    """Counts of a run that wrote a test set and nothing else."""

    test: PairCounts

    def __str__(self) -> str:
        return f"{'test pairs':<18} {self.test}"


def unknown_share(text: ParallelText, encoding: PairEncoding) -> UnknownShare:
    """How much of the pairs with text on both sides turns into `<unk>`."""
    return UnknownShare(
        source=_unknown_share(text.source, encoding.source, text),
        target=_unknown_share(text.target, encoding.target, text),
    )


def _unknown_share(side: TokenStore, encoding: Encoding, text: ParallelText) -> float:
    counts = side.counts(text.kept())
    pieces = np.repeat(counts, encoding.ids.sizes)
    return float(pieces[encoding.ids.values == UNK_ID].sum() / pieces.sum())


def _unknown(share: UnknownShare) -> str:
    return f"source {share.source:.2%}, target {share.target:.2%} of the validation tokens"
