"""Choices that are the same at every run."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A source of choices that is the same at every run."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - sentences are no secrets

    def one(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def shuffled(self, options: Sequence[T]) -> list[T]:
        return self._random.sample(options, len(options))
