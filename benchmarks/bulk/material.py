"""A model's archive, and a file of sentences: FOLDER SIZE LINES...; each number gives a file."""

import sys
import tarfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.serving.copying import SIZES, build
from benchmarks.serving.texts import generated
from protocol.artifacts import MODEL_ARCHIVE

DIFFERENT = 20_000
"""Sentences that are different; a longer file repeats them."""
EMPTY_EVERY = 97
"""Lines that hold nothing, so that lines and sentences are not the same."""


def main(arguments: Sequence[str]) -> None:
    folder, size, *numbers = arguments
    sentences = generated(DIFFERENT)
    build(Path(folder) / "model", SIZES[size], sentences)
    with tarfile.open(Path(folder) / MODEL_ARCHIVE, "w:gz", compresslevel=1) as archive:
        archive.add(Path(folder) / "model", arcname=".")
    for number in map(int, numbers):
        with (Path(folder) / f"{number}.txt").open("w", encoding="utf-8") as file:
            for index, sentence in enumerate(islice(cycle(sentences), number)):
                file.write(f"{sentence if index % EMPTY_EVERY else ''}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
