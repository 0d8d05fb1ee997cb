"""The text that models are judged by: a source and a reference for each sentence."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.artifacts import TEST_SOURCE, TEST_TARGET

MAX_SENTENCES = 10_000
"""The paired bootstrap keeps a number of each n-gram for each sentence of each of its resamples
in memory: 400 MB for this many."""


class TextError(ValueError):
    """The test set cannot be used; the message names the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceText:
    """Sentences in their order; both sides have the same number."""

    sources: Sequence[str]
    references: Sequence[str]
    num_lines: int
    """Of the files; where there are more than `MAX_SENTENCES`, some are left out evenly."""
    fingerprints: dict[str, str]
    """SHA-256 by file name."""

    def __len__(self) -> int:
        """The number of sentences."""
        return len(self.sources)


def read_reference_text(folder: Path, max_sentences: int = MAX_SENTENCES) -> ReferenceText:
    """Read both files.

    Raises:
        TextError: a file is missing, not UTF-8 or empty, or the two differ in length.
    """
    contents = {name: _content(folder / name) for name in (TEST_SOURCE, TEST_TARGET)}
    sources, references = (_lines(name, content) for name, content in contents.items())
    if len(sources) != len(references):
        raise TextError(
            f"{TEST_SOURCE} has {len(sources):,} lines but {TEST_TARGET} {len(references):,}"
        )
    if not sources:
        raise TextError(f"{TEST_SOURCE} is empty")
    chosen = _spread(len(sources), max_sentences)
    return ReferenceText(
        sources=[sources[index] for index in chosen],
        references=[references[index] for index in chosen],
        num_lines=len(sources),
        fingerprints={
            name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
        },
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TextError(f"{path.name}: cannot be read: {error.strerror}") from error


def _lines(name: str, content: bytes) -> list[str]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TextError(f"{name}: not UTF-8: {error}") from error
    # Only this character ends a line; `splitlines` knows others, which a sentence may hold.
    return text.removesuffix("\n").split("\n") if text else []


def _spread(size: int, most: int) -> list[int]:
    """At most so many indices, evenly spread."""
    if size <= most:
        return list(range(size))
    return [index * size // most for index in range(most)]
