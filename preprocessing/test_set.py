"""Writes the text that models are judged by: one sentence a line, the same lines on both sides."""

from collections.abc import Iterable
from pathlib import Path

from preprocessing.blocks import Block
from preprocessing.parallel_text import ParallelText


def write_test_set(text: ParallelText, paths: tuple[Path, Path]) -> None:
    """Write the pairs that have text on both sides, words with single spaces between."""
    words = [list(side.types) for side in (text.source, text.target)]
    with (
        paths[0].open("w", encoding="utf-8", newline="\n") as source_file,
        paths[1].open("w", encoding="utf-8", newline="\n") as target_file,
    ):
        for source, target in text.pairs():
            source_file.writelines(_lines(source, words[0]))
            target_file.writelines(_lines(target, words[1]))


def _lines(block: Block, words: list[str]) -> Iterable[str]:
    start = 0
    for length in block.lengths.tolist():
        line = block.tokens[start : start + length].tolist()
        yield f"{' '.join(words[token] for token in line)}\n"
        start += length
