"""The whole run, from corpus URIs to the files that training reads."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Self

from nmt.tokenizer import SubwordTokenizer, train_subwords
from preprocessing.corpus import ParallelText, TextURIs, read_parallel_text
from preprocessing.encodings import Encoding
from preprocessing.errors import ArgumentsError
from preprocessing.outputs import StagedOutputs
from preprocessing.records import PairEncoding, write_records
from preprocessing.summary import Summary, unknown_share
from preprocessing.token_store import TokenStore
from preprocessing.vocabularies import Vocabulary, VocabularyLimits, word_vocabulary
from preprocessing.word_types import WordTypes
from protocol.artifacts import (
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
)
from protocol.retraining import Cleaning
from protocol.vocabulary import load_vocabulary, save_vocabulary


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputPaths:
    """Where a run leaves its files; the defaults are the walk-through's."""

    train: Path = Path(TRAIN_RECORDS)
    validation: Path = Path(VALIDATION_RECORDS)
    source_vocabulary: Path = Path(SOURCE_VOCABULARY)
    target_vocabulary: Path = Path(TARGET_VOCABULARY)
    subwords: Path = Path(SUBWORDS)

    @classmethod
    def of_job(cls, folder: Path) -> Self:
        """One folder for each channel of the training job."""
        return cls(
            train=folder / "train" / TRAIN_RECORDS,
            validation=folder / "validation" / VALIDATION_RECORDS,
            source_vocabulary=folder / "vocab" / SOURCE_VOCABULARY,
            target_vocabulary=folder / "vocab" / TARGET_VOCABULARY,
            subwords=folder / "vocab" / SUBWORDS,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One run of preprocessing."""

    train: TextURIs
    validation: TextURIs | None = None
    outputs: OutputPaths = field(default_factory=OutputPaths)
    source_limits: VocabularyLimits = field(default_factory=VocabularyLimits)
    target_limits: VocabularyLimits = field(default_factory=VocabularyLimits)
    single_vocabulary: bool = False
    """One vocabulary for both sides, under the limits of the source."""
    existing_vocabularies: tuple[Path, Path] | None = None
    """Use these in place of new ones, which are then not written."""
    max_lines: int | None = None
    """Of the training text."""
    subwords: int | None = None
    """Merges of a joint byte-pair encoding; `None` keeps words."""
    cleaning: Cleaning = field(default_factory=Cleaning)
    cache: Path | None = None
    """A folder that keeps what was downloaded for the next run."""

    def __post_init__(self) -> None:
        if self.existing_vocabularies and self.subwords is not None:
            raise ArgumentsError(
                "--subwords makes a vocabulary: leave out --vocab-source-json, --vocab-target-json"
            )

    @property
    def has_joint_vocabulary(self) -> bool:
        return self.single_vocabulary or self.subwords is not None


@dataclass(frozen=True, slots=True)
class PieceInventory:
    """What the ids of this run's records mean, and how words turn into them."""

    source: Vocabulary
    target: Vocabulary
    tokenizer: SubwordTokenizer | None = None

    def encode(self, text: ParallelText) -> PairEncoding:
        source, target = text.source.types, text.target.types
        encoding = self._side(source, self.source)
        same = source is target and self.source is self.target
        return PairEncoding(
            source=encoding, target=encoding if same else self._side(target, self.target)
        )

    def _side(self, types: WordTypes, vocabulary: Vocabulary) -> Encoding:
        if self.tokenizer is None:
            return Encoding.by_words(types, vocabulary)
        return Encoding.by_subwords(types, self.tokenizer)


def run(settings: Settings) -> Summary:
    """Read the corpus, write its files, and say what was done.

    Raises:
        PreprocessingError: nothing was written; the message names the input and the reason.
        VocabularyError: likewise, for a vocabulary that exists already.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        outputs = stack.enter_context(StagedOutputs())
        train_path = outputs.stage(settings.outputs.train)
        existing = _existing_vocabularies(settings)
        # The small text goes first, so that a mistake in it shows before the long one is read.
        validation = _read_validation(settings, stack)
        training = stack.enter_context(
            read_parallel_text(
                settings.train, max_lines=settings.max_lines, joint=settings.has_joint_vocabulary
            )
        )
        pieces = existing or _new_pieces(settings, training, outputs)
        write_records(training.pairs(), pieces.encode(training), train_path)
        unknown = None
        if validation:
            encoding = pieces.encode(validation)
            path = outputs.stage(settings.outputs.validation)
            write_records(validation.pairs(), encoding, path)
            unknown = unknown_share(validation, encoding)
        return Summary(
            training=training.pair_counts(),
            validation=validation.pair_counts() if validation else None,
            unknown=unknown,
            source_vocabulary_size=len(pieces.source),
            target_vocabulary_size=len(pieces.target),
            seconds=time.monotonic() - started,
        )


def _read_validation(settings: Settings, stack: ExitStack) -> ParallelText | None:
    if settings.validation is None:
        return None
    return stack.enter_context(read_parallel_text(settings.validation))


def _existing_vocabularies(settings: Settings) -> PieceInventory | None:
    if settings.existing_vocabularies:
        source, target = map(load_vocabulary, settings.existing_vocabularies)
        return PieceInventory(source, target)
    if settings.subwords is None and settings.outputs.subwords.exists():
        raise ArgumentsError(
            f"{settings.outputs.subwords}: left by a run with --subwords; beside vocabularies of "
            "words it would mislead training, so move it away first"
        )
    return None


def _new_pieces(
    settings: Settings, training: ParallelText, outputs: StagedOutputs
) -> PieceInventory:
    if settings.subwords is not None:
        pieces = _learn_subwords(
            training, settings.subwords, outputs.stage(settings.outputs.subwords)
        )
    elif settings.single_vocabulary:
        counts = training.source.counts() + training.target.counts()
        vocabulary = word_vocabulary(training.source.types, counts, settings.source_limits)
        pieces = PieceInventory(vocabulary, vocabulary)
    else:
        pieces = PieceInventory(
            _side_vocabulary(training.source, settings.source_limits),
            _side_vocabulary(training.target, settings.target_limits),
        )
    save_vocabulary(outputs.stage(settings.outputs.source_vocabulary), pieces.source)
    save_vocabulary(outputs.stage(settings.outputs.target_vocabulary), pieces.target)
    return pieces


def _side_vocabulary(side: TokenStore, limits: VocabularyLimits) -> Vocabulary:
    return word_vocabulary(side.types, side.counts(), limits)


def _learn_subwords(training: ParallelText, merges: int, path: Path) -> PieceInventory:
    lines = chain(training.source.lines(), training.target.lines())
    train_subwords(lines, merges=merges, path=path)
    tokenizer = SubwordTokenizer(path)
    return PieceInventory(tokenizer.vocabulary, tokenizer.vocabulary, tokenizer)
