"""A task that a tiny model learns in seconds, digits read backwards, as a job's folders."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from protocol.artifacts import (
    SOURCE_VOCABULARY,
    TARGET_VOCABULARY,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
)
from protocol.recordio import encode_record, write_frame
from protocol.vocabulary import SPECIAL_SYMBOLS, save_vocabulary

VOCABULARY = {token: i for i, token in enumerate([*SPECIAL_SYMBOLS, *"0123456789"])}
FIRST_DIGIT = len(SPECIAL_SYMBOLS)
Pair = tuple[list[int], list[int]]


def reversal_pairs(count: int, *, seed: int, longest: int = 6) -> Iterator[Pair]:
    """Pairs of ids; the target is the source backwards."""
    generator = random.Random(seed)
    for _ in range(count):
        length = generator.randint(2, longest)
        digits = [generator.randrange(FIRST_DIGIT, len(VOCABULARY)) for _ in range(length)]
        yield digits, digits[::-1]


def copying_pairs(count: int, *, seed: int, longest: int = 6) -> Iterator[Pair]:
    """Pairs of ids; the target is the source."""
    return ((source, source) for source, _ in reversal_pairs(count, seed=seed, longest=longest))


def write_records(path: Path, pairs: Iterator[Pair] | list[Pair]) -> Path:
    """A record file of these pairs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        for source, target in pairs:
            write_frame(stream, encode_record(source, target))
    return path


def write_job(
    root: Path,
    hyperparameters: Mapping[str, object],
    *,
    num_pairs: int = 3000,
    pairs: Callable[..., Iterator[Pair]] = reversal_pairs,
) -> None:
    """Everything that SageMaker would put under the container's root."""
    data = root / "input" / "data"
    write_records(data / "train" / TRAIN_RECORDS, pairs(num_pairs, seed=1))
    write_records(data / "validation" / VALIDATION_RECORDS, pairs(100, seed=2))
    (data / "vocab").mkdir()
    for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY):
        save_vocabulary(data / "vocab" / name, VOCABULARY)
    write_hyperparameters(root, hyperparameters)


def write_hyperparameters(root: Path, hyperparameters: Mapping[str, object]) -> None:
    """The job's strings."""
    path = root / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(hyperparameters), encoding="utf-8")
