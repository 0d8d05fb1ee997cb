"""Sentence pairs as flat integer arrays, and the batches made of them.

A corpus of any size is four arrays, its ids mapped from a file; there is no Python object per
token. Batches are a function of corpus, configuration and epoch alone, so a resumed training
meets them again.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from nmt.interruption import Interrupted, never, proceed_unless
from nmt.records import Sentences, read_sentences
from protocol.recordio import RecordIOError
from protocol.vocabulary import BOS_ID, EOS_ID, PAD_ID

Ids = np.ndarray[Any, np.dtype[np.int32]]
Indices = np.ndarray[Any, np.dtype[np.int64]]


class DataError(ValueError):
    """A record file cannot be trained on; the message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Side:
    """All sentences of one language: sentence i is `ids[offsets[i]:offsets[i + 1]]`."""

    ids: Ids
    offsets: Indices

    @property
    def lengths(self) -> Indices:
        """Tokens of every sentence."""
        return np.diff(self.offsets)

    def lengths_of(self, indices: Indices) -> Indices:
        """Tokens of some sentences."""
        return self.offsets[indices + 1] - self.offsets[indices]

    def sentence(self, index: int) -> list[int]:
        """One sentence as a list."""
        ids: list[int] = self.ids[self.offsets[index] : self.offsets[index + 1]].tolist()
        return ids

    def padded(self, indices: Indices) -> Ids:
        """Sentences as rows, padded with `<pad>` to one position more than the longest has."""
        starts, lengths = self.offsets[indices], self.lengths_of(indices)
        columns = np.arange(lengths.max() + 1)
        inside = columns < lengths[:, None]
        rows: Ids = self.ids[np.where(inside, starts[:, None] + columns, 0)]
        rows[~inside] = PAD_ID
        return rows


@dataclass(frozen=True, kw_only=True, slots=True)
class ParallelCorpus:
    """Sentence pairs in the order of their file."""

    source: Side
    target: Side
    num_empty_pairs: int = 0
    """Pairs of the file that were left out because a side of them is empty."""
    num_truncated_pairs: int = 0
    cut_anew: "Callable[[int], ParallelCorpus] | None" = None
    """Gives the same sentences in other pieces, by epoch (from 0); a stop may interrupt it."""

    def in_epoch(self, epoch: int) -> "ParallelCorpus":
        """The corpus as an epoch trains on it."""
        return self.cut_anew(epoch) if self.cut_anew else self

    def __len__(self) -> int:
        return len(self.source.offsets) - 1


