"""Everything that one run of preprocessing can be told."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from preprocessing.errors import ArgumentsError
from preprocessing.vocabularies import VocabularyLimits
from protocol.artifacts import (
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    TEST_FOLDER,
    TEST_SOURCE,
    TEST_TARGET,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
)
from protocol.retraining import Cleaning


@dataclass(frozen=True, kw_only=True, slots=True)
class TextURIs:
    """Where the two sides of a parallel text lie."""

    source: str
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputPaths:
    """Where a run leaves its files; the defaults are the walk-through's."""

    train: Path = Path(TRAIN_RECORDS)
    validation: Path = Path(VALIDATION_RECORDS)
    source_vocabulary: Path = Path(SOURCE_VOCABULARY)
    target_vocabulary: Path = Path(TARGET_VOCABULARY)
    subwords: Path = Path(SUBWORDS)
    test: tuple[Path, Path] | None = None
    """Source and target of the test set as text; `None` writes none, as in the walk-through."""

    @classmethod
    def of_job(cls, folder: Path) -> Self:
        """One folder for each channel of the training job."""
        return cls(
            train=folder / "train" / TRAIN_RECORDS,
            validation=folder / "validation" / VALIDATION_RECORDS,
            source_vocabulary=folder / "vocab" / SOURCE_VOCABULARY,
            target_vocabulary=folder / "vocab" / TARGET_VOCABULARY,
            subwords=folder / "vocab" / SUBWORDS,
            test=(folder / TEST_FOLDER / TEST_SOURCE, folder / TEST_FOLDER / TEST_TARGET),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One run of preprocessing."""

    train: TextURIs
    validation: TextURIs | None = None
    test: TextURIs | None = None
    """`None` takes the validation text."""
    test_only: bool = False
    """Write the test set and nothing else."""
    outputs: OutputPaths = field(default_factory=OutputPaths)
    source_limits: VocabularyLimits = field(default_factory=VocabularyLimits)
    target_limits: VocabularyLimits = field(default_factory=VocabularyLimits)
    single_vocabulary: bool = False
    """One vocabulary for both sides, under the limits of the source."""
    existing_vocabularies: tuple[Path, Path] | None = None
    """Use these in place of new ones, which are then not written."""
    initial_model: str | None = None
    """The archive of a model to train further; its vocabularies and subwords are used again."""
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
        if self.initial_model and (self.existing_vocabularies or self.subwords is not None):
            raise ArgumentsError(
                "--initial-model has vocabularies: leave out --subwords, --vocab-source-json and "
                "--vocab-target-json"
            )

    @property
    def has_joint_vocabulary(self) -> bool:
        return self.single_vocabulary or self.subwords is not None
