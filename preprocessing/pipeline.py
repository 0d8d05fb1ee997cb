"""The whole run, from corpus URIs to the files that training reads."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from preprocessing.blocks import BlockPair
from preprocessing.corpus import read_parallel_text
from preprocessing.errors import ArgumentsError, CorpusError
from preprocessing.filters import build_filters
from preprocessing.initial_model import initial_pieces
from preprocessing.outputs import StagedOutputs
from preprocessing.parallel_text import ParallelText
from preprocessing.pieces import existing_pieces, make_pieces
from preprocessing.progress import DownloadProgress, Progress
from preprocessing.records import PairEncoding, write_records
from preprocessing.settings import Settings, TextURIs
from preprocessing.side_reader import Side
from preprocessing.summary import Summary, TestSetSummary, unknown_share
from preprocessing.test_set import write_test_set
from preprocessing.text_blocks import LineTransform
from protocol.uris import display_name


def run(settings: Settings) -> Summary | TestSetSummary:
    """Read the corpus, write its files, and say what was done.

    Raises:
        PreprocessingError: nothing was written; the message names the input and the reason.
        VocabularyError: likewise, for a vocabulary that exists already.
    """
    if settings.test_only:
        return _write_test_set_only(settings)
    started = time.monotonic()
    with ExitStack() as stack:
        outputs = stack.enter_context(StagedOutputs())
        train_path = outputs.stage(settings.outputs.train)
        existing = initial_pieces(settings, outputs) or existing_pieces(settings)
        reader = _Reader(settings, stack)
        # The small text goes first, so that a mistake in it shows before the long one is read.
        validation = reader.read(settings.validation)
        test = reader.read(settings.test) or validation
        training = reader.training()
        pieces = existing or make_pieces(settings, training, outputs)
        _write(training, pieces.encode(training), train_path)
        unknown = None
        if validation:
            encoding = pieces.encode(validation)
            _write(validation, encoding, outputs.stage(settings.outputs.validation))
            unknown = unknown_share(validation, encoding)
        if test and settings.outputs.test:
            _write_test_set(test, settings.outputs.test, outputs)
        return Summary(
            training=training.pair_counts(),
            validation=validation.pair_counts() if validation else None,
            test=test.pair_counts() if test and settings.test else None,
            unknown=unknown,
            source_vocabulary_size=len(pieces.source),
            target_vocabulary_size=len(pieces.target),
            seconds=time.monotonic() - started,
        )


def _write_test_set_only(settings: Settings) -> TestSetSummary:
    with ExitStack() as stack:
        outputs = stack.enter_context(StagedOutputs())
        test = _Reader(settings, stack).read(settings.test)
        if test is None or settings.outputs.test is None:
            raise ArgumentsError("there is no test set to write")
        _write_test_set(test, settings.outputs.test, outputs)
        return TestSetSummary(test.pair_counts())


def _write_test_set(test: ParallelText, paths: tuple[Path, Path], outputs: StagedOutputs) -> None:
    source, target = (outputs.stage(path) for path in paths)
    write_test_set(test, (source, target))


class _Reader:
    """Reads the texts of one run alike."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """What is read stays readable until the stack is unwound."""
        self._settings = settings
        self._stack = stack
        self._downloads = stack.enter_context(DownloadProgress())
        cleaning = settings.cleaning
        self._transforms = _transforms(
            (cleaning.detokenize_source, cleaning.detokenize_target), stack
        )

    def read(self, uris: TextURIs | None) -> ParallelText | None:
        """A text as it stands, from which nothing is dropped."""
        if uris is None:
            return None
        return self._stack.enter_context(read_parallel_text(*self._sides(uris)))

    def training(self) -> ParallelText:
        settings = self._settings
        source, target = self._sides(settings.train)
        with Progress("training text", unit="lines") as progress:
            source = replace(source, max_lines=settings.max_lines, lines_read=progress.advance)
            target = replace(target, max_lines=settings.max_lines)
            text = self._stack.enter_context(
                read_parallel_text(source, target, joint=settings.has_joint_vocabulary)
            )
        text.drop(build_filters(settings.cleaning, text.source.types, text.target.types))
        if not text.kept().any():
            names = f"{display_name(source.uri)} and {display_name(target.uri)}"
            raise CorpusError(f"{names}: cleaning leaves no line pair; {text.pair_counts()}")
        return text

    def _sides(self, uris: TextURIs) -> tuple[Side, Side]:
        source = Side(
            uri=uris.source,
            cache=self._settings.cache,
            downloads=self._downloads,
            transform=self._transforms[0],
        )
        return source, replace(source, uri=uris.target, transform=self._transforms[1])


def _transforms(
    languages: tuple[str | None, str | None], stack: ExitStack
) -> tuple[LineTransform | None, LineTransform | None]:
    if languages == (None, None):
        return None, None
    # Few runs need the library, which takes a while to import.
    from preprocessing.detokenization import detokenization  # noqa: PLC0415

    detokenizing = stack.enter_context(detokenization())
    source, target = (language and detokenizing.into(language) for language in languages)
    return source or None, target or None


def _write(text: ParallelText, encoding: PairEncoding, path: Path) -> None:
    with Progress(path.name, unit="pairs", total=text.pair_counts().kept) as progress:
        write_records(_counted(text.pairs(), progress), encoding, path)


def _counted(pairs: Iterator[BlockPair], progress: Progress) -> Iterator[BlockPair]:
    for source, target in pairs:
        yield source, target
        progress.advance(len(source))
