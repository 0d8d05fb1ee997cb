"""Reads both sides of a parallel text in step and checks that they are parallel."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryFile
from typing import TextIO

import numpy as np

from preprocessing.errors import CorpusError
from preprocessing.sources import open_text
from preprocessing.token_store import LINES_PER_BLOCK, Block, TokenStore, WordTypes
from protocol.uris import display_name


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

    def blocks(self) -> Iterator[tuple[Block, Block]]:
        return zip(self.source.blocks(), self.target.blocks(), strict=True)

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
    source_types = WordTypes()
    target_types = source_types if joint else WordTypes()
    names = display_name(uris.source), display_name(uris.target)
    with TemporaryFile() as source_file, TemporaryFile() as target_file:
        source = TokenStore(source_types, source_file)
        text = ParallelText(source, TokenStore(target_types, target_file))
        with open_text(uris.source) as source_text, open_text(uris.target) as target_text:
            _append_in_step(source_text, target_text, text, names, max_lines)
        _require_pairs(text, names)
        yield text


def _append_in_step(
    source_text: TextIO,
    target_text: TextIO,
    text: ParallelText,
    names: tuple[str, str],
    max_lines: int | None,
) -> None:
    source_lines = islice(source_text, max_lines)
    target_lines = islice(target_text, max_lines)
    while True:
        source_block = list(islice(source_lines, LINES_PER_BLOCK))
        target_block = list(islice(target_lines, LINES_PER_BLOCK))
        if len(source_block) != len(target_block):
            counts = (
                len(text.source) + len(source_block) + sum(1 for _ in source_lines),
                len(text.target) + len(target_block) + sum(1 for _ in target_lines),
            )
            raise CorpusError(_difference(names, counts, max_lines))
        if not source_block:
            return
        text.source.append(source_block)
        text.target.append(target_block)


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
