"""The vocabularies of a run, and how words turn into their ids."""

from dataclasses import dataclass

from nmt.subwords import learn_subwords
from nmt.tokenizer import SubwordTokenizer
from preprocessing.encodings import Encoding
from preprocessing.errors import ArgumentsError
from preprocessing.outputs import StagedOutputs
from preprocessing.parallel_text import ParallelText
from preprocessing.records import PairEncoding
from preprocessing.settings import Settings
from preprocessing.vocabularies import Vocabulary, word_vocabulary
from preprocessing.word_types import WordTypes
from protocol.vocabulary import load_vocabulary, save_vocabulary


@dataclass(frozen=True, slots=True)
class PieceInventory:
    """What the ids of this run's records mean."""

    source: Vocabulary
    target: Vocabulary
    tokenizer: SubwordTokenizer | None = None

    def encode(self, text: ParallelText) -> PairEncoding:
        """The ids of every word of both sides."""
        source, target = text.source.types, text.target.types
        encoding = self._encode_side(source, self.source)
        if source is target and self.source is self.target:
            return PairEncoding(source=encoding, target=encoding)
        return PairEncoding(source=encoding, target=self._encode_side(target, self.target))

    def _encode_side(self, types: WordTypes, vocabulary: Vocabulary) -> Encoding:
        if self.tokenizer is None:
            return Encoding.by_words(types, vocabulary)
        return Encoding.by_subwords(types, self.tokenizer)


def existing_pieces(settings: Settings) -> PieceInventory | None:
    """The vocabularies that the settings name, if they do.

    Raises:
        VocabularyError: one of them is not a vocabulary.
        ArgumentsError: an earlier run's subwords lie where this run puts words.
    """
    if settings.existing_vocabularies:
        source, target = map(load_vocabulary, settings.existing_vocabularies)
        return PieceInventory(source, target)
    if settings.subwords is None:
        refuse_left_subwords(settings)
    return None


def refuse_left_subwords(settings: Settings) -> None:
    """See that words are not taken for subwords.

    Raises:
        ArgumentsError: an earlier run's subwords lie where this run puts words.
    """
    if settings.outputs.subwords.exists():
        raise ArgumentsError(
            f"{settings.outputs.subwords}: left by a run with --subwords; beside vocabularies of "
            "words it would mislead training, so move it away first"
        )


def make_pieces(
    settings: Settings, training: ParallelText, outputs: StagedOutputs
) -> PieceInventory:
    """Learn the vocabularies from the training text and write them."""
    if settings.subwords is not None:
        pieces = _subword_pieces(settings, training, outputs)
    else:
        pieces = _word_pieces(settings, training)
    save_vocabulary(outputs.stage(settings.outputs.source_vocabulary), pieces.source)
    save_vocabulary(outputs.stage(settings.outputs.target_vocabulary), pieces.target)
    return pieces


def _word_pieces(settings: Settings, training: ParallelText) -> PieceInventory:
    source_counts, target_counts = training.word_counts()
    source_types, target_types = training.source.types, training.target.types
    if settings.single_vocabulary:
        counts = source_counts + target_counts
        vocabulary = word_vocabulary(source_types, counts, settings.source_limits)
        return PieceInventory(vocabulary, vocabulary)
    return PieceInventory(
        word_vocabulary(source_types, source_counts, settings.source_limits),
        word_vocabulary(target_types, target_counts, settings.target_limits),
    )


def _subword_pieces(
    settings: Settings, training: ParallelText, outputs: StagedOutputs
) -> PieceInventory:
    assert settings.subwords is not None  # noqa: S101
    path = outputs.stage(settings.outputs.subwords)
    kept = training.kept()
    # Both sides number their words alike here.
    counts = training.source.counts(kept) + training.target.counts(kept)
    learn_subwords(training.source.types, counts, merges=settings.subwords, path=path)
    tokenizer = SubwordTokenizer(path)
    vocabulary = tokenizer.vocabulary
    return PieceInventory(vocabulary, vocabulary, tokenizer)
