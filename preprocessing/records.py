"""Writes the pairs that have text on both sides as a record file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preprocessing.corpus import ParallelText
from preprocessing.encodings import Encoding
from preprocessing.token_store import Block
from protocol.recordio import encode_record, write_frame
from protocol.vocabulary import UNK_ID


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownShare:
    """The share of tokens in the record file that the vocabulary does not hold."""

    source: float
    target: float


def write_records(
    text: ParallelText, source: Encoding, target: Encoding, path: Path
) -> UnknownShare:
    """One frame for each pair, in the order of the corpus."""
    num_unknown: npt.NDArray[np.int64] = np.zeros(2, dtype=np.int64)
    num_tokens = num_unknown.copy()
    with path.open("wb") as stream:
        for blocks in text.blocks():
            kept = _with_text_on_both_sides(*blocks)
            encoded = [source.apply(kept[0]), target.apply(kept[1])]
            num_unknown += [np.count_nonzero(side.tokens == UNK_ID) for side in encoded]
            num_tokens += [len(side.tokens) for side in encoded]
            for source_ids, target_ids in zip(*map(_lines, encoded), strict=True):
                write_frame(stream, encode_record(source_ids, target_ids))
    source_share, target_share = (num_unknown / num_tokens).tolist()
    return UnknownShare(source=source_share, target=target_share)


def _with_text_on_both_sides(*sides: Block) -> list[Block]:
    kept = np.logical_and.reduce([block.lengths > 0 for block in sides])
    return [
        Block(block.tokens[np.repeat(kept, block.lengths)], block.lengths[kept]) for block in sides
    ]


def _lines(block: Block) -> Iterator[list[int]]:
    tokens = block.tokens.tolist()
    start = 0
    for length in block.lengths.tolist():
        yield tokens[start : start + length]
        start += length
