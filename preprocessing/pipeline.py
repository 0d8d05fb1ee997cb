"""The whole run, from corpus URIs to the files that training reads."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from preprocessing.blocks import BlockPair
from preprocessing.corpus import read_parallel_text
from preprocessing.errors import CorpusError
from preprocessing.filters import build_filters
from preprocessing.outputs import StagedOutputs
from preprocessing.parallel_text import ParallelText
from preprocessing.pieces import existing_pieces, make_pieces
from preprocessing.progress import ByteProgress, DownloadProgress, Progress
from preprocessing.records import PairEncoding, write_records
from preprocessing.settings import Settings, TextURIs
from preprocessing.side_reader import Side
from preprocessing.summary import Summary, unknown_share
from protocol.uris import display_name


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
        existing = existing_pieces(settings)
        downloads = stack.enter_context(DownloadProgress())
        # The small text goes first, so that a mistake in it shows before the long one is read.
        validation = _read_validation(settings, downloads, stack)
        training = _read_training(settings, downloads, stack)
        pieces = existing or make_pieces(settings, training, outputs)
        _write(training, pieces.encode(training), train_path)
        unknown = None
        if validation:
            encoding = pieces.encode(validation)
            _write(validation, encoding, outputs.stage(settings.outputs.validation))
            unknown = unknown_share(validation, encoding)
        return Summary(
            training=training.pair_counts(),
            validation=validation.pair_counts() if validation else None,
            unknown=unknown,
            source_vocabulary_size=len(pieces.source),
            target_vocabulary_size=len(pieces.target),
            seconds=time.monotonic() - started,
        )


def _read_validation(
    settings: Settings, downloads: ByteProgress, stack: ExitStack
) -> ParallelText | None:
    if settings.validation is None:
        return None
    source, target = _sides(settings, settings.validation, downloads)
    return stack.enter_context(read_parallel_text(source, target))


def _read_training(settings: Settings, downloads: ByteProgress, stack: ExitStack) -> ParallelText:
    source, target = _sides(settings, settings.train, downloads)
    with Progress("training text", unit="lines") as progress:
        source = replace(source, max_lines=settings.max_lines, lines_read=progress.advance)
        target = replace(target, max_lines=settings.max_lines)
        text = stack.enter_context(
            read_parallel_text(source, target, joint=settings.has_joint_vocabulary)
        )
    text.drop(build_filters(settings.cleaning, text.source.types, text.target.types))
    if not text.kept().any():
        names = (display_name(uri) for uri in (settings.train.source, settings.train.target))
        raise CorpusError(
            f"{' and '.join(names)}: cleaning leaves no line pair; {text.pair_counts()}"
        )
    return text


def _sides(settings: Settings, uris: TextURIs, downloads: ByteProgress) -> tuple[Side, Side]:
    cache = settings.cache
    return (
        Side(uri=uris.source, cache=cache, downloads=downloads),
        Side(uri=uris.target, cache=cache, downloads=downloads),
    )


def _write(text: ParallelText, encoding: PairEncoding, path: Path) -> None:
    with Progress(path.name, unit="pairs", total=text.pair_counts().kept) as progress:
        write_records(_counted(text.pairs(), progress), encoding, path)


def _counted(pairs: Iterator[BlockPair], progress: Progress) -> Iterator[BlockPair]:
    for source, target in pairs:
        yield source, target
        progress.advance(len(source))
