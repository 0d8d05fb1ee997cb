"""Tells line pairs apart, and those that came before, by hashes of 128 bits.

Among ten million different pairs, two share a hash with a probability of about 10 to the -25.
"""

import numpy as np
import numpy.typing as npt

from preprocessing.blocks import Block, Ids, Mask
from preprocessing.line_sums import line_sums

Hashes = npt.NDArray[np.uint64]
"""Shape (pairs, 2); the first column is never zero."""

_TARGET = np.uint64(1 << 63)
_POSITION_BITS = np.uint64(32)
_GOLDEN_RATIO = np.uint64(0x9E3779B97F4A7C15)
# The shifts and factors of the SplitMix64 generator.
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_FIRST_CAPACITY = 1 << 16


def pair_hashes(source: Block, target: Block) -> Hashes:
    """A hash of each pair, out of its word numbers, their positions and their sides."""
    hashes = np.zeros((len(source), 2), dtype=np.uint64)
    for block, side in ((source, np.uint64(0)), (target, _TARGET)):
        words = _positions(block.lengths) << _POSITION_BITS
        words |= block.tokens.astype(np.uint64)
        words |= side
        for column in range(2):
            words += _GOLDEN_RATIO
            _mix(words)
            hashes[:, column] += line_sums(words, block.lengths, np.uint64)
    np.maximum(hashes[:, 0], 1, out=hashes[:, 0])
    return hashes


def _positions(lengths: Ids) -> npt.NDArray[np.uint64]:
    """Of each word in its line, from 0."""
    ends = np.cumsum(lengths, dtype=np.int64)
    starts = np.repeat(ends - lengths, lengths)
    return (np.arange(len(starts)) - starts).astype(np.uint64)


def _mix(words: npt.NDArray[np.uint64]) -> None:
    """Scatter in place, each value to another."""
    words ^= words >> _SHIFTS[0]
    words *= _FACTORS[0]
    words ^= words >> _SHIFTS[1]
    words *= _FACTORS[1]
    words ^= words >> _SHIFTS[2]


class SeenHashes:
    """Remembers hashes in an open table that is at most three quarters full.

    It takes 21 to 43 bytes a pair: 134 MB for 3 to 6 million, and half as much again for the
    moment in which it grows.
    """

    def __init__(self) -> None:
        self._table: Hashes = np.zeros((_FIRST_CAPACITY, 2), dtype=np.uint64)
        self._num_seen = 0

    def add(self, hashes: Hashes) -> Mask:
        """Which of the hashes came before, in this call or in an earlier one."""
        while 4 * (self._num_seen + len(hashes)) > 3 * len(self._table):
            self._grow()
        is_new = _insert(self._table, hashes)
        self._num_seen += int(np.count_nonzero(is_new))
        return ~is_new

    def _grow(self) -> None:
        larger = np.zeros((2 * len(self._table), 2), dtype=np.uint64)
        for start in range(0, len(self._table), _FIRST_CAPACITY):
            part = self._table[start : start + _FIRST_CAPACITY]
            _insert(larger, part[part[:, 0] != 0])
        self._table = larger


def _insert(table: Hashes, hashes: Hashes) -> Mask:
    """Put each hash that the table lacks into the first free slot of its own way through it.

    Equal hashes go the same way at the same pace, so that the first of them is the new one.
    """
    is_new = np.zeros(len(hashes), dtype=np.bool_)
    last_slot = np.uint64(len(table) - 1)
    waiting = np.arange(len(hashes))
    slots, steps = hashes[:, 0] & last_slot, hashes[:, 1] | np.uint64(1)
    while len(waiting):
        free = np.flatnonzero(table[slots, 0] == 0)
        taken, first = np.unique(slots[free], return_index=True)
        settled = waiting[free[first]]
        table[taken] = hashes[settled]
        is_new[settled] = True
        elsewhere = (table[slots] != hashes[waiting]).any(axis=1)
        waiting, steps = waiting[elsewhere], steps[elsewhere]
        slots = (slots[elsewhere] + steps) & last_slot
    return is_new
