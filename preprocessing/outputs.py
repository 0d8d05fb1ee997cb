"""Puts output files in place together, once all of them are whole."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from preprocessing.errors import ArgumentsError


class StagedOutputs:
    """Files are written into temporary folders and moved when the block ends without an error."""

    def __init__(self) -> None:
        self._folders = ExitStack()
        self._folder_beside: dict[Path, Path] = {}
        self._final_names: dict[Path, Path] = {}

    def stage(self, path: Path) -> Path:
        """Where to write this file for now: on the same file system, so that moving is a rename.

        Raises:
            ArgumentsError: the folder cannot be written to, or the file is staged already.
        """
        partial = self._folder(path) / path.name
        if partial in self._final_names:
            raise ArgumentsError(f"{path}: is named for two outputs")
        if path.is_dir():
            raise ArgumentsError(f"{path}: is a folder; an output is a file")
        self._final_names[partial] = path
        return partial

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._folders:
            if error is None:
                for partial, path in self._final_names.items():
                    partial.replace(path)

    def _folder(self, path: Path) -> Path:
        parent = path.parent.resolve()
        if parent not in self._folder_beside:
            try:
                folder = TemporaryDirectory(prefix=".preprocessing-", dir=parent)
            except OSError as error:
                raise ArgumentsError(f"{path}: cannot be written: {error.strerror}") from error
            self._folder_beside[parent] = Path(self._folders.enter_context(folder))
        return self._folder_beside[parent]
