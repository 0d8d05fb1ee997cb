"""One trained model as the training job packed it, ready to translate texts or ids.

Every wire format goes through `ServedModel._decode`, so that JSON, attention and protobuf answers
cannot differ for the same sentence. Nothing here knows HTTP.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from nmt.alignment import word_matrix
from nmt.tokenizer import Segmentation, Tokenizer, load_tokenizer
from nmt.translator import Hypothesis, Translator, TranslatorConfig
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
from protocol.translation import Instance, Prediction
from protocol.vocabulary import load_vocabulary

CTRANSLATE2_VOCABULARIES = {
    SOURCE_VOCABULARY: "source_vocabulary.json",
    TARGET_VOCABULARY: "target_vocabulary.json",
}
CTRANSLATE2_SHARED_VOCABULARY = "shared_vocabulary.json"
WITH_MATRIX = Configuration(attention_matrix=True)


class ServedModelError(ValueError):
    """The model folder is incomplete, or its parts do not belong together."""


class UnknownIdError(ValueError):
    """A source holds an id that the vocabulary does not have."""

    def __init__(self, index: int, token_id: int, vocabulary_size: int) -> None:
        super().__init__(
            f"id {token_id} is not in the source vocabulary, whose {vocabulary_size} entries "
            f"have the ids 0 to {vocabulary_size - 1}"
        )
        self.index = index


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
        self.predict([Instance(data=min(self.samples, key=len), configuration=WITH_MATRIX)])

    def predict(self, instances: Sequence[Instance]) -> list[Prediction]:
        """Translate texts; a matrix comes with the instances that asked for it.

        Raises:
            SourceTooLongError: names the instance by its index.
        """
        sources = [self.tokenizer.segment(instance.data) for instance in instances]
        wanted = [instance.configuration.attention_matrix for instance in instances]
        hypotheses = self._decode([source.pieces for source in sources], wanted)
        return [self._prediction(*pair) for pair in zip(sources, hypotheses, strict=True)]

    def translate_ids(self, sources: Sequence[Sequence[int]]) -> list[list[int]]:
        """Translate ids of the source vocabulary into ids of the target vocabulary.

        Raises:
            SourceTooLongError: names the source by its index.
            UnknownIdError: likewise.
        """
        pieces = [self._pieces(index, ids) for index, ids in enumerate(sources)]
        hypotheses = self._decode(pieces, [False] * len(pieces))
        return [[self.target_vocabulary[p] for p in found.pieces] for found in hypotheses]

    def _decode(
        self, sources: Sequence[Sequence[str]], attention: Sequence[bool]
    ) -> list[Hypothesis]:
        self.translator.check_lengths(sources)
        hypotheses: dict[int, Hypothesis] = {}
        for asked in (False, True):
            chosen = [index for index, wanted in enumerate(attention) if wanted is asked]
            found = self.translator.translate(
                [sources[index] for index in chosen],
                beam_size=self.manifest.beam_size,
                max_decoding_length=self.manifest.max_decoding_length,
                attention=asked,
            )
            hypotheses.update(zip(chosen, found, strict=True))
        return [hypotheses[index] for index in range(len(sources))]

    def _prediction(self, source: Segmentation, hypothesis: Hypothesis) -> Prediction:
        target = self.tokenizer.assemble(hypothesis.pieces)
        if hypothesis.attention is None:
            return Prediction(target=target.text)
        matrix = word_matrix(hypothesis.attention, source, target)
        return Prediction(target=target.text, matrix=matrix)

    def _pieces(self, index: int, ids: Sequence[int]) -> list[str]:
        size = len(self._source_pieces)
        for token_id in ids:
            if not 0 <= token_id < size:
                raise UnknownIdError(index, token_id, size)
        return [self._source_pieces[token_id] for token_id in ids]


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
