"""Cuts a byte stream into blocks of whole lines, which end where Python's text mode ends them."""

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from preprocessing.errors import CorpusError

LineTransform = Callable[[Sequence[str]], Sequence[str]]
"""Rewrites lines; each of them stays one line."""

BLOCK_BYTES = 1 << 22
"""Few enough words to number them in the processor's cache, and few blocks to number anew."""
MAX_LINE_BYTES = 1 << 28


def line_blocks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    r"""Blocks that end in `\n`, as every line in them does; an empty text has none.

    Raises:
        CorpusError: a line is so long that this cannot be a text of sentences.
    """
    unfinished: list[bytes] = []
    num_lines = 0
    while content := stream.read(BLOCK_BYTES):
        # A carriage return at the very end may be the first half of a line end.
        end = max(content.rfind(b"\n"), content.rfind(b"\r", 0, len(content) - 1)) + 1
        if end:
            block = _with_line_feeds(b"".join((*unfinished, content[:end])))
            num_lines += block.count(b"\n")
            yield block
            unfinished.clear()
        unfinished.append(content[end:])
        if len(unfinished) > MAX_LINE_BYTES // BLOCK_BYTES:
            raise CorpusError(
                f"{name}: line {num_lines + 1} is longer than {MAX_LINE_BYTES >> 20} MiB; "
                "a parallel corpus has a sentence a line"
            )
    if last := _with_line_feeds(b"".join(unfinished)):
        yield last if last.endswith(b"\n") else last + b"\n"


def first_lines(blocks: Iterator[bytes], num_lines: int) -> Iterator[bytes]:
    """The blocks, cut after so many lines; what follows is not read."""
    for block in blocks:
        in_block = block.count(b"\n")
        if in_block >= num_lines:
            yield block[: _end_of_line(block, num_lines)]
            return
        num_lines -= in_block
        yield block


def rewritten(blocks: Iterator[bytes], transform: LineTransform) -> Iterator[bytes]:
    """The blocks with their lines rewritten."""
    for block in blocks:
        lines = transform(block.decode("utf-8", "replace").split("\n")[:-1])
        yield "".join(f"{line}\n" for line in lines).encode()


def _end_of_line(block: bytes, number: int) -> int:
    end = 0
    for _ in range(number):
        end = block.index(b"\n", end) + 1
    return end


def _with_line_feeds(block: bytes) -> bytes:
    if b"\r" not in block:
        return block
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
