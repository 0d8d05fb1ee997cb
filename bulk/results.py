"""The file of one result: as many lines as the input has, in their order."""

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from bulk.errors import WrongAnswersError
from bulk.lines import Form, Kind
from bulk.shards import ShardLines

MAX_TOLD_FAILURES = 1000
"""Lines that a manifest tells of one by one; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Written:
    """A result that is whole."""

    sha256: str
    num_bytes: int
    failures: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, path: Path, failures: Sequence[dict[str, Any]]) -> "Written":
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return cls(digest, path.stat().st_size, failures)


class ResultWriter:
    """Writes the lines of one result, shard after shard."""

    def __init__(self, form: Form, stream: BinaryIO) -> None:
        self._form = form
        self._stream = stream
        self.failures: list[dict[str, Any]] = []

    def write(self, lines: ShardLines, answers: Iterator[str]) -> None:
        """Write as many lines as the shard was made of.

        Raises:
            WrongAnswersError: there are more or fewer answers than sentences.
        """
        reasons = iter(lines.failures)
        for number, letter in enumerate(lines.kinds, lines.first_line):
            kind, text = Kind(letter), ""
            if kind is Kind.SENTENCE:
                text = _next(answers, lines)
            elif kind is Kind.FAILED:
                text = next(reasons)
                if len(self.failures) < MAX_TOLD_FAILURES:
                    self.failures.append({"line": number, "reason": text})
            self._stream.write(f"{self._form.write(kind, text)}\n".encode())
        if next(answers, None) is not None:
            raise WrongAnswersError(f"more answers than {_sentences(lines)}")


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


def _next(answers: Iterator[str], lines: ShardLines) -> str:
    answer = next(answers, None)
    if answer is None:
        raise WrongAnswersError(f"fewer answers than {_sentences(lines)}")
    return answer


def _sentences(lines: ShardLines) -> str:
    return f"its {lines.kinds.count(Kind.SENTENCE)} sentences"
