"""Which translations a reader is shown, and the file that holds all of them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.reference_text import ReferenceText

NUM_SAMPLES = 10
MAX_CHARACTERS = 400
"""Of a text in the sample; the file of all translations cuts none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslatedSentence:
    """One sentence of the test set."""

    source: str
    reference: str
    candidate: str
    served: str | None
    chrf: float
    """Of the candidate's translation."""

    def as_dict(self, max_characters: int | None = None) -> dict[str, object]:
        """For JSON; texts that are longer are cut and end in an ellipsis."""
        texts = {"source": self.source, "reference": self.reference, "candidate": self.candidate}
        if self.served is not None:
            texts["served"] = self.served
        cut = {name: _cut(text, max_characters) for name, text in texts.items()}
        return {**cut, "chrf": round(self.chrf, 2)}


def pair_up(
    test_set: ReferenceText,
    candidate: Sequence[str],
    served: Sequence[str] | None,
    chrf: Sequence[float],
) -> list[TranslatedSentence]:
    """Every sentence with its translations."""
    return [
        TranslatedSentence(
            source=source,
            reference=test_set.references[index],
            candidate=candidate[index],
            served=served[index] if served is not None else None,
            chrf=chrf[index],
        )
        for index, source in enumerate(test_set.sources)
    ]


def spread(sentences: Sequence[TranslatedSentence]) -> list[TranslatedSentence]:
    """Some sentences, evenly spread over the test set."""
    number = min(NUM_SAMPLES, len(sentences))
    return [sentences[index * len(sentences) // number] for index in range(number)]


def worst(sentences: Sequence[TranslatedSentence]) -> list[TranslatedSentence]:
    """The sentences that the candidate translates worst, the worst of them first."""
    return sorted(sentences, key=lambda sentence: sentence.chrf)[:NUM_SAMPLES]


def write_translations(sentences: Sequence[TranslatedSentence], path: Path) -> None:
    """Write every sentence as a line of JSON."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(_lines(sentences))


def _lines(sentences: Sequence[TranslatedSentence]) -> Iterator[str]:
    for sentence in sentences:
        yield json.dumps(sentence.as_dict(), ensure_ascii=False) + "\n"


def _cut(text: str, max_characters: int | None) -> str:
    if max_characters is None or len(text) <= max_characters:
        return text
    return f"{text[:max_characters]}…"
