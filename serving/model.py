"""One trained model as the training job packed it, and what its hypotheses mean to a caller.

Nothing here knows HTTP, nor how sentences come together in batches.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from nmt.alignment import Matrix, word_matrix
from nmt.tokenizer import Tokenizer, load_tokenizer
from nmt.translator import Hypothesis, SearchOptions, Translator, TranslatorConfig
from protocol.artifacts import (
    CTRANSLATE2_FOLDER,
    MANIFEST,
    SAMPLES,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    ModelManifest,
)
from protocol.configuration import Configuration
from protocol.translation import Alternative, Prediction
from protocol.vocabulary import load_vocabulary
from serving.glossary import find
from serving.sentences import Sentence

CTRANSLATE2_VOCABULARIES = {
    SOURCE_VOCABULARY: "source_vocabulary.json",
    TARGET_VOCABULARY: "target_vocabulary.json",
}
CTRANSLATE2_SHARED_VOCABULARY = "shared_vocabulary.json"


class ServedModelError(ValueError):
    """The model folder is incomplete, or its parts do not belong together."""


class UnknownIdError(ValueError):
    """A source holds an id that the vocabulary does not have."""

    def __init__(self, token_id: int, vocabulary_size: int) -> None:
        super().__init__(
            f"id {token_id} is not in the source vocabulary, whose {vocabulary_size} entries "
            f"have the ids 0 to {vocabulary_size - 1}"
        )


class ServedModel:
    """A loaded model; its methods may be called from several threads at once."""

    def __init__(
        self,
        *,
        manifest: ModelManifest,
        source_vocabulary: Mapping[str, int],
        target_vocabulary: Mapping[str, int],
        tokenizer: Tokenizer,
        translator: Translator,
        samples: Sequence[str],
    ) -> None:
        self.manifest = manifest
        self.source_vocabulary = source_vocabulary
        self.target_vocabulary = target_vocabulary
        self.tokenizer = tokenizer
        self.translator = translator
        self.samples = samples
        self._source_pieces = list(source_vocabulary)

    @classmethod
    def load(cls, folder: Path, config: TranslatorConfig) -> "ServedModel":
        """Load an unpacked model archive and check that its parts belong together.

        Raises:
            ServedModelError: a part is missing or disagrees with another one.
            ValueError: a part cannot be read; the message names its file.
        """
        model = cls(
            manifest=ModelManifest.load(folder / MANIFEST),
            source_vocabulary=load_vocabulary(folder / SOURCE_VOCABULARY),
            target_vocabulary=load_vocabulary(folder / TARGET_VOCABULARY),
            tokenizer=load_tokenizer(folder),
            translator=Translator.load(folder / CTRANSLATE2_FOLDER, config),
            samples=_samples(folder / SAMPLES),
        )
        _check_parts(folder, model)
        return model

    def translate_sample(self) -> None:
        """Translate a sentence for nobody: proof that the model works, and warm caches."""
        options = SearchOptions(
            beam_size=self.manifest.beam_size,
            max_decoding_length=self.manifest.max_decoding_length,
            attention=True,
        )
        source = self.tokenizer.segment(min(self.samples, key=len))
        found = self.translator.search([source.pieces], options)[0][0]
        target = self.tokenizer.assemble(found.pieces)
        if found.attention is not None:
            word_matrix(found.attention, source, target)

    def prediction(self, sentence: Sentence, found: Sequence[Sequence[Hypothesis]]) -> Prediction:
        """The answer to a sentence.

        Args:
            sentence: what was asked.
            found: of each of its parts the hypotheses, best first.
        """
        asked = sentence.configuration
        best = [hypotheses[0] for hypotheses in found]
        return Prediction(
            target=self._text(best),
            matrix=self._matrix(sentence, best) if asked.attention_matrix else None,
            score=joint_score(best, asked.length_penalty) if asked.scores else None,
            alternatives=self._alternatives(asked, found) if asked.alternatives > 1 else None,
            glossary_applied=self._glossary_applied(sentence, best) if asked.glossary else None,
            truncated=any(hypothesis.truncated for hypothesis in best),
        )

    def source_pieces(self, ids: Sequence[int]) -> list[str]:
        """The pieces of a record.

        Raises:
            UnknownIdError: an id is not in the source vocabulary.
        """
        size = len(self._source_pieces)
        for token_id in ids:
            if not 0 <= token_id < size:
                raise UnknownIdError(token_id, size)
        return [self._source_pieces[token_id] for token_id in ids]

    def target_ids(self, hypothesis: Hypothesis) -> list[int]:
        """The ids of a translation, for the answer to a record."""
        return [self.target_vocabulary[piece] for piece in hypothesis.pieces]

    def _text(self, hypotheses: Sequence[Hypothesis]) -> str:
        if len(hypotheses) == 1:
            return self.tokenizer.text(hypotheses[0].pieces)
        texts = (self.tokenizer.text(hypothesis.pieces) for hypothesis in hypotheses)
        return " ".join(text for text in texts if text)

    def _matrix(self, sentence: Sentence, best: Sequence[Hypothesis]) -> Matrix:
        """Of several parts, each looks at its own source alone."""
        blocks, widths = [], []
        for part, hypothesis in zip(sentence.parts, best, strict=True):
            source = self.tokenizer.segment(part.text)
            target = self.tokenizer.assemble(hypothesis.pieces)
            attention = hypothesis.attention
            blocks.append(() if attention is None else word_matrix(attention, source, target))
            widths.append(len(source.text.split()))
        return blocks[0] if len(blocks) == 1 else block_diagonal(blocks, widths)

    def _alternatives(
        self, asked: Configuration, found: Sequence[Sequence[Hypothesis]]
    ) -> tuple[Alternative, ...]:
        """Of several parts, the second-best of each make the second-best, and so on."""
        ranks = zip(*(hypotheses[1:] for hypotheses in found), strict=False)
        return tuple(
            Alternative(
                target=self._text(rank),
                score=joint_score(rank, asked.length_penalty) if asked.scores else None,
                truncated=any(hypothesis.truncated for hypothesis in rank),
            )
            for rank in ranks
        )

    def _glossary_applied(self, sentence: Sentence, best: Sequence[Hypothesis]) -> dict[str, bool]:
        applied: dict[str, bool] = {}
        for part, hypothesis in zip(sentence.parts, best, strict=True):
            target = self.tokenizer.text(hypothesis.pieces)
            for source_term, target_term in sentence.configuration.glossary:
                if find(part.text, source_term) is not None:
                    holds = find(target, target_term) is not None
                    applied[source_term] = applied.get(source_term, True) and holds
        return applied


def joint_score(hypotheses: Sequence[Hypothesis], length_penalty: float) -> float:
    """The score of hypotheses side by side, as if they were one."""
    if len(hypotheses) == 1:
        return hypotheses[0].score or 0.0
    lengths = [len(hypothesis.pieces) + 1 for hypothesis in hypotheses]
    scores = [hypothesis.score or 0.0 for hypothesis in hypotheses]
    logarithms = [
        score * length**length_penalty for score, length in zip(scores, lengths, strict=True)
    ]
    return float(sum(logarithms) / sum(lengths) ** length_penalty)


def block_diagonal(blocks: Sequence[Matrix], widths: Sequence[int]) -> Matrix:
    """One matrix of several, each `widths` columns wide, with zeros around them."""
    total, column = sum(widths), 0
    rows: list[tuple[float, ...]] = []
    for block, width in zip(blocks, widths, strict=True):
        before, after = (0.0,) * column, (0.0,) * (total - column - width)
        rows += [before + row + after for row in block]
        column += width
    return tuple(rows)


def _samples(path: Path) -> list[str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        sources = [str(pair["source"]) for pair in content]
    except OSError as error:
        raise ServedModelError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ServedModelError(
            f'{path}: must be a JSON list of {{"source": …, "target": …}} pairs'
        ) from error
    if not (filled := [source for source in sources if source.strip()]):
        raise ServedModelError(f"{path}: holds no sentence")
    return filled


def _check_parts(folder: Path, model: ServedModel) -> None:
    manifest = model.manifest
    for name, vocabulary, size in (
        (SOURCE_VOCABULARY, model.source_vocabulary, manifest.source_vocabulary_size),
        (TARGET_VOCABULARY, model.target_vocabulary, manifest.target_vocabulary_size),
    ):
        if len(vocabulary) != size:
            raise ServedModelError(
                f"{folder / name} has {len(vocabulary)} entries, {MANIFEST} says {size}"
            )
        if _engine_vocabulary(folder / CTRANSLATE2_FOLDER, name) != list(vocabulary):
            raise ServedModelError(
                f"{folder / name} does not list the tokens of {CTRANSLATE2_FOLDER} in their order"
            )
    if manifest.subwords != (folder / SUBWORDS).exists():
        raise ServedModelError(
            f"{folder / MANIFEST} says subwords: {str(manifest.subwords).lower()}, "
            f"but {SUBWORDS} is {'missing' if manifest.subwords else 'there'}"
        )


def _engine_vocabulary(folder: Path, name: str) -> list[str]:
    path = folder / CTRANSLATE2_VOCABULARIES[name]
    if not path.exists():
        path = folder / CTRANSLATE2_SHARED_VOCABULARY
    try:
        tokens: list[str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ServedModelError(f"{path}: cannot be read: {error}") from error
    return tokens
