"""Reads both sides of a parallel text at once and checks that they are parallel."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from threading import Event
from typing import BinaryIO

from preprocessing.errors import CorpusError
from preprocessing.parallel_text import ParallelText
from preprocessing.side_reader import Side, SideReader
from preprocessing.token_store import TokenStore
from protocol.uris import display_name

SECONDS_TO_STOP = 2.0
"""A reader sees at its next block that it must stop; one that waits for a server is left behind."""


@contextmanager
def read_parallel_text(
    source: Side, target: Side, *, joint: bool = False
) -> Iterator[ParallelText]:
    """Read line pairs; with `joint`, both sides number their words alike.

    Raises:
        SourceError: a side cannot be read.
        CorpusError: a side is empty, the sides differ in length, or no pair has text on both.
    """
    names = display_name(source.uri), display_name(target.uri)
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile()) for _ in range(4)]
        stores = _read_sides((source, target), files)
        _require_equal_lengths(names, (len(stores[0]), len(stores[1])), source.max_lines)
        text = ParallelText(*stores)
        _require_pairs(text, names)
        if joint:
            text.join_types()
        yield text


def _read_sides(
    sides: tuple[Side, Side], files: Sequence[BinaryIO]
) -> tuple[TokenStore, TokenStore]:
    """Read each side in a thread of its own; a mistake in one ends the other.

    Each side takes two of the files, which are empty.
    """
    stop = Event()
    readers = [
        SideReader(side, file=file, scratch=scratch, stop=stop)
        for side, file, scratch in zip(sides, files[:2], files[2:], strict=True)
    ]
    try:
        for reader in readers:
            reader.start()
        source, target = (reader.result() for reader in readers)
    finally:
        stop.set()
        for reader in readers:
            # The job may be told to stop while a reader is only just being started.
            if reader.is_alive():
                reader.join(SECONDS_TO_STOP)
    return source, target


def _require_equal_lengths(
    names: tuple[str, str], counts: tuple[int, int], max_lines: int | None
) -> None:
    if counts[0] != counts[1]:
        raise CorpusError(_difference(names, counts, max_lines))


def _difference(names: tuple[str, str], counts: tuple[int, int], max_lines: int | None) -> str:
    for name, count in zip(names, counts, strict=True):
        if not count:
            return f"{name}: is empty"
    source, target = (
        f"{name} has {'at least ' * (count == max_lines)}{count:,} line{'s' * (count != 1)}"
        for name, count in zip(names, counts, strict=True)
    )
    return f"{source} but {target}; a parallel corpus has one translation a line"


def _require_pairs(text: ParallelText, names: tuple[str, str]) -> None:
    if not len(text.source):
        raise CorpusError(f"{names[0]}: is empty, and so is {names[1]}")
    if not text.kept().any():
        raise CorpusError(f"{names[0]} and {names[1]}: no line pair has text on both sides")
