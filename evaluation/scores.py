"""BLEU and chrF of translations, as sacrebleu computes and signs them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from evaluation.models import Translations
from evaluation.reference_text import ReferenceText

_WITHOUT_SPACES = frozenset({"ja", "km", "ko", "lo", "my", "th"})
"""Languages whose words sacrebleu would need another program to find; it counts characters."""
_LENGTHS = (10, 20, 30, 40)
"""Words of a source, up to which a length bucket reaches; the last one has no end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelScores:
    """How well one model translates the test set."""

    bleu: float
    chrf: float
    length_ratio: float
    """Length of the translations over that of the references, in BLEU's tokens."""
    num_empty: int
    num_too_long: int
    """Sources that were not translated for their length; they count as empty translations."""
    unknown_source_share: float
    """Of the pieces of the sources, those that are not in the model's vocabulary."""
    num_unknown_written: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LengthBucket:
    """The sentences whose source has a number of words in some range."""

    words: str
    num_sentences: int
    candidate: float
    """BLEU."""
    served: float | None


class Scorer:
    """Scores translations into one language."""

    def __init__(self, target_language: str) -> None:
        self._tokenizer = bleu_tokenizer(target_language)
        self._chrf = CHRF()

    def bleu_metric(self) -> BLEU:
        """BLEU, cased, with the tokens of the target language."""
        return BLEU(tokenize=self._tokenizer, force=True)

    def score(self, translations: Translations, test_set: ReferenceText) -> ModelScores:
        """All measures of one model."""
        hypotheses, references = list(translations.hypotheses), [list(test_set.references)]
        bleu = self.bleu_metric().corpus_score(hypotheses, references)
        return ModelScores(
            bleu=float(bleu.score),
            chrf=float(self._chrf.corpus_score(hypotheses, references).score),
            length_ratio=float(bleu.ratio),
            num_empty=sum(not hypothesis.strip() for hypothesis in hypotheses),
            num_too_long=translations.num_too_long,
            unknown_source_share=translations.num_unknown_pieces / max(translations.num_pieces, 1),
            num_unknown_written=translations.num_unknown_written,
            seconds=translations.seconds,
        )

    def sentence_chrf(self, hypotheses: Sequence[str], references: Sequence[str]) -> list[float]:
        """The chrF of each sentence."""
        return [
            float(self._chrf.sentence_score(hypothesis, [reference]).score)
            for hypothesis, reference in zip(hypotheses, references, strict=True)
        ]

    def signatures(self) -> dict[str, str]:
        """How sacrebleu names the ways in which these scores are counted."""
        bleu, chrf = self.bleu_metric(), CHRF()
        bleu.corpus_score(["a"], [["a"]])
        chrf.corpus_score(["a"], [["a"]])
        return {"bleu": str(bleu.get_signature()), "chrf": str(chrf.get_signature())}

    def by_length(
        self, test_set: ReferenceText, candidate: Sequence[str], served: Sequence[str] | None
    ) -> list[LengthBucket]:
        """BLEU of short and of long sentences; a bucket without sentences is left out."""
        buckets: dict[int, list[int]] = {}
        for index, source in enumerate(test_set.sources):
            num_words = len(source.split())
            number = sum(num_words > limit for limit in _LENGTHS)
            buckets.setdefault(number, []).append(index)
        return [
            LengthBucket(
                words=_range(number),
                num_sentences=len(indices),
                candidate=self._bleu_of(candidate, test_set.references, indices),
                served=self._bleu_of(served, test_set.references, indices) if served else None,
            )
            for number, indices in sorted(buckets.items())
        ]

    def _bleu_of(
        self, hypotheses: Sequence[str], references: Sequence[str], indices: Sequence[int]
    ) -> float:
        chosen = [hypotheses[index] for index in indices]
        against = [[references[index] for index in indices]]
        return float(self.bleu_metric().corpus_score(chosen, against).score)


def bleu_tokenizer(language: str) -> str:
    """The name that sacrebleu has for the tokenizer for a language tag such as `de` or `zh-TW`."""
    code = language.partition("-")[0].lower()
    if code == "zh":
        return "zh"
    return "char" if code in _WITHOUT_SPACES else "13a"


def _range(number: int) -> str:
    if number == len(_LENGTHS):
        return f"over {_LENGTHS[-1]}"
    start = _LENGTHS[number - 1] + 1 if number else 1
    return f"{start} to {_LENGTHS[number]}"
