"""The job's records, vocabularies and tokenizer, read and checked against each other."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmt.data import ParallelCorpus, check_ids, read_corpus
from nmt.interruption import Interrupted, WorkInterruptedError, never
from nmt.outcome import NothingTrainedError
from nmt.tokenizer import Tokenizer, load_tokenizer
from protocol.artifacts import (
    SOURCE_VOCABULARY,
    TARGET_VOCABULARY,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
)
from protocol.vocabulary import UNK_ID, load_vocabulary, tokens_by_id
from training.folders import Folders
from training.recipe import Recipe

NUM_SAMPLES = 20
MAX_LOOKED_AT = 10_000
"""Pairs of a corpus that samples are chosen from, however large it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpora:
    """Everything that a training job learns from."""

    training: ParallelCorpus
    validation: ParallelCorpus
    source_tokens: list[str]
    target_tokens: list[str]
    tokenizer: Tokenizer
    fingerprints: Mapping[str, str]
    """SHA-256 of every file that was read, by the file's name."""

    @property
    def shared_vocabulary(self) -> bool:
        """Whether an id means the same token on both sides."""
        return self.source_tokens == self.target_tokens

    def source_text(self, ids: Sequence[int]) -> str:
        """Source ids as a person writes the sentence."""
        return self.tokenizer.assemble([self.source_tokens[i] for i in ids]).text

    def target_text(self, ids: Sequence[int]) -> str:
        """Target ids as a person writes the sentence."""
        return self.tokenizer.assemble([self.target_tokens[i] for i in ids]).text

    def samples(self) -> list[dict[str, str]]:
        """Sentence pairs without unknown words, spread over the validation set.

        Where all the pairs that are looked at have one, the training set takes its place.
        """
        corpus, known = self.validation, _known_pairs(self.validation)
        if not known:
            corpus, known = self.training, _known_pairs(self.training)
        step = max(len(known) // NUM_SAMPLES, 1)
        return [
            {
                "source": self.source_text(corpus.source.sentence(index)),
                "target": self.target_text(corpus.target.sentence(index)),
            }
            for index in known[::step][:NUM_SAMPLES]
        ]


def read_corpora(folders: Folders, recipe: Recipe, stop_requested: Interrupted = never) -> Corpora:
    """Read the three channels.

    Raises:
        NothingTrainedError: asked to stop before the records were read.
        DataError: a record file is damaged, empty or does not fit the vocabularies.
        VocabularyError: a vocabulary is damaged.
        TokenizerError: the subword file is damaged.
    """
    source = tokens_by_id(load_vocabulary(folders.vocabularies / SOURCE_VOCABULARY))
    target = tokens_by_id(load_vocabulary(folders.vocabularies / TARGET_VOCABULARY))
    corpora = Corpora(
        training=_read(folders.train_records, recipe, stop_requested),
        validation=_read(folders.validation_records, recipe, stop_requested),
        source_tokens=source,
        target_tokens=target,
        tokenizer=load_tokenizer(folders.vocabularies),
        fingerprints={path.name: fingerprint(path) for path in folders.data_files()},
    )
    _check(corpora.training, corpora, TRAIN_RECORDS)
    _check(corpora.validation, corpora, VALIDATION_RECORDS)
    return corpora


def _read(path: Path, recipe: Recipe, stop_requested: Interrupted) -> ParallelCorpus:
    try:
        return read_corpus(
            path,
            max_source_length=recipe.max_source_length,
            max_target_length=recipe.max_target_length,
            interrupted=stop_requested,
        )
    except WorkInterruptedError as error:
        raise NothingTrainedError(
            f"asked to stop while {path.name} was read; checkpoints, where there are any, stay as "
            "they were"
        ) from error


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check(corpus: ParallelCorpus, corpora: Corpora, name: str) -> None:
    for side, label, tokens, vocabulary in (
        (corpus.source, "source", corpora.source_tokens, SOURCE_VOCABULARY),
        (corpus.target, "target", corpora.target_tokens, TARGET_VOCABULARY),
    ):
        check_ids(
            side, vocabulary_size=len(tokens), where=f"{name}, {label}", vocabulary=vocabulary
        )


def _known_pairs(corpus: ParallelCorpus) -> list[int]:
    """Pairs without unknown words, among some spread over the corpus."""
    size = min(len(corpus), MAX_LOOKED_AT)
    spread = np.linspace(0, len(corpus) - 1, size).astype(np.int64).tolist()
    sides = corpus.source, corpus.target
    return [i for i in spread if all(UNK_ID not in side.sentence(i) for side in sides)]
