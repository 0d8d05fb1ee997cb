"""The file of one result: as many lines as the input has, in their order."""

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from bulk.errors import WrongAnswersError
from bulk.lines import Answer, Form, Kind
from bulk.shards import ShardLines

MAX_TOLD_LINES = 1000
"""That a manifest tells of one by one, failed ones and truncated ones; all are counted."""


@dataclass(frozen=True, slots=True)
class Written:
    """A result that is whole."""

    sha256: str
    num_bytes: int
    failures: Sequence[dict[str, Any]]
    num_truncated: int
    truncated: Sequence[int]
    """The numbers of the first such lines."""

    @classmethod
    def of(cls, path: Path, writer: "ResultWriter") -> "Written":
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        size = path.stat().st_size
        return cls(digest, size, writer.failures, writer.num_truncated, writer.truncated)


class ResultWriter:
    """Writes the lines of one result, shard after shard."""

    def __init__(self, form: Form, stream: BinaryIO) -> None:
        self._form = form
        self._stream = stream
        self.failures: list[dict[str, Any]] = []
        self.num_truncated = 0
        self.truncated: list[int] = []

    def write(self, lines: ShardLines, answers: Iterator[Answer]) -> None:
        """Write as many lines as the shard was made of.

        Raises:
            WrongAnswersError: there are more or fewer answers than sentences.
        """
        reasons = iter(lines.failures)
        for number, letter in enumerate(lines.kinds, lines.first_line):
            kind, text, is_truncated = Kind(letter), "", False
            if kind is Kind.SENTENCE:
                text, is_truncated = _next(answers, lines)
            elif kind is Kind.FAILED:
                text = next(reasons)
                self._tell_failure(number, text)
            if is_truncated:
                self._tell_truncated(number)
            line = self._form.write(kind, text, is_truncated=is_truncated)
            self._stream.write(f"{line}\n".encode())
        if next(answers, None) is not None:
            raise WrongAnswersError(f"more answers than {_sentences(lines)}")

    def _tell_failure(self, number: int, reason: str) -> None:
        if len(self.failures) < MAX_TOLD_LINES:
            self.failures.append({"line": number, "reason": reason})

    def _tell_truncated(self, number: int) -> None:
        self.num_truncated += 1
        if len(self.truncated) < MAX_TOLD_LINES:
            self.truncated.append(number)


@contextmanager
def result_stream(path: Path, output: str) -> Iterator[BinaryIO]:
    """Opens a result, which is compressed where its name says so."""
    with ExitStack() as opened:
        plain = opened.enter_context(path.open("wb"))
        if not output.endswith(".gz"):
            yield plain
            return
        # Without a name and a time, equal results are equal files.
        packed = gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0, compresslevel=6)
        yield cast("BinaryIO", opened.enter_context(packed))


def _next(answers: Iterator[Answer], lines: ShardLines) -> Answer:
    answer = next(answers, None)
    if answer is None:
        raise WrongAnswersError(f"fewer answers than {_sentences(lines)}")
    return answer


def _sentences(lines: ShardLines) -> str:
    return f"its {lines.kinds.count(Kind.SENTENCE)} sentences"
