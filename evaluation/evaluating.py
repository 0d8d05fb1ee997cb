"""One evaluation from its inputs to its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from evaluation.arguments import Baseline, EvaluationSettings, TextOrigin
from evaluation.comparison import Comparison, NotCompared, compare
from evaluation.document import Evaluation, Findings
from evaluation.learning_curve import read_learning_curve
from evaluation.models import EvaluatedModel
from evaluation.reference_text import ReferenceText, read_reference_text
from evaluation.report import report
from evaluation.samples import TranslatedSentence, pair_up, spread, worst, write_translations
from evaluation.scores import ModelScores, Scorer
from evaluation.verdict import Verdict, judge, judge_unmeasured

DOCUMENT = "evaluation.json"
REPORT = "report.html"
TRANSLATIONS = "translations.jsonl"
MAX_QUOTED = 500
"""Characters of an error that a reason quotes."""
_NOT_COMPARED = {
    Baseline.NONE: "there is none yet",
    Baseline.SAME: "this is the one",
    Baseline.OTHER_ENGINE: "it is of the engine builtin, whose models translate in SageMaker's own "
    "container only",
    Baseline.FORCED: "force was given",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Folders:
    """Where inputs lie and outputs go."""

    candidate: Path
    served: Path
    text: Path
    output: Path
    scratch: Path

    @classmethod
    def of_job(cls, processing: Path, scratch: Path) -> Self:
        """A processing job's, of which `processing` is the root."""
        inputs = processing / "input"
        return cls(
            candidate=inputs / "candidate",
            served=inputs / "served",
            text=inputs / "test",
            output=processing / "output" / "evaluation",
            scratch=scratch,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Attempt:
    """One model at the test set."""

    model: EvaluatedModel
    hypotheses: Sequence[str]
    scores: ModelScores

    @classmethod
    def of(cls, model: EvaluatedModel, text: ReferenceText, scorer: Scorer) -> Self:
        translations = model.translate(text.sources)
        scores = scorer.score(translations, text)
        return cls(model=model, hypotheses=translations.hypotheses, scores=scores)


def evaluate(settings: EvaluationSettings, folders: Folders) -> Verdict:
    """Translate, compare, judge, and write what was found.

    Raises:
        ValueError: the candidate or the test set cannot be used; the message says why.
    """
    folders.output.mkdir(parents=True, exist_ok=True)
    candidate = EvaluatedModel.load("candidate", folders.candidate, folders.scratch)
    if settings.text_origin is TextOrigin.NONE:
        verdict = judge_unmeasured(settings.gate)
        _write(settings, folders.output, verdict, candidate)
        return verdict
    text = read_reference_text(folders.text)
    scorer = Scorer(candidate.manifest.target_language)
    ours = _Attempt.of(candidate, text, scorer)
    theirs = _served_attempt(settings, folders, ours, text, scorer)
    comparison = theirs if isinstance(theirs, NotCompared) else _compare(ours, theirs, text, scorer)
    verdict = judge(ours.scores.bleu, settings.gate, comparison)
    served = None if isinstance(theirs, NotCompared) else theirs
    sentences = _sentences(ours, served, text, scorer)
    write_translations(sentences, folders.output / TRANSLATIONS)
    findings = _findings(ours, served, comparison, text, scorer, sentences)
    _write(settings, folders.output, verdict, candidate, served.model if served else None, findings)
    return verdict


def _served_attempt(
    settings: EvaluationSettings,
    folders: Folders,
    ours: _Attempt,
    text: ReferenceText,
    scorer: Scorer,
) -> _Attempt | NotCompared:
    if settings.baseline is not Baseline.SERVED:
        return NotCompared(reason=_NOT_COMPARED[settings.baseline])
    try:
        served = EvaluatedModel.load("served", folders.served, folders.scratch)
        if (languages := _languages(served)) != _languages(ours.model):
            return NotCompared(reason=f"it translates {languages}")
        return _Attempt.of(served, text, scorer)
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:MAX_QUOTED]
        return NotCompared(reason=f'it cannot be used ({reason}); "force" skips it', refuses=True)


def _languages(model: EvaluatedModel) -> str:
    return f"{model.manifest.source_language} to {model.manifest.target_language}"


def _compare(ours: _Attempt, theirs: _Attempt, text: ReferenceText, scorer: Scorer) -> Comparison:
    return compare(ours.hypotheses, theirs.hypotheses, text.references, scorer.bleu_metric())


def _sentences(
    ours: _Attempt, theirs: _Attempt | None, text: ReferenceText, scorer: Scorer
) -> list[TranslatedSentence]:
    chrf = scorer.sentence_chrf(ours.hypotheses, text.references)
    return pair_up(text, ours.hypotheses, theirs.hypotheses if theirs else None, chrf)


def _findings(
    ours: _Attempt,
    theirs: _Attempt | None,
    comparison: Comparison | NotCompared,
    text: ReferenceText,
    scorer: Scorer,
    sentences: Sequence[TranslatedSentence],
) -> Findings:
    return Findings(
        num_sentences=len(text),
        num_lines=text.num_lines,
        fingerprints=text.fingerprints,
        signatures=scorer.signatures(),
        candidate=ours.scores,
        served=theirs.scores if theirs else None,
        comparison=comparison,
        by_length=scorer.by_length(text, ours.hypotheses, theirs.hypotheses if theirs else None),
        samples=spread(sentences),
        worst=worst(sentences),
    )


def _write(
    settings: EvaluationSettings,
    folder: Path,
    verdict: Verdict,
    candidate: EvaluatedModel,
    served: EvaluatedModel | None = None,
    findings: Findings | None = None,
) -> None:
    evaluation = Evaluation(
        settings=settings,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        verdict=verdict,
        model=candidate.manifest,
        served_model=served.manifest if served else None,
        findings=findings,
        learning_curve=read_learning_curve(candidate.folder),
    )
    (folder / REPORT).write_text(report(evaluation), encoding="utf-8")
    evaluation.save(folder / DOCUMENT)
