"""Reads both sides of a parallel text at once and checks that they are parallel."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from threading import Event
from typing import BinaryIO

import numpy as np

from preprocessing.blocks import Block, Mask
from preprocessing.errors import CorpusError
from preprocessing.side_reader import SideReader
from preprocessing.token_store import TokenStore
from protocol.uris import display_name

SECONDS_TO_STOP = 2.0
"""A reader sees at its next block that it must stop; one that waits for a server is left behind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextURIs:
    """Where the two sides of a parallel text lie."""

    source: str
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PairCounts:
    """How many line pairs there were, and why some of them are in no record file."""

    read: int
    source_empty: int
    target_empty: int
    both_empty: int

    @property
    def skipped(self) -> int:
        return self.source_empty + self.target_empty + self.both_empty

    @property
    def kept(self) -> int:
        return self.read - self.skipped


@dataclass(frozen=True, slots=True)
class ParallelText:
    """Both sides of a corpus, line by line."""

    source: TokenStore
    target: TokenStore

    def kept(self) -> Mask:
        """Which line pairs have text on both sides."""
        return (self.source.lengths() > 0) & (self.target.lengths() > 0)

    def pairs(self) -> Iterator[tuple[Block, Block]]:
        """The pairs with text on both sides, in order, many at once."""
        kept, start = self.kept(), 0
        for source, target in zip(self.source.blocks(), self.target.blocks(), strict=True):
            lines = kept[start : start + len(source)]
            start += len(source)
            if lines.any():
                yield source.select(lines), target.select(lines)

    def pair_counts(self) -> PairCounts:
        no_source, no_target = self.source.lengths() == 0, self.target.lengths() == 0
        return PairCounts(
            read=len(self.source),
            source_empty=int(np.count_nonzero(no_source & ~no_target)),
            target_empty=int(np.count_nonzero(no_target & ~no_source)),
            both_empty=int(np.count_nonzero(no_source & no_target)),
        )


@contextmanager
def read_parallel_text(
    uris: TextURIs, *, max_lines: int | None = None, joint: bool = False
) -> Iterator[ParallelText]:
    """Read the first `max_lines` line pairs; with `joint`, both sides number their words alike.

    Raises:
        SourceError: a side cannot be read.
        CorpusError: a side is empty, the sides differ in length, or no pair has text on both.
    """
    names = display_name(uris.source), display_name(uris.target)
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile()) for _ in range(4)]
        source, target = _read_sides((uris.source, uris.target), max_lines, files)
        _require_equal_lengths(names, (len(source), len(target)), max_lines)
        text = ParallelText(source, target)
        _require_pairs(text, names)
        if joint:
            types, numbers = source.types.joined_with(target.types)
            source.renumber(types)
            target.renumber(types, numbers)
        yield text


def _read_sides(
    uris: tuple[str, str], max_lines: int | None, files: Sequence[BinaryIO]
) -> tuple[TokenStore, TokenStore]:
    """Read each side in a thread of its own; a mistake in one ends the other.

    Each side takes two of the files, which are empty.
    """
    stop = Event()
    readers = [
        SideReader(uri, max_lines=max_lines, file=file, scratch=scratch, stop=stop)
        for uri, file, scratch in zip(uris, files[:2], files[2:], strict=True)
    ]
    try:
        for reader in readers:
            reader.start()
        source, target = (reader.result() for reader in readers)
    finally:
        stop.set()
        for reader in readers:
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
    if not text.pair_counts().kept:
        raise CorpusError(f"{names[0]} and {names[1]}: no line pair has text on both sides")
