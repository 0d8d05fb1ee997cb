"""Reads one side of a corpus in a thread of its own."""

from threading import Event, Thread
from typing import BinaryIO

from preprocessing.sources import open_binary
from preprocessing.text_blocks import first_lines, line_blocks
from preprocessing.token_store import TokenStore, TokenStoreWriter
from protocol.uris import display_name


class SideReader(Thread):
    """Ends early when it is told to stop, and tells others to stop when it fails.

    It is a daemon, so that a server that says nothing cannot keep a stopped job alive.
    """

    def __init__(
        self,
        uri: str,
        *,
        max_lines: int | None,
        file: BinaryIO,
        scratch: BinaryIO,
        stop: Event,
    ) -> None:
        """`file` will hold the text; `scratch` is another empty file that may be needed."""
        super().__init__(name=f"read {display_name(uri)}", daemon=True)
        self._uri = uri
        self._max_lines = max_lines
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
        writer = TokenStoreWriter(self._file)
        with open_binary(self._uri) as stream:
            blocks = line_blocks(stream, display_name(self._uri))
            for block in (
                blocks if self._max_lines is None else first_lines(blocks, self._max_lines)
            ):
                if self._stop_requested.is_set():
                    break
                writer.append(block)
        return writer.finish(self._scratch)
