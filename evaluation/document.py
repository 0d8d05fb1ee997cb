"""What the job found, and `evaluation.json`, which the state machine and the register read."""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.arguments import EvaluationSettings
from evaluation.comparison import NUM_RESAMPLES, Comparison, NotCompared
from evaluation.learning_curve import Point
from evaluation.samples import MAX_CHARACTERS, TranslatedSentence
from evaluation.scores import LengthBucket, ModelScores
from evaluation.verdict import Verdict
from protocol.artifacts import ModelManifest

FORMAT_VERSION = 1
_DIGITS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What follows from translating the test set."""

    num_sentences: int
    num_lines: int
    """Of the test set, of which some are left out where there are very many."""
    fingerprints: dict[str, str]
    signatures: dict[str, str]
    candidate: ModelScores
    served: ModelScores | None
    comparison: Comparison | NotCompared
    """With the served model, or why there is none."""
    by_length: Sequence[LengthBucket]
    samples: Sequence[TranslatedSentence]
    worst: Sequence[TranslatedSentence]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """The whole of it."""

    settings: EvaluationSettings
    created_at: str
    """UTC, ISO 8601 with seconds."""
    verdict: Verdict
    model: ModelManifest
    served_model: ModelManifest | None = None
    findings: Findings | None = None
    """`None` where there is no test set."""
    learning_curve: dict[str, list[Point]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without numbers that JSON lacks."""
        content: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            "verdict": dataclasses.asdict(self.verdict),
            "execution": self.settings.execution,
            "created_at": self.created_at,
            "gate": dataclasses.asdict(self.settings.gate),
            "baseline": str(self.settings.baseline),
            "test_set": {"origin": str(self.settings.text_origin)},
            **(_findings(self.findings) if self.findings else {}),
            "learning_curve": self.learning_curve,
            "model": dataclasses.asdict(self.model),
            "served_model": _identity(self.served_model) if self.served_model else None,
        }
        if self.findings:
            content["test_set"] |= {
                "num_sentences": self.findings.num_sentences,
                "num_lines": self.findings.num_lines,
                "fingerprints": self.findings.fingerprints,
            }
        return dict(_finite(content))

    def save(self, path: Path) -> None:
        """Write the JSON, whole or not at all."""
        partial = path.with_name(path.name + ".partial")
        text = json.dumps(self.as_dict(), ensure_ascii=False, indent=1, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(path)


def _findings(findings: Findings) -> dict[str, Any]:
    return {
        "candidate": dataclasses.asdict(findings.candidate),
        "served": dataclasses.asdict(findings.served) if findings.served else None,
        "signatures": findings.signatures,
        "comparison": _comparison(findings.comparison),
        "by_length": [dataclasses.asdict(bucket) for bucket in findings.by_length],
        "samples": [sentence.as_dict(MAX_CHARACTERS) for sentence in findings.samples],
        "worst": [sentence.as_dict(MAX_CHARACTERS) for sentence in findings.worst],
    }


def _comparison(comparison: Comparison | NotCompared) -> dict[str, Any]:
    if isinstance(comparison, NotCompared):
        return {"not_compared": comparison.reason}
    return {
        "bleu_difference": -comparison.loss,
        "p_value": comparison.p_value,
        "num_resamples": NUM_RESAMPLES,
        "signature": comparison.signature,
    }


def _identity(manifest: ModelManifest) -> dict[str, Any]:
    names = ("training_job", "created_at", "source_language", "target_language", "metrics")
    return {name: getattr(manifest, name) for name in names}


def _finite(value: Any) -> Any:
    """Numbers with few digits, and `null` for those that are infinite or none at all."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    return value
