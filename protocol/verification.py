"""The result of a candidate's smoke test, which promotion later compares the endpoint with."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MAX_SENTENCES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedSentence:
    """A sentence and the candidate's own translation of it."""

    source: str
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """`verification.json`: what the candidate answered in the serving code."""

    sentences: tuple[VerifiedSentence, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.sentences) <= MAX_SENTENCES:
            raise ValueError(
                f"a verification holds 1 to {MAX_SENTENCES} sentences, not {len(self.sentences)}"
            )
        for sentence in self.sentences:
            if not sentence.target.strip():
                raise ValueError(f"the candidate's translation of {sentence.source!r} is empty")

    @classmethod
    def of(cls, sources: Sequence[str], targets: Sequence[str]) -> "Verification":
        """Pair sources with the candidate's translations; their numbers must agree."""
        pairs = zip(sources, targets, strict=True)
        return cls(sentences=tuple(VerifiedSentence(source=s, target=t) for s, t in pairs))

    def save(self, path: Path) -> None:
        """Write the JSON that the state machine reads, whole or not at all."""
        partial = path.with_name(path.name + ".partial")
        content = {"sentences": [asdict(sentence) for sentence in self.sentences]}
        partial.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        partial.replace(path)