class _SideWriter:
    """Collects the sentences of one side in a file that has no name and goes with its mapping."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lengths = [np.zeros(1, dtype=np.int64)]

    def append(self, sentences: Sentences) -> None:
        sentences.ids.tofile(self._file)
        self._lengths.append(sentences.lengths)

    def side(self) -> Side:
        self._file.flush()
        offsets = np.cumsum(np.concatenate(self._lengths))
        ids: Ids = np.asarray(np.memmap(self._file, dtype=np.int32, mode="c"))
        return Side(ids, offsets)


def read_corpus(
    path: Path,
    *,
    max_source_length: int,
    max_target_length: int,
    interrupted: Interrupted = never,
) -> ParallelCorpus:
    """Read a record file; longer sentences are truncated, pairs with an empty side left out.

    Raises:
        DataError: the file is missing, is not x-recordio-protobuf, or holds no sentence pair.
        WorkInterruptedError: `interrupted` became true on the way.
    """
    num_pairs = num_empty = num_truncated = 0
    with tempfile.TemporaryFile() as source_file, tempfile.TemporaryFile() as target_file:
        source_writer, target_writer = _SideWriter(source_file), _SideWriter(target_file)
        for source, target in _blocks(path):
            proceed_unless(interrupted)
            keep = (source.lengths > 0) & (target.lengths > 0)
            too_long = (source.lengths > max_source_length) | (target.lengths > max_target_length)
            source_writer.append(source.kept(keep).truncated(max_source_length))
            target_writer.append(target.kept(keep).truncated(max_target_length))
            num_pairs += int(keep.sum())
            num_empty += int((~keep).sum())
            num_truncated += int((keep & too_long).sum())
        if not num_pairs:
            raise DataError(f"{path.name} holds no sentence pair ({num_empty} with an empty side)")
        return ParallelCorpus(
            source=source_writer.side(),
            target=target_writer.side(),
            num_empty_pairs=num_empty,
            num_truncated_pairs=num_truncated,
        )


def check_ids(side: Side, *, vocabulary_size: int, where: str, vocabulary: str) -> None:
    """Refuse ids that the vocabulary does not have.

    Raises:
        DataError: names the first such id and its sentence pair (from 1).
    """
    if side.ids.min() < 0 or side.ids.max() >= vocabulary_size:
        outside = np.flatnonzero((side.ids < 0) | (side.ids >= vocabulary_size))
        sentence = int(np.searchsorted(side.offsets, outside[0], side="right"))
        raise DataError(
            f"{where}: id {side.ids[outside[0]]} in pair {sentence}, but {vocabulary} has "
            f"{vocabulary_size} entries (ids 0 to {vocabulary_size - 1}); "
            "records and vocabulary must come from one preprocessing run"
        )


def _blocks(path: Path) -> Iterator[tuple[Sentences, Sentences]]:
    try:
        yield from read_sentences(path)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from error
    except RecordIOError as error:
        raise DataError(f"{path.name}: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchConfig:
    """How sentence pairs are put together."""

    batch_size: int = 64
    """Sentence pairs in a batch; ignored when `batch_tokens` is given."""
    batch_tokens: int | None = None
    """Target positions in a batch, padding included."""
    bucketing: bool = True
    """Put sentences of like length together."""
    bucket_width: int = 1
    """Lengths are alike when they fall into the same multiple of this."""
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("batch_size", "bucket_width"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.batch_tokens is not None and self.batch_tokens < 1:
            raise ValueError(f"batch_tokens must be at least 1, not {self.batch_tokens}")


def epoch_batches(corpus: ParallelCorpus, config: BatchConfig, epoch: int) -> list[Indices]:
    """The batches of an epoch (from 0): every pair once, in an order drawn from the seed."""
    generator = np.random.default_rng((config.seed, epoch))
    order = generator.permutation(len(corpus))
    if config.bucketing:
        source = (corpus.source.lengths[order] - 1) // config.bucket_width
        target = (corpus.target.lengths[order] - 1) // config.bucket_width
        order = order[np.lexsort((source, target))]
    batches = _cut(order, corpus.target.lengths[order] + 1, config)
    return [batches[i] for i in generator.permutation(len(batches))]


def length_sorted_batches(corpus: ParallelCorpus, indices: Indices, size: int) -> list[Indices]:
    """Given pairs in batches of like source length, longest first; the same every time."""
    lengths = corpus.source.lengths_of(indices)
    order = indices[np.argsort(-lengths, kind="stable")]
    return [order[start : start + size] for start in range(0, len(order), size)]


def _cut(order: Indices, lengths: Indices, config: BatchConfig) -> list[Indices]:
    if config.batch_tokens is None:
        starts = list(range(0, len(order), config.batch_size))
    else:
        starts = _token_batch_starts(lengths.tolist(), config.batch_tokens)
    return np.split(order, starts[1:])


def _token_batch_starts(lengths: list[int], batch_tokens: int) -> list[int]:
    """Where batches begin so that rows times the longest row stay within `batch_tokens`."""
    starts, longest = [0], 0
    for position, length in enumerate(lengths):
        longest = max(longest, length)
        num_rows = position - starts[-1] + 1
        if num_rows > 1 and num_rows * longest > batch_tokens:
            starts.append(position)
            longest = length
    return starts


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded ids, shape = (B, S) for the source and (B, T) for the other two."""

    source: Tensor
    """Ends in `</s>`."""
    target_input: Tensor
    """Begins with `<s>`."""
    labels: Tensor
    """Ends in `</s>`; position t is what follows position t of the input."""

    def twice(self) -> "Batch":
        """All sentences, and then all of them again."""
        return Batch(*(part.repeat(2, 1) for part in (self.source, self.target_input, self.labels)))

    def parts(self, number: int) -> "list[Batch]":
        """As many batches of like size and length, some of which may be empty."""
        sides = self.source, self.target_input, self.labels
        return [Batch(*(side[first::number] for side in sides)) for first in range(number)]

    def to(self, device: torch.device) -> "Batch":
        """The batch on another device."""
        parts = (self.source, self.target_input, self.labels)
        return Batch(*(part.to(device, non_blocking=True) for part in parts))


def make_batch(corpus: ParallelCorpus, indices: Indices) -> Batch:
    """Pad the pairs with these indices and add the start and end symbols."""
    source, labels = corpus.source.padded(indices), corpus.target.padded(indices)
    target_input = np.empty_like(labels)
    target_input[:, 0], target_input[:, 1:] = BOS_ID, labels[:, :-1]
    rows = np.arange(len(indices))
    source[rows, corpus.source.lengths_of(indices)] = EOS_ID
    labels[rows, corpus.target.lengths_of(indices)] = EOS_ID
    return Batch(_tensor(source), _tensor(target_input), _tensor(labels))


def _tensor(rows: Ids) -> Tensor:
    return torch.from_numpy(rows.astype(np.int64))
