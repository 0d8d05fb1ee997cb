"""What a finished run tells its owner."""

from dataclasses import dataclass

from preprocessing.corpus import PairCounts
from preprocessing.records import UnknownShare


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Counts of one run; validation is `None` where no validation text was given."""

    training: PairCounts
    validation: PairCounts | None
    unknown: UnknownShare | None
    """Of the validation text."""
    source_vocabulary_size: int
    target_vocabulary_size: int
    seconds: float

    def __str__(self) -> str:
        rows = [
            ("training pairs", _pairs(self.training)),
            ("source vocabulary", f"{self.source_vocabulary_size:,} entries"),
            ("target vocabulary", f"{self.target_vocabulary_size:,} entries"),
        ]
        num_pairs = self.training.read
        if self.validation and self.unknown:
            num_pairs += self.validation.read
            rows += [
                ("validation pairs", _pairs(self.validation)),
                ("out of vocabulary", _unknown(self.unknown)),
            ]
        rows.append(("time", f"{self.seconds:.1f} s, {num_pairs / self.seconds:,.0f} pairs/s"))
        return "\n".join(f"{name:<18} {value}" for name, value in rows)


def _pairs(counts: PairCounts) -> str:
    reasons = {
        "source empty": counts.source_empty,
        "target empty": counts.target_empty,
        "both empty": counts.both_empty,
    }
    why = ", ".join(f"{name} {number:,}" for name, number in reasons.items() if number)
    skipped = f"{counts.skipped:,} skipped" + (f" ({why})" if why else "")
    return f"{counts.read:,} read, {counts.kept:,} kept, {skipped}"


def _unknown(share: UnknownShare) -> str:
    return f"source {share.source:.2%}, target {share.target:.2%} of the validation tokens"
