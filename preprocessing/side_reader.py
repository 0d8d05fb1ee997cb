"""Reads one side of a corpus in a thread of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import BinaryIO

from preprocessing.progress import ByteProgress
from preprocessing.sources.corpus_uri import open_binary
from preprocessing.text_blocks import LineTransform, first_lines, line_blocks, rewritten
from preprocessing.token_store import TokenStore, TokenStoreWriter
from protocol.uris import display_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """What to read, and how."""

    uri: str
    max_lines: int | None = None
    transform: LineTransform | None = None
    cache: Path | None = None
    """Where to keep a download."""
    downloads: ByteProgress | None = None
    """Is told of what is downloaded."""
    lines_read: Callable[[int], object] = lambda _: None
    """Is told how many lines more were read."""


class SideReader(Thread):
    """Ends early when it is told to stop, and tells others to stop when it fails.

    It is a daemon, so that a server that says nothing cannot keep a stopped job alive.
    """

    def __init__(self, side: Side, *, file: BinaryIO, scratch: BinaryIO, stop: Event) -> None:
        """`file` will hold the text; `scratch` is another empty file that may be needed."""
        super().__init__(name=f"read {display_name(side.uri)}", daemon=True)
        self._side = side
        self._file, self._scratch = file, scratch
        self._stop_requested = stop
        self._outcome: TokenStore | BaseException | None = None

    def run(self) -> None:
        try:
            self._outcome = self._read()
        except BaseException as error:  # noqa: BLE001, whoever asks for the result gets it
            self._outcome = error
            self._stop_requested.set()

    def result(self) -> TokenStore:
        """Wait for the end; whatever went wrong in the thread is raised here."""
        self.join()
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        assert self._outcome is not None  # noqa: S101
        return self._outcome

    def _read(self) -> TokenStore:
        side, writer = self._side, TokenStoreWriter(self._file)
        with open_binary(side.uri, cache=side.cache, progress=side.downloads) as stream:
            for block in self._blocks(stream):
                if self._stop_requested.is_set():
                    break
                side.lines_read(writer.append(block))
        return writer.finish(self._scratch)

    def _blocks(self, stream: BinaryIO) -> Iterator[bytes]:
        blocks = line_blocks(stream, display_name(self._side.uri))
        if self._side.max_lines is not None:
            blocks = first_lines(blocks, self._side.max_lines)
        return rewritten(blocks, self._side.transform) if self._side.transform else blocks
