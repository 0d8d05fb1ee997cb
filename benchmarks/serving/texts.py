"""The sentences that are translated: as long, and as differently long, as those of news."""

import random
from pathlib import Path

from examples.phrasebook import generate

MAX_PHRASES = 5
"""Phrases in a row make one sentence of 22 words in the mean; those of WMT's news have 20 to 25."""


def generated(number: int) -> list[str]:
    """Sentences out of the phrasebook, the same ones every time."""
    phrases = list(dict.fromkeys(pair.source for pair in generate().train))
    draw = random.Random(1)  # noqa: S311 - nothing secret
    return [" ".join(draw.choices(phrases, k=draw.randint(1, MAX_PHRASES))) for _ in range(number)]


def from_file(path: Path, number: int) -> list[str]:
    """The first sentences of a text file, one a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip()][:number]
