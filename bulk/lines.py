"""Lines of an input: a sentence, nothing, or one that cannot be translated; and how results look.

An input of N lines gives a result of N lines, whatever is wrong with some of them.
"""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, BinaryIO, NamedTuple

from protocol.configuration import DEFAULTS
from protocol.translation import RequestError, parse_lines

MAX_LINE_BYTES = 6 * 1024 * 1024
"""As much as a request to the endpoint may hold."""
JSON_LINES_SUFFIXES = (".jsonl", ".jsonlines", ".ndjson")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Kind(StrEnum):
    """What a line is; the letters stand in the shards' side files."""

    SENTENCE = "s"
    BLANK = "b"
    """A JSON line whose sentence is empty."""
    EMPTY = "e"
    FAILED = "f"


class Line(NamedTuple):
    """One line of an input."""

    kind: Kind
    text: str = ""
    """The sentence, or why there is none."""


class Answer(NamedTuple):
    """The translation of one line."""

    text: str
    is_truncated: bool = False
    """Whether the model's translation reached its decoding length before its end."""


class TextForm:
    """One sentence a line."""

    def read(self, content: bytes) -> Line:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            return Line(Kind.FAILED, f"the line is not UTF-8: {error}")
        return Line(Kind.SENTENCE, text) if text.strip() else Line(Kind.EMPTY)

    def write(self, kind: Kind, text: str, *, is_truncated: bool) -> str:  # noqa: ARG002
        """The line of a result; a text has no place for the mark, which the manifest has."""
        return text if kind is Kind.SENTENCE else ""


class JsonLinesForm:
    """`{"source": …}` a line in, `{"target": …}` a line out."""

    def read(self, content: bytes) -> Line:
        if not content.strip():
            return Line(Kind.EMPTY)
        try:
            (instance,) = parse_lines(content)
        except RequestError as error:
            return Line(Kind.FAILED, error.message.replace("line 1", "the line", 1))
        if instance.configuration != DEFAULTS:
            return Line(Kind.FAILED, 'the line has a "configuration", which records cannot carry')
        return Line(Kind.SENTENCE if instance.data.strip() else Kind.BLANK, instance.data)

    def write(self, kind: Kind, text: str, *, is_truncated: bool) -> str:
        if kind is Kind.EMPTY:
            return ""
        answer: dict[str, Any] = {"target": text if kind is Kind.SENTENCE else ""}
        if is_truncated:
            answer["truncated"] = True
        if kind is Kind.FAILED:
            answer["error"] = text
        return json.dumps(answer, ensure_ascii=False)


Form = TextForm | JsonLinesForm


def form_of(name: str) -> Form:
    """The form of a file, which its name tells."""
    named = name.lower().removesuffix(".gz")
    return JsonLinesForm() if named.endswith(JSON_LINES_SUFFIXES) else TextForm()


def read_lines(stream: BinaryIO, form: Form) -> Iterator[Line]:
    """Every line of a stream; none is ever held that is longer than `MAX_LINE_BYTES`."""
    for number, content in enumerate(_contents(stream)):
        if content is None:
            megabytes = MAX_LINE_BYTES // 1024**2
            yield Line(Kind.FAILED, f"the line is longer than {megabytes} MB")
        else:
            yield form.read(content.removeprefix(_BYTE_ORDER_MARK) if number == 0 else content)


def _contents(stream: BinaryIO) -> Iterator[bytes | None]:
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if line.endswith(b"\n") or len(line) <= MAX_LINE_BYTES:
            yield line.removesuffix(b"\n")
            continue
        while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass
        yield None
